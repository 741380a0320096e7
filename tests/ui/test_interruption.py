"""A repair that is interrupted says what it had written, in real processes, at every point."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from conftest import PROJECT, dump

from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

# Sends SIGINT to the process when it calls a function for the nth time, before or after the call.
FAULT = """
import os, signal
import {module} as module
original, calls = module.{name}, []
def interrupted(*arguments, **options):
    calls.append(1)
    if len(calls) == {nth} and {before}:
        os.kill(os.getpid(), signal.SIGINT)
    result = original(*arguments, **options)
    if len(calls) == {nth} and not {before}:
        os.kill(os.getpid(), signal.SIGINT)
    return result
module.{name} = interrupted
"""
RUNS, APPLY = "skillmeat_audit.repair.transaction", "skillmeat_audit.repair.apply"
SETTLING = "skillmeat_audit.repair.settling"
# Where, which call, before or after it, and whether the rows are committed there.
BEFORE_COMMIT = [
    ("skillmeat_audit.api.inspection", "inspect_home", 1, False),
    (APPLY, "reflect_tables", 1, True),
    (RUNS, "back_up_database", 1, False),
    (RUNS, "write_journal", 1, True),
    (RUNS, "write_journal", 1, False),
    (APPLY, "delete_rows", 1, False),
]
AFTER_COMMIT = [
    (RUNS, "conclude_run", 1, True),
    (SETTLING, "append_state", 1, False),
    (RUNS, "drop_backups", 1, False),
]
AFTER_APPLY = [
    ("skillmeat_audit.api.inspection", "inspect_home", 2, True),
    ("skillmeat_audit.api.compose", "make_report", 1, False),
]


@pytest.fixture
def command(fork_server):
    """Run a command line, after the code *fault*; return its exit code and stderr."""

    def run(*arguments, fault=""):
        ended = fork_server.run(*arguments, code=fault)
        return ended.returncode, ended.stderr

    return run


@pytest.fixture
def interrupted(command):
    """Run a command line that is interrupted at a point; return its exit code and stderr."""

    def run(point, *arguments):
        module, name, nth, before = point
        return command(
            *arguments, fault=FAULT.format(module=module, name=name, nth=nth, before=before)
        )

    return run


def check_undo(command, message, database, before):
    """Check that what *message* says about undoing holds."""
    written = r"(\d+) rows?(?: and \d+ keys? of manifests)?"
    rows = re.search(rf"run (\S+) had written {written}; '(.*)' puts (?:it|them) back", message)
    assert rows is not None, message
    assert rows[1] in rows[3]
    assert sum(len(set(after) - set(before[table])) for table, after in dump(database).items())

    code, err = command(*shlex.split(rows[3])[1:])

    assert code == ExitCode.CLEAN, err
    assert dump(database)["collection_artifacts"] == before["collection_artifacts"]


@pytest.mark.parametrize("point", BEFORE_COMMIT)
def test_a_report_interrupted_before_the_commit_changed_nothing(
    interrupted, make_home, tmp_path, point
):
    home = make_home()
    before = dump(home / "cache" / "cache.db")

    ended = interrupted(point, "report", home, "--apply-safe", "--state-dir", tmp_path / "s")

    assert ended == (ExitCode.INTERRUPTED, "interrupted; nothing was changed\n")
    assert dump(home / "cache" / "cache.db") == before


@pytest.mark.parametrize(
    ("point", "state"),
    [
        *((point, ()) for point in (*AFTER_COMMIT, *AFTER_APPLY)),
        (AFTER_APPLY[0], ("--state-dir", "a 'state")),
    ],
)
def test_a_report_interrupted_after_the_commit_says_what_it_had_written(
    interrupted, command, make_home, tmp_path, monkeypatch, point, state
):
    monkeypatch.chdir(tmp_path)
    home = make_home()
    before = dump(home / "cache" / "cache.db")

    code, err = interrupted(point, "report", home, "--apply-safe", *state)

    assert code == ExitCode.INTERRUPTED
    assert err.count("\n") == 1
    check_undo(command, err, home / "cache" / "cache.db", before)


@pytest.mark.parametrize("point", [*BEFORE_COMMIT[1:], *AFTER_COMMIT])
def test_an_apply_that_is_interrupted_says_what_it_had_written(
    interrupted, command, planned, point
):
    case = planned()
    before = dump(case.database)

    code, err = interrupted(point, "apply", case.file)

    assert code == ExitCode.INTERRUPTED
    if point in AFTER_COMMIT:
        check_undo(command, err, case.database, before)
    else:
        assert err == "interrupted; nothing was changed\n"
        assert dump(case.database) == before


def test_a_crash_after_the_commit_says_what_had_been_written(command, make_home):
    home = make_home()
    before = dump(home / "cache" / "cache.db")
    fault = "import skillmeat_audit.api.compose as compose\ncompose.make_report = None\n"

    code, err = command("report", home, "--apply-safe", fault=fault)

    assert code == ExitCode.CRASHED
    check_undo(command, err, home / "cache" / "cache.db", before)


# Runs the command line in a process that sends itself SIGINT when it begins to load a module.
LOADING = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["skillmeat-audit", "check", {home!r}]
from skillmeat_audit.__main__ import entry
entry()
"""
# Python drops what a finalizer raises: this one is interrupted while it runs.
DROPPED = """
import os, signal
import skillmeat_audit.loaders.home as module
class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        list(range(10))
def interrupted(*arguments, **options):
    Finalized()
    while True:
        pass
module.find_home = interrupted
"""
# numpy raises an ImportError where it is interrupted while its C code loads.
REPLACED = """
import os, signal
import skillmeat_audit.loaders.home as module
def interrupted(*arguments, **options):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as exc:
        raise ImportError("numpy failed to import") from exc
module.find_home = interrupted
"""


@pytest.mark.parametrize(
    "module",
    ["skillmeat_audit.ui.cli.main", "skillmeat_audit.base.urls", "click", "pandas", "pyarrow"],
)
def test_an_interruption_while_modules_load_is_one_line(make_home, module):
    code = LOADING.format(module=module, home=os.fspath(make_home()))

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT
    )

    assert (ended.returncode, ended.stdout) == (ExitCode.INTERRUPTED, "")
    assert ended.stderr == "interrupted; nothing was changed\n"


@pytest.mark.parametrize("fault", [DROPPED, REPLACED])
def test_an_interruption_that_python_or_a_library_loses_is_one(command, make_home, fault):
    assert command("check", make_home(), fault=fault) == (
        ExitCode.INTERRUPTED,
        "interrupted; nothing was changed\n",
    )
