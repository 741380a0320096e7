"""A repair that is interrupted says what it had written, in real processes, at every point."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from conftest import dump

from skillmeat_audit.model.exits import ExitCode

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
def interrupted(tmp_path):
    """Run a command line that is interrupted at a point; return how it ended."""

    def run(point, *arguments):
        module, name, nth, before = point
        (tmp_path / "fault").mkdir(exist_ok=True)
        fault = FAULT.format(module=module, name=name, nth=nth, before=before)
        (tmp_path / "fault" / "sitecustomize.py").write_text(fault)
        return command(*arguments, PYTHONPATH=str(tmp_path / "fault"))

    return run


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "skillmeat_audit", *map(str, arguments)],
        env={**os.environ, **environment}, capture_output=True, text=True,
    )  # fmt: skip


def check_undo(message, database, before):
    """Check that what *message* says about undoing holds."""
    rows = re.search(r"run (\S+) had written (\d+) rows?; '(.*)' puts (?:it|them) back", message)
    assert rows is not None, message
    assert rows[1] in rows[3]
    assert sum(len(set(after) - set(before[table])) for table, after in dump(database).items())

    ended = command(*shlex.split(rows[3])[1:])

    assert ended.returncode == ExitCode.CLEAN, ended.stderr
    assert dump(database)["collection_artifacts"] == before["collection_artifacts"]


@pytest.mark.parametrize("point", BEFORE_COMMIT)
def test_a_report_interrupted_before_the_commit_changed_nothing(
    interrupted, make_home, tmp_path, point
):
    home = make_home()
    before = dump(home / "cache" / "cache.db")

    ended = interrupted(point, "report", home, "--apply-safe", "--state-dir", tmp_path / "s")

    assert (ended.returncode, ended.stderr) == (130, "interrupted; nothing was changed\n")
    assert dump(home / "cache" / "cache.db") == before


@pytest.mark.parametrize(
    ("point", "state"),
    [
        *((point, ()) for point in (*AFTER_COMMIT, *AFTER_APPLY)),
        (AFTER_APPLY[0], ("--state-dir", "a 'state")),
    ],
)
def test_a_report_interrupted_after_the_commit_says_what_it_had_written(
    interrupted, make_home, tmp_path, monkeypatch, point, state
):
    monkeypatch.chdir(tmp_path)
    home = make_home()
    before = dump(home / "cache" / "cache.db")

    ended = interrupted(point, "report", home, "--apply-safe", *state)

    assert ended.returncode == ExitCode.INTERRUPTED
    assert ended.stderr.count("\n") == 1
    check_undo(ended.stderr, home / "cache" / "cache.db", before)


@pytest.mark.parametrize("point", [*BEFORE_COMMIT[1:], *AFTER_COMMIT])
def test_an_apply_that_is_interrupted_says_what_it_had_written(interrupted, planned, point):
    case = planned()
    before = dump(case.database)

    ended = interrupted(point, "apply", case.file)

    assert ended.returncode == ExitCode.INTERRUPTED
    if point in AFTER_COMMIT:
        check_undo(ended.stderr, case.database, before)
    else:
        assert ended.stderr == "interrupted; nothing was changed\n"
        assert dump(case.database) == before


def test_a_crash_after_the_commit_says_what_had_been_written(interrupted, make_home, tmp_path):
    home = make_home()
    before = dump(home / "cache" / "cache.db")
    (tmp_path / "fault").mkdir()
    (tmp_path / "fault" / "sitecustomize.py").write_text(
        "import skillmeat_audit.api.compose as compose\ncompose.make_report = None\n"
    )

    ended = command("report", home, "--apply-safe", PYTHONPATH=str(tmp_path / "fault"))

    assert ended.returncode == ExitCode.CRASHED
    check_undo(ended.stderr, home / "cache" / "cache.db", before)
