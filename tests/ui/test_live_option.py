"""The option --live of check, show and report, against a small server on this machine."""

import json
import subprocess
import sys

import pytest
from loopback import DEFAULT, Reply, artifact, loopback, page

import skillmeat_audit as sma
from skillmeat_audit.base.extras import install_command
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.exits import ExitCode

SCRIBE = "agent:scribe"
# The row of an artifact that no manifest has: SkillMeat does not find its page.
ORPHAN = {"request": "/artifacts/skill:retired", "status": 404, "reason": "Not found"}


def own_pages(audit):
    """Return what SkillMeat answers for single artifacts: what the manifest has."""
    return {
        each["artifact_id"]: artifact(
            each["artifact_id"],
            source=each["source"] or "local",
            origin=each["origin"],
            origin_source=each["origin_source"],
            metadata={"description": each["description"]},
        )
        for each in records(audit.manifest)
    }


@pytest.fixture
def served(make_home):
    """A home, and a server that shows what the page model says, but for what a test changes."""
    home = make_home()
    audit = sma.audit(home, progress=False, parse_cache=False)
    shown = records(audit.pages)
    items = {
        each["artifact_id"]: artifact(
            **{
                name: each[name]
                for name in ("artifact_id", "description", "source", "origin", "origin_source")
            }
        )
        for each in shown
        if each["collection_id"] == "default"
    }
    replies = {f"/artifacts/{name}": Reply(item) for name, item in own_pages(audit).items()}
    replies[DEFAULT] = lambda _: page(list(items.values()))
    with loopback(replies) as site:
        yield home, site, items


@pytest.fixture
def stopped():
    """The address of a server that has ended."""
    with loopback() as site:
        return site.url


def json_of(cli, *arguments):
    code, out, _ = cli(*arguments, "--format", "json")
    return code, json.loads(out)


@pytest.mark.slow
def test_an_agreeing_server_has_no_difference(cli, served):
    home, site, items = served

    code, document = json_of(cli, "check", home, "--live", site.url)

    assert code == ExitCode.FINDINGS
    assert document["live"] == {
        "url": f"{site.url}/api/v1",
        "compared": len(items),
        "singles": len(items) - 1,
        "differences": [],
        "failures": [ORPHAN],
    }
    assert site.methods == {"GET"}


@pytest.mark.slow
def test_a_difference_is_an_error_of_ours_and_changes_no_exit_code(cli, served):
    home, site, items = served
    items[SCRIBE]["description"] = "evil\x1b[31m"

    code, text, _ = cli("check", home, "--live", site.url)
    _, document = json_of(cli, "check", home, "--live", site.url)

    assert code == ExitCode.FINDINGS
    assert "A difference is an error of skillmeat-audit: please report it" in text
    assert r"agent:scribe · Default Collection: description: the server shows evil\x1b[31m" in text
    (difference,) = document["live"]["differences"]
    assert (difference["column"], difference["live"]) == ("description", "evil\x1b[31m")


@pytest.mark.slow
def test_a_failing_request_is_listed(cli, served):
    home, site, items = served
    site.replies[DEFAULT] = lambda query: (
        Reply({"detail": "no groups"}, 500)
        if "include_groups" in query
        else page([*items.values()])
    )

    _, text, _ = cli("check", home, "--live", site.url)

    assert "2 requests failed." in text
    assert (
        "GET /user-collections/default/artifacts?limit=100&include_groups=true: 500: no groups"
        in (text)
    )


@pytest.mark.slow
def test_a_server_that_does_not_answer_fails_the_check(cli, make_home, stopped):
    code, out, err = cli("check", make_home(), "--live", stopped)

    assert (code, out) == (ExitCode.FAILED, "")
    assert err.startswith(f"skillmeat-audit: cannot reach a SkillMeat server at {stopped}/api/v1: ")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_report_is_delivered_without_the_server_and_is_not_clean(
    cli, make_home, stopped, tmp_path
):
    code, _, err = cli(
        "report", make_home("clean"), "--live", stopped, "--no-history", "-o", tmp_path / "r.md"
    )

    assert code == ExitCode.FAILED
    assert "cannot reach a SkillMeat server" in err
    text = (tmp_path / "r.md").read_text()
    assert "cannot reach a SkillMeat server" in text
    assert "Pages of the running SkillMeat" not in text


@pytest.mark.slow
def test_a_report_has_a_section(cli, served, tmp_path):
    home, site, items = served
    items[SCRIBE]["description"] = "<b>evil"
    outputs = [tmp_path / name for name in ("r.md", "r.html", "r.json")]

    cli("report", home, "--live", site.url, "--no-history", *(f"-o{path}" for path in outputs))

    markdown, html, document = (path.read_text() for path in outputs)
    assert "## Pages of the running SkillMeat" in markdown
    assert r"the server shows \<b\>evil" in markdown
    assert "<h2>Pages of the running SkillMeat</h2>" in html
    assert "the server shows &lt;b&gt;evil" in html
    assert len(json.loads(document)["live"]["differences"]) == 1


