"""Runs killed at any step: each manifest is old or new, all rows or none, as `runs` says."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from conftest import PROJECT, cache_rows
from manifest_homes import two_manifests

from skillmeat_audit.api import audit
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.repair.run_folders import UNDOABLE

pytestmark = pytest.mark.slow

# Rounds for each verb and journal mode. The long form: KILL_ROUNDS=75
ROUNDS = int(os.environ.get("KILL_ROUNDS", "2"))

# Reads requests, and for each forks a process that applies a plan, or undoes the latest run, and
# dies at a step: the call of that number among those that change a file, the database or a name.
FORKING = """
import json, os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from skillmeat_audit.api import repair
from skillmeat_audit.repair import manifests
import skillmeat_audit.service.cache_service

STEPS = [(os, name) for name in (
    "open", "mkdir", "replace", "rename", "unlink", "fsync", "fchmod", "utime", "rmdir",
)] + [(sa.Connection, "commit"), (sa.Connection, "execute"), (sa.Connection, "exec_driver_sql")]

def carry_out(last, before, verb, home, plan, state):
    manifests.REREAD_AFTER_SECONDS = 0
    taken = [0]
    def counted(real):
        def step(*arguments, **named):
            taken[0] += 1
            if before and taken[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)
            value = real(*arguments, **named)
            if taken[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return value
        return step
    for owner, name in STEPS:
        setattr(owner, name, counted(getattr(owner, name)))
    options = repair.Options(state)
    if verb == "undo":
        repair.undo(home, options=options)
    else:
        repair.apply(repair.Plan.load(Path(plan)), options=options, recheck=False)
    return taken[0]

for line in sys.stdin:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.write(writing, b"%d" % carry_out(*json.loads(line)))
        os._exit(0)
    os.close(writing)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with os.fdopen(reading) as counted:
        print(code, counted.read() or 0, flush=True)
"""


@pytest.fixture(scope="module")
def forking():
    with subprocess.Popen(
        [sys.executable, "-c", FORKING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as process:
        yield process
        process.stdin.close()


def carry_out(forking, case, last, before, verb):
    """Return how a run ended that is to be killed at step *last*, and its steps if it was not."""
    request = [last, before, verb, str(case.home), str(case.file), str(case.state)]
    print(json.dumps(request), file=forking.stdin, flush=True)
    code, steps = map(int, forking.stdout.readline().split())
    assert code in (0, -signal.SIGKILL)
    return code, steps


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("verb", ["apply", "undo"])
def test_killed_at_any_step(planned, forking, verb, mode, tmp_path, monkeypatch, record_property):
    case = two_manifests(planned)
    with closing(sqlite3.connect(case.database)) as connection:
        assert connection.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)
    first = case.everything(), cells(case)
    case.apply()
    written = case.everything(), cells(case)
    case.undo()
    assert case.everything() == first[0]
    shutil.rmtree(case.state)
    template = shutil.copytree(case.home, tmp_path / "template", symlinks=True)
    start = Start(case, template, verb, first, written)
    start.restore()
    _, steps = carry_out(forking, case, 0, False, verb)
    choices = random.Random(f"{verb} {mode}")
    ends = []
    for number in range(ROUNDS):
        # Half of the steps come from the last quarter: the manifests, the commit, the marks.
        last = choices.randint(choices.choice([1, steps * 3 // 4]), steps)
        start.restore()
        code, _ = carry_out(forking, case, last, choices.random() < 0.5, verb)
        assert code == -signal.SIGKILL
        ends.append(start.check(again=number % 2 == 0))
    record_property("steps, and how runs ended", (steps, {e: ends.count(e) for e in ends}))


class Start:
    """The state before a run that is killed, and what may be left of it."""

    def __init__(self, case, template, verb, first, written):
        self.case, self.template, self.verb = case, template, verb
        (self.first, cells_before), ((self.written, _), self.cells_written) = first, written
        self.new = self.written if verb == "apply" else self.first[0]
        self.cells_new = self.cells_written if verb == "apply" else cells_before
        self.old = self.first

    def restore(self):
        shutil.rmtree(self.case.home)
        shutil.rmtree(self.case.state, ignore_errors=True)
        shutil.copytree(self.template, self.case.home, symlinks=True)
        if self.verb == "undo":
            self.case.apply()
            self.old = self.case.everything()

    def check(self, again):
        """Check what a killed run left, and that undo or a fresh apply works; return its state."""
        case = self.case
        contents, rows = case.everything()
        triples = list(zip(contents, self.old[0], self.new, strict=True))
        assert all(content in (old, new) for content, old, new in triples)
        committed = cells(case) == self.cells_new
        assert committed or rows == self.old[1]

        runs = [run for run in case.runs() if run.kind == self.verb]
        state = runs[0].state if runs else "begun"
        assert state == expected_state(contents != self.old[0], committed, state)
        assert version_of(case.database) == 0

        if again and self.verb == "apply":
            case.apply()
            assert case.contents() == self.new
            assert cells(case) == self.cells_new
        while undoable(case):
            case.undo()
        assert case.everything() == self.first
        fresh = audit.audit(case.home, progress=False).plan().document.changes if again else True
        assert fresh
        return state


def version_of(database):
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def expected_state(edited, committed, state):
    """Return the state of a run that left this; one that wrote nothing may not have begun."""
    if committed:
        return "committed"
    if edited:
        return "manifests-only"
    return state if state in ("begun", "failed") else "failed"


def undoable(case):
    runs = case.runs()
    undone = {run.undoes for run in runs if run.state == "committed"}
    return [
        run
        for run in runs
        if run.kind == "apply" and run.run not in undone and run.state in UNDOABLE
    ]


def cells(case):
    """Return the rows without the times, which differ from run to run."""
    rows = cache_rows(case.database)
    return {key: {name: row[name] for name in COLUMNS} for key, row in rows.items()}
