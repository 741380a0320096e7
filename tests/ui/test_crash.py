"""An exception that nobody raised on purpose: exit 70, one line, a traceback without secrets."""

import os
import resource
import stat
import subprocess
import sys

import pytest

from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

FAULT = """
import sys
sys.path.insert(0, {folder!r})
import skillmeat_audit.api.inspection as inspection
def fail(home, database=None, *_, **options):
    raise {error}
inspection.inspect_home = fail
"""
URL = "postgresql://u:S3CRET@127.0.0.1:1/db?sslpassword=S3CRET2"


@pytest.fixture
def run(tmp_path, make_home, fork_server):
    """Run a verb in a process of its own whose audit fails with an error.

    It finds modules in the folder ``path`` first.
    """
    home = make_home()

    def run(verb, *arguments, error="KeyError('x\\x1b')", **environment):
        folders = {
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
        }
        return fork_server.run(
            verb,
            home,
            *arguments,
            code=FAULT.format(error=error, folder=str(tmp_path / "path")),
            environment=os.environ | folders | environment,
        )

    return run


def crash_logs(tmp_path):
    return list((tmp_path / "state").rglob("crash-*.log"))


@pytest.mark.parametrize("verb", ["check", "report", "plan"])
def test_a_crash_exits_70_with_one_line_and_a_private_file(run, tmp_path, verb):
    ended = run(verb)

    (log,) = crash_logs(tmp_path)
    assert ended.returncode == ExitCode.CRASHED
    assert ended.stderr == (
        "skillmeat-audit: unexpected error, a bug of skillmeat-audit: KeyError: 'x\\x1b'; "
        f"the traceback is in {log}\n"
    )
    assert "Traceback" in log.read_text()
    assert "in fail" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_crash_that_recurs_leaves_one_file(run, tmp_path):
    for _ in range(3):
        run("check")

    assert len(crash_logs(tmp_path)) == 1


@pytest.mark.parametrize("error", ["MemoryError()", "ImportError('x')", "RecursionError('x')"])
def test_any_exception_is_a_crash(run, error):
    assert run("check", error=error).returncode == ExitCode.CRASHED


@pytest.mark.parametrize("option", [(), ("--traceback",)])
def test_no_secret_is_in_the_line_or_in_the_traceback(run, tmp_path, option):
    error = "RuntimeError('cannot reach ' + database + ' with S3CRET2')"
    ended = run("check", "--database", URL, *option, error=error)

    texts = [ended.stderr, ended.stdout, *(log.read_text() for log in crash_logs(tmp_path))]
    assert len(texts) == (2 if option else 3)
    assert "S3CRET" not in "".join(texts)
    assert "cannot reach postgresql+psycopg://…" in ended.stderr.replace("l://", "l+psycopg://")
    assert "Traceback" in texts[0 if option else 2]


def test_where_no_file_can_be_written_the_traceback_is_on_stderr(run, tmp_path):
    (tmp_path / "state").write_text("")

    ended = run("check")

    assert ended.returncode == ExitCode.CRASHED
    assert "the traceback follows\n" in ended.stderr
    assert "in fail" in ended.stderr


def test_a_report_that_crashes_says_so_in_its_outputs_and_notifies(run, tmp_path):
    apprise = tmp_path / "path" / "apprise"
    (apprise / "attachment").mkdir(parents=True)
    (apprise / "attachment" / "__init__.py").write_text("")
    (apprise / "attachment" / "memory.py").write_text("def AttachMemory(**_): pass\n")
    (apprise / "__init__.py").write_text(
        "NotifyType = str\n"
        "class Apprise:\n"
        "    def add(self, url): return True\n"
        f"    def notify(self, **notice): open({str(tmp_path / 'notice')!r}, 'w')"
        ".write(notice['title'] + notice['body']); return True\n"
    )

    ended = run("report", "-o", tmp_path / "r.html", "-o", tmp_path / "r.json", "--exit-zero",
                SKILLMEAT_AUDIT_NOTIFY="json://user:S3CRET@localhost")  # fmt: skip

    assert ended.returncode == ExitCode.CRASHED
    for name in ("notice", "r.html", "r.json"):
        text = (tmp_path / name).read_text()
        assert "unexpected error, a bug of skillmeat-audit" in text
        assert "S3CRET" not in text


def test_a_failure_while_a_crash_is_reported_is_still_a_crash(run):
    assert run("report", "-o", "/proc/x/r.html", "-o-").returncode == ExitCode.CRASHED
    assert run("check", error="type('Odd', (Exception,), {'__str__': None})()").returncode == 70


@pytest.mark.parametrize("megabytes", [48, 64, 90, 130, 200, 257, 270, 290])
def test_with_little_memory_there_is_a_result_or_one_line(make_home, tmp_path, megabytes):
    """Libraries fail in many ways: OpenBLAS ends the process with exit 1, which is FINDINGS."""
    limit = megabytes * 1024 * 1024
    ended = subprocess.run(
        [sys.executable, "-m", "skillmeat_audit", "check", str(make_home())],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    if ended.returncode == ExitCode.FINDINGS:
        assert "4 artifacts, 5 rows" in ended.stdout
    else:
        assert ended.returncode in (ExitCode.FAILED, ExitCode.CRASHED)
        assert ended.stderr.startswith("skillmeat-audit: ")
        assert ended.stderr.count("\n") == 1
