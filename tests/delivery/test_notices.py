"""Notifications: received by a local server, silent where nothing is new, secrets never shown."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.delivery.notices import NOTIFY_VARIABLE, load_services
from skillmeat_audit.model.exits import ExitCode

pytest.importorskip("apprise", reason="install the extra 'notify'")
SECRET = "hunter2"
# Some of apprise's plugins import what Python 3.13 drops.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server that keeps what it receives; its address holds a password."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://u:{SECRET}@127.0.0.1:{server.server_port}/", received
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_new_findings_are_notified_once_with_the_page(
    cli, make_home, server, monkeypatch, tmp_path
):
    address, received = server
    monkeypatch.setenv(NOTIFY_VARIABLE, address)
    home = make_home()

    for _ in range(2):
        code, out, err = cli("report", home, "-o", tmp_path / "r.json")
        assert code == ExitCode.FINDINGS
        assert SECRET not in out + err

    (notice,) = received
    assert notice["title"] == "SkillMeat cache audit: 26 new findings"
    assert notice["type"] == "failure"
    assert (
        "The list of all artifacts lacks 1 artifact: it has no row (rule K001). "
        "Rows of 2 artifacts hold wrong values that pages still show right." in notice["message"]
    )
    assert "… and 16 more" in notice["message"]
    (page,) = notice["attachments"]
    assert page["filename"] == "skillmeat-audit.html"
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept


@pytest.mark.slow
def test_severities_decide_who_is_notified(cli, make_home, server, tmp_path):
    address, received = server
    file = tmp_path / "notify"
    file.write_text(f"# ours\nwarning={address}\n\ninfo,error={address}\n")
    file.chmod(0o600)

    options = ("-q", "--select", "M", "--notify-file", file)
    cli("report", make_home(), *options)
    assert [each["type"] for each in received] == ["warning"]
    cli("report", make_home(at="b"), *options, "--notify-from", "error")
    assert len(received) == 1


def test_a_failure_is_notified(cli, make_home, server, monkeypatch):
    address, received = server
    monkeypatch.setenv(NOTIFY_VARIABLE, address)
    home = make_home()
    (home / "cache" / "cache.db").write_bytes(b"SQLite format 3\0 and no more")

    assert cli("report", home, "-q")[0] == ExitCode.FAILED

    assert received[0]["title"] == "SkillMeat cache audit: The home could not be checked"


@pytest.mark.slow
def test_a_dead_endpoint_exits_6_after_the_report(cli, make_home, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv(NOTIFY_VARIABLE, f"json://u:{SECRET}@127.0.0.1:9/ nonsense://{SECRET}")

    code, out, err = cli("report", make_home(), "-o", tmp_path / "r.json")

    assert code == ExitCode.UNDELIVERED
    assert json.loads((tmp_path / "r.json").read_text())["findings"]
    assert "notification 1 (json) did not accept the notice" in err
    assert "notification 2 (nonsense): apprise does not know this kind of address" in err
    assert SECRET not in out + err + caplog.text


@pytest.mark.slow
def test_an_address_is_called_by_its_number_among_all(cli, make_home, server, tmp_path):
    address, received = server
    file = tmp_path / "notify"
    file.write_text(f"info={address}\nnonsense://{SECRET}\n{address}\n")
    file.chmod(0o600)

    code, _, err = cli("report", make_home(), "-q", "--notify-file", file)

    assert code == ExitCode.UNDELIVERED
    assert "notification 2 (nonsense): apprise does not know this kind of address" in err
    assert len(received) == 1


def test_a_file_of_secrets_must_be_private(tmp_path, monkeypatch):
    monkeypatch.delenv(NOTIFY_VARIABLE, raising=False)
    file = tmp_path / "notify"
    file.write_text(f"json://{SECRET}\nerror, warning=json://{SECRET}\n")
    file.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        load_services(file)
    file.chmod(0o600)

    services = load_services(file)

    assert [each.severities for each in services] == [(), ("error", "warning")]
    assert SECRET not in repr(services)
    for wrong in (SECRET, f"bad=json://{SECRET}"):
        file.write_text(wrong)
        with pytest.raises(UsageError, match="address 1 is invalid") as caught:
            load_services(file)
        assert SECRET not in str(caught.value)
