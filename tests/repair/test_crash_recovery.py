"""Runs that are killed: the cache holds all of a run or none, and the next command knows which."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import msgspec
import pytest
from builders import update_of
from conftest import PROJECT, cache_rows, dump

from skillmeat_audit.api import audit, repair
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.fields import COLUMNS

pytestmark = pytest.mark.slow

# Reads requests, and for each forks a process that carries a plan out (or rehearses it, or undoes
# the latest run) as the commands do, and dies at the stage named. Says how that process ended.
FORKING = """
import json, os, signal, sys
from pathlib import Path
import msgspec
import sqlalchemy as sa
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.repair import apply, run_folders, transaction, undo
from skillmeat_audit.service.cache_service import upsert_collection_artifacts

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def die_after(place, name):
    real = getattr(place, name)
    def call(*arguments, **named):
        real(*arguments, **named)
        die()
    setattr(place, name, call)

def write_half(connection, rows, at, stored):
    upsert_collection_artifacts(connection, rows[: len(rows) // 2], at, stored)
    die()

def write_all(connection, rows, at, stored):
    upsert_collection_artifacts(connection, rows, at, stored)
    die()

def carry_out(stage, verb, plan, state):
    service = upsert_collection_artifacts
    if isinstance(stage, float):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process as abruptly
        signal.setitimer(signal.ITIMER_REAL, stage)
    elif stage == "before the backup":
        transaction.back_up_database = die
    elif stage == "after the backup":
        die_after(transaction, "back_up_database")
    elif stage == "with an unmarked journal":
        real = run_folders.append_state
        run_folders.append_state = lambda folder, state: (
            die() if state == "prepared" else real(folder, state)
        )
    elif stage == "after the journal entry":
        die_after(transaction, "write_journal")
    elif stage == "in the middle of the rows":
        service = write_half
        die_after(undo, "write_cells")
    elif stage == "with rows written back to disk":
        sa.event.listen(sa.Engine, "connect", lambda raw, _: raw.execute("PRAGMA cache_size = 5"))
        service = write_all
    elif stage == "before the commit":
        sa.Connection.commit = die
    elif stage == "after the commit":
        die_after(sa.Connection, "commit")
    plan = msgspec.json.decode(Path(plan).read_bytes(), type=PlanDocument)
    settings = transaction.RunSettings(state_folder(plan.home, Path(state)), service=service)
    if verb == "undo":
        undo.undo_run(run_folders.read_runs(settings.folder)[0], plan.database, settings)
    else:
        carry = apply.rehearse_plan if verb == "rehearse" else apply.apply_plan
        carry(plan, plan.database, settings)

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        carry_out(*json.loads(line))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

ERAS = ("artifact_id", "artifact_uuid")
SHAPES = [(era, mode) for era in ERAS for mode in ("delete", "wal")]
UNJOURNALED = ("before the backup", "after the backup")
JOURNALED = (
    "with an unmarked journal",
    "after the journal entry",
    "in the middle of the rows",
    "before the commit",
)
BEFORE_COMMIT = [
    *((stage, *shape) for stage in UNJOURNALED for shape in (SHAPES[0], SHAPES[3])),
    *((stage, *shape) for stage in JOURNALED for shape in SHAPES),
]


@pytest.fixture(scope="module")
def forking():
    """One process that forks those to be killed: they need not import everything anew."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def killed(forking):
    """Kill a run at a stage; return its id."""

    def kill(case, stage, verb="apply"):
        request = json.dumps([stage, verb, str(case.file), str(case.state)])
        print(request, file=forking.stdin, flush=True)
        assert int(forking.stdout.readline()) == -signal.SIGKILL
        newest = max(case.state.glob("*/*"), key=lambda path: path.stat().st_mtime_ns)
        return newest.name

    return kill


@pytest.fixture
def planned(planned_rows):
    """Plans of rows alone; `test_manifest_kills` and `test_manifest_runs` are about manifests."""
    return planned_rows


def set_mode(database, mode):
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)


def said(database):
    """Return what the rows say, without times."""
    rows = cache_rows(database)
    return {key: {name: row[name] for name in COLUMNS} for key, row in rows.items()}


def mended(rows, file):
    """Return *rows* as the plan in *file* leaves them."""
    expected = {key: dict(row) for key, row in rows.items()}
    for change in msgspec.json.decode(file.read_bytes())["changes"]:
        key = change["collection_id"], change["artifact_id"]
        expected.setdefault(key, dict.fromkeys(COLUMNS)).update(
            {column: cell["after"] for column, cell in change["cells"].items()}
        )
    return expected


def options(case):
    return repair.Options(case.state)


def plan_again(case):
    return audit.audit(case.home, progress=False).plan(targets=["rows"])


@pytest.mark.parametrize(("stage", "era", "mode"), BEFORE_COMMIT)
def test_killed_before_the_commit_the_cache_holds_none_of_it(
    cli, planned, killed, stage, era, mode
):
    case = planned(era)
    set_mode(case.database, mode)
    start, rows = dump(case.database), said(case.database)
    run = killed(case, stage)

    code, _, err = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    if stage in JOURNALED:
        assert err == (f"skillmeat-audit: run {run} was interrupted; nothing of it was written\n")
    else:
        assert err == ""
    assert dump(case.database) == start

    applied = repair.apply(repair.Plan.load(case.file), options=options(case), recheck=False)

    assert len(applied.outcome.applied) == 4
    assert said(case.database) == mended(rows, case.file)

    code, _, err = cli("undo", case.home, "--state-dir", case.state)

    assert (code, err) == (ExitCode.CLEAN, "")
    assert dump(case.database) == start


def test_a_fresh_plan_after_a_kill_is_the_same_and_works(planned, killed, era):
    case = planned(era)
    rows = said(case.database)
    killed(case, "in the middle of the rows")

    fresh = plan_again(case)
    repair.apply(fresh, options=options(case), recheck=False)

    assert fresh.document == repair.Plan.load(case.file).document
    assert said(case.database) == mended(rows, case.file)


@pytest.mark.parametrize(("era", "mode"), SHAPES)
def test_killed_after_the_commit_the_cache_holds_all_and_undo_works(
    cli, planned, killed, era, mode
):
    case = planned(era)
    set_mode(case.database, mode)
    start, rows = dump(case.database), said(case.database)
    run = killed(case, "after the commit")

    assert said(case.database) == mended(rows, case.file)

    code, _, err = cli("undo", case.home, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert err == f"skillmeat-audit: run {run} was interrupted; it had been committed\n"
    assert dump(case.database) == start
    assert cli("runs", case.home, "--state-dir", case.state)[1].count("undone") == 1

    again = repair.apply(plan_again(case), options=options(case), recheck=False)

    assert len(again.outcome.applied) == 4
    assert said(case.database) == mended(rows, case.file)


def test_after_a_commit_nobody_marked_the_same_plan_is_not_needed(cli, planned, killed, era):
    case = planned(era)
    run = killed(case, "after the commit")
    done = dump(case.database)

    code, out, err = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert f"run {run} was interrupted; it had been committed" in err
    assert "nothing to do: all 4 rows are already so" in out
    assert dump(case.database) == done
    assert plan_again(case).document.changes == []


@pytest.mark.parametrize(
    ("stage", "what"),
    [
        ("before the backup", "begun, nothing written"),
        ("after the backup", "begun, nothing written"),
        ("with an unmarked journal", "failed, nothing written"),
        ("in the middle of the rows", "failed, nothing written"),
        ("after the commit", "committed"),
    ],
)
def test_the_list_of_runs_says_what_became_of_a_killed_one(cli, planned, killed, stage, what):
    case = planned()
    run = killed(case, stage)

    code, out, _ = cli("runs", case.home, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert out.split()[0] == run
    assert what in out


def test_a_run_without_a_journal_cannot_be_undone(cli, planned, killed):
    case = planned()
    run = killed(case, "after the backup")

    code, _, err = cli("undo", case.home, "--run", run, "--state-dir", case.state)

    assert code == ExitCode.FAILED
    assert "wrote nothing (begun): nothing to undo" in err


def test_a_killed_run_is_reported_once(cli, planned, killed):
    case = planned()
    killed(case, "in the middle of the rows")

    told = [cli("undo", case.home, "--state-dir", case.state)[2] for _ in range(2)]

    assert ["was interrupted" in err for err in told] == [True, False]
    assert all("no run to undo" in err for err in told)


def test_a_killed_rehearsal_wrote_nothing(cli, planned, killed, era):
    case = planned(era)
    start = dump(case.database)
    run = killed(case, "in the middle of the rows", "rehearse")

    _, _, err = cli("undo", case.home, "--state-dir", case.state)

    assert f"run {run} was interrupted; nothing of it was written" in err
    assert dump(case.database) == start


@pytest.mark.parametrize("stage", JOURNALED)
def test_an_undo_killed_before_its_commit_is_done_again(cli, planned, killed, era, stage):
    case = planned(era)
    start = dump(case.database)
    repair.apply(repair.Plan.load(case.file), options=options(case), recheck=False)
    applied = dump(case.database)
    run = killed(case, stage, "undo")

    assert dump(case.database) == applied

    code, _, err = cli("undo", case.home, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert err == f"skillmeat-audit: run {run} was interrupted; nothing of it was written\n"
    assert dump(case.database) == start


def test_an_undo_killed_after_its_commit_counts_as_committed(cli, planned, killed, era):
    case = planned(era)
    start = dump(case.database)
    repair.apply(repair.Plan.load(case.file), options=options(case), recheck=False)
    run = killed(case, "after the commit", "undo")

    assert dump(case.database) == start

    code, _, err = cli("undo", case.home, "--state-dir", case.state)

    assert code == ExitCode.FAILED
    assert f"run {run} was interrupted; it had been committed" in err
    assert "no run to undo" in err
    assert dump(case.database) == start


def test_a_commit_is_proved_where_all_rows_moved_on(cli, planned, killed, era):
    case = planned(era)
    run = killed(case, "after the commit")
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET synced_at = '2026-11-01 10:00:00'")

    _, _, err = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert f"run {run} was interrupted; it had been committed" in err


def fill(case, count):
    """Give the home *count* more rows, and a plan that writes a long text into each."""
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.executemany(
            "INSERT INTO collection_artifacts (collection_id, artifact_id, added_at)"
            " VALUES ('default', ?, '2026-01-05 08:00:01.000000')",
            [(f"skill:many-{number:04}",) for number in range(count)],
        )
    plan = repair.Plan.load(case.file).document
    changes = [
        update_of(
            f"skill:many-{number:04}",
            {"description": None},
            {"description": f"{number} " * 500},
        )
        for number in range(count)
    ]
    case.file.write_bytes(msgspec.json.encode(msgspec.structs.replace(plan, changes=changes)))


@pytest.mark.parametrize(("mode", "log"), [("delete", "-journal"), ("wal", "-wal")])
def test_killed_with_half_the_rows_on_disk_the_next_command_puts_them_right(
    cli, planned, killed, mode, log
):
    case = planned()
    fill(case, 300)
    set_mode(case.database, mode)
    rows = said(case.database)
    run = killed(case, "with rows written back to disk")

    assert case.database.with_name(f"cache.db{log}").stat().st_size > 20_000
    seen = audit.audit(case.home, progress=False).rows["description"]
    assert seen.notna().sum() == sum(row["description"] is not None for row in rows.values())

    code, _, err = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert f"run {run} was interrupted; nothing of it was written" in err
    assert said(case.database) == rows


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_an_apply_that_is_stopped_takes_its_rows_back_and_says_so(
    cli, planned, fork_server, era, number
):
    case = planned(era)
    start = dump(case.database)
    stalling = (
        "import time; from skillmeat_audit.repair import apply\n"
        "def stall(*_): print('written', flush=True); time.sleep(60)\n"
        "apply.delete_rows = stall\n"
    )
    reading, writing = os.pipe()
    with open(reading) as out, case.file.with_name("err").open("w+") as err:
        running = fork_server.start(
            "apply",
            case.file,
            "--state-dir",
            case.state,
            code=stalling,
            stdout=writing,
            stderr=err.fileno(),
        )
        os.close(writing)
        assert out.readline() == "written\n"
        os.kill(running, number)
        returncode = fork_server.wait()
        err.seek(0)
        message = err.read()

    assert returncode == 128 + number
    assert message == "interrupted; nothing was changed\n"
    assert "failed, nothing written" in cli("runs", case.home, "--state-dir", case.state)[1]
    assert dump(case.database) == start


def test_an_orphan_that_somebody_else_deletes_proves_no_commit(cli, planned, killed, era):
    case = planned(era)
    audit.audit(case.home, progress=False).plan(deletes=True).save(case.file)
    run = killed(case, "before the commit")
    condition = "artifact_id = 'skill:retired'"
    if era == "artifact_uuid":
        condition = "artifact_uuid = (SELECT uuid FROM artifacts WHERE id = 'skill:retired')"
    with closing(sqlite3.connect(case.database)) as connection, connection:
        deleted = connection.execute(f"DELETE FROM collection_artifacts WHERE {condition}")
    start = dump(case.database)

    code, _, err = cli("undo", case.home, "--state-dir", case.state)

    assert deleted.rowcount == 1
    assert code == ExitCode.FAILED
    assert f"run {run} was interrupted; the cache cannot tell whether it was written" in err
    assert dump(case.database) == start


ROUNDS = int(os.environ.get("KILL_ROUNDS", "6"))
TABLE = "collection_artifacts"


class ForeignWriter:
    """Another program, which writes to the rows of a plan what it likes."""

    def __init__(self, case, start, choices):
        self.case, self.start, self.choices = case, start, choices
        self.after = rows_of(case.database)

    def write(self):
        with closing(sqlite3.connect(self.case.database)) as connection:
            for key in sorted({*self.start, *self.after}):
                with connection:
                    self.choices.choice(
                        [self.leave, self.leave, self.delete, self.restore, self.repeat, self.edit]
                    )(connection, key)
            if self.choices.random() < 0.2:
                connection.execute("VACUUM")

    def leave(self, connection, key):
        pass

    def delete(self, connection, key):
        connection.execute(f"DELETE FROM {TABLE} WHERE collection_id = ? AND {key[2]} = ?", key[:2])

    def restore(self, connection, key):
        self.put(connection, key, self.start.get(key))

    def repeat(self, connection, key):
        """Write what the run wrote, if it did, at another time."""
        row = self.after.get(key)
        self.put(connection, key, row and row | {"synced_at": "2026-11-01 10:00:00.000001"})

    def edit(self, connection, key):
        column = self.choices.choice(["description", "author", "synced_at", "deployments_json"])
        row = self.after.get(key)
        self.put(connection, key, row and row | {column: "theirs"})

    def put(self, connection, key, row):
        self.delete(connection, key)
        if row is not None:
            marks = ", ".join("?" * len(row))
            names = ", ".join(row)
            connection.execute(
                f"INSERT INTO {TABLE} ({names}) VALUES ({marks})", list(row.values())
            )


def rows_of(database):
    """Return the rows as they are, by their key and its column."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {TABLE}")]
    name = "artifact_uuid" if "artifact_uuid" in rows[0] else "artifact_id"
    return {(row["collection_id"], row[name], name): row for row in rows}