def test_show_prints_a_line_per_row(cli, served):
    home, site, items = served
    items["skill:1password"]["origin"] = "github"

    _, agreeing, _ = cli("show", SCRIBE, home, "--live", site.url)
    _, differing, _ = cli("show", "skill:1password", home, "--view", "--live", site.url)
    _, document = json_of(cli, "show", "skill:1password", home, "--live", site.url)

    assert "agent:scribe · Default Collection: shown with" in agreeing
    assert "the page model agrees" in " ".join(agreeing.split())
    assert "origin: the server shows github, the page model marketplace" in differing
    assert [each["column"] for each in document["live"]["differences"]] == ["origin"]
    assert document["live"]["compared"] == 1


@pytest.mark.slow
def test_without_the_option_no_document_mentions_a_server(cli, make_home):
    home = make_home()

    for verb in (["check", home], ["show", SCRIBE, home], ["show", SCRIBE, home, "--view"]):
        assert "live" not in json_of(cli, *verb)[1]


def test_without_the_extra_one_line_says_what_to_run(cli, make_home, monkeypatch):
    for name in [*sys.modules]:
        if name.startswith("skillmeat_audit.loaders.live"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httpx", None)

    code, _, err = cli("check", make_home(), "--live", "http://127.0.0.1:1")

    assert code == ExitCode.FAILED
    assert err == (
        "skillmeat-audit: --live needs httpx, which is not installed; "
        f"run: {install_command('live')}\n"
    )


@pytest.mark.slow
def test_nothing_of_it_is_loaded_without_the_option(cli, make_home):
    code = (
        "import sys; from skillmeat_audit.ui.cli.main import main; main(sys.argv[1:]); "
        "print({'httpx', 'anyio'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", make_home(), "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout == "set()\n"


@pytest.mark.slow
def test_the_audit_of_a_library_call_holds_the_comparison(served):
    home, site, items = served

    audit = sma.audit(home, live=site.url, progress=False, parse_cache=False)

    assert audit.live.compared == len(items)
    assert audit.live.answers.pages["artifact_id"].to_list() == sorted(items)
    assert audit.live.differences.empty


@pytest.mark.slow
def test_no_output_shows_the_password_of_the_address(cli, served, tmp_path):
    home, site, _ = served
    url = site.url.replace("//", "//me:pass-word@")

    _, text, err = cli("check", home, "--live", url)
    _, document = json_of(cli, "check", home, "--live", url)
    cli("report", home, "--live", url, "--no-history", "-o", tmp_path / "r.html")

    for each in (text, err, json.dumps(document), (tmp_path / "r.html").read_text()):
        assert "pass-word" not in each


@pytest.mark.slow
def test_its_own_page_is_compared_with_the_manifest(cli, served):
    home, site, _ = served
    own = artifact(SCRIBE, source="elsewhere", origin="local", metadata={"description": "Other."})
    site.replies[f"/artifacts/{SCRIBE}"] = Reply(own)

    _, text, _ = cli("show", SCRIBE, home, "--live", site.url)
    _, document = json_of(cli, "check", home, "--live", site.url)

    assert "agent:scribe · its own page: description: the server shows Other." in text
    found = [
        (each["page"], each["collection_id"], each["column"])
        for each in document["live"]["differences"]
    ]
    assert found == [("artifact", None, "description"), ("artifact", None, "source")]


@pytest.mark.slow
def test_filters_narrow_what_is_asked_and_compared(cli, served):
    home, site, items = served
    for item in items.values():
        item["description"] = "Other."

    _, document = json_of(cli, "check", home, "--artifact", "scribe", "--live", site.url)

    (difference,) = document["live"]["differences"]
    assert (difference["artifact_id"], document["live"]["compared"]) == (SCRIBE, 1)
    assert site.requests["/artifacts/skill:1password"] == 0
    site.requests.clear()
    _, document = json_of(cli, "check", home, "--collection", "Team", "--live", site.url)
    assert (document["live"]["compared"], document["live"]["differences"]) == (0, [])
    assert set(site.requests) == {"/user-collections", "/artifacts"}


@pytest.mark.slow
def test_a_notebook_shows_the_comparison(served):
    home, site, items = served
    items[SCRIBE]["description"] = "<b>evil"

    live = sma.audit(home, live=site.url, progress=False, parse_cache=False).live

    html = live._repr_html_()
    assert "the server shows &lt;b&gt;evil" in html and "<b>evil" not in html
    assert "/artifacts/skill:retired" in html and "<script" not in html
    assert repr(live).startswith(f"<Live: {site.url}/api/v1 lists {len(items)} artifacts of 1 ")


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses_everything_is_not_called_right(cli, served, status):
    home, site, _ = served
    site.replies["/user-collections"] = Reply({"detail": "no entry"}, status)

    text = " ".join(cli("check", home, "--live", site.url)[1].split())

    assert "shows no page: nothing was compared. 1 request failed." in text
    assert f"{status}: no entry; put a valid token into SKILLMEAT_AUDIT_TOKEN" in text
    assert "0 differences" not in text