def version_of(database):
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


STAGED = ("in the middle of the rows", "before the commit", "after the commit")


@pytest.mark.parametrize(("era", "mode"), SHAPES)
def test_whatever_others_write_after_a_kill_no_run_is_misreported(
    planned, forking, era, mode, tmp_path, record_property
):
    case = planned(era)
    plan = audit.audit(case.home, progress=False).plan(deletes=True)
    plan.save(case.file)
    set_mode(case.database, mode)
    template = shutil.copy(case.database, tmp_path / "template.db")
    choices = random.Random(f"{era} {mode}")
    told = []
    for number in range(ROUNDS):
        for log in ("", "-wal", "-shm", "-journal"):
            case.database.with_name(f"cache.db{log}").unlink(missing_ok=True)
        shutil.copy(template, case.database)
        state = tmp_path / f"state-{number}"
        if undoing := choices.random() < 0.3:
            repair.apply(plan, options=repair.Options(state), recheck=False)
        truths = {}
        for _ in range(choices.choice([1, 1, 2])):  # a second run where the first is not settled
            start, listed = rows_of(case.database), set(state.glob("*/*"))
            stage = choices.choice([*STAGED, *[choices.uniform(0.001, 0.06)] * 3])
            request = [stage, "undo" if undoing else "apply", str(case.file), str(state)]
            print(json.dumps(request), file=forking.stdin, flush=True)
            ended = int(forking.stdout.readline())
            assert ended in (0, -signal.SIGKILL, -signal.SIGALRM)
            committed = rows_of(case.database) != start
            truths |= {path.name: committed for path in {*state.glob("*/*")} - listed}
            ForeignWriter(case, start, choices).write()

        runs = repair.runs(case.home, options=repair.Options(state))

        for each in runs:
            if each.run in truths:
                # An undo whose rows are all skipped may still put manifests back, and is committed.
                unwritten = ("committed",) if each.entries else ()
                wrong = ("failed", "begun") if truths[each.run] else unwritten
                assert each.state not in wrong
                told.append((truths[each.run], each.state))
        assert version_of(case.database) == 0
        shutil.rmtree(state, ignore_errors=True)
    record_property("committed or not, as listed", {pair: told.count(pair) for pair in told})
