"""SkillMeat writing while a repair is planned, applied or undone: nothing of its work is lost."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from conftest import PROJECT, cache_rows, dump

from skillmeat_audit.api import audit, repair
from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

UPDATED = ("default", "skill:lock-audit")
TEAM = "5f0c4b1e9a7d4e60b812233445566778"
OTHERS = (("default", "skill:1password"), (TEAM, "skill:1password"))
INSERTED = ("default", "command:commit-message")

# A plain client, as SkillMeat is one: runs SQL, holds its transaction for a while, commits.
WRITER = """
import sqlite3, sys, time
database, seconds, begin, sql = sys.argv[1:]
connection = sqlite3.connect(database, timeout=30, isolation_level=None)
connection.execute("PRAGMA foreign_keys = ON")
connection.execute(begin)
for statement in sql.split(";"):
    connection.execute(statement).fetchall()
print("held", flush=True)
time.sleep(float(seconds))
connection.execute("COMMIT")
"""

# A run of ours in another process that takes its time over the rows.
SLOW_RUN = """
import sys, time
from pathlib import Path
import msgspec
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.repair import apply, transaction
from skillmeat_audit.service.cache_service import upsert_collection_artifacts

def service(connection, rows, at, stored):
    print("held", flush=True)
    time.sleep(1)
    return upsert_collection_artifacts(connection, rows, at, stored)

carry_out, plan, state = sys.argv[1:]
plan = msgspec.json.decode(Path(plan).read_bytes(), type=PlanDocument)
settings = transaction.RunSettings(state_folder(plan.home, Path(state)), service=service)
getattr(apply, carry_out)(plan, plan.database, settings)
"""


@pytest.fixture
def planned(planned_rows):
    """Plans of rows alone; `test_manifest_kills` and `test_manifest_runs` are about manifests."""
    return planned_rows


def started(script, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert process.stdout.readline() == "held\n"
    return process


def ended(process):
    process.stdout.close()
    assert process.wait(timeout=60) == 0


def elsewhere(case, sql):
    """Run *sql* in another process."""
    ended(started(WRITER, case.database, 0, "BEGIN IMMEDIATE", sql))


def of(case, key):
    """Return the condition that finds the row of *key*."""
    row = cache_rows(case.database)[key]
    name = "artifact_uuid" if "artifact_uuid" in row else "artifact_id"
    return f"collection_id = '{key[0]}' AND {name} = '{row[name]}'"


def update(case, key, assignments):
    return f"UPDATE collection_artifacts SET {assignments} WHERE {of(case, key)}"


def delete(case, key):
    return f"DELETE FROM collection_artifacts WHERE {of(case, key)}"


def insert(case, era, key, columns, values):
    """Return the SQL that inserts a row as SkillMeat does, with its artifact if rows need one."""
    artifact, name = "", "artifact_id"
    identity = key[1]
    if era == "artifact_uuid":
        kind, _, bare = key[1].partition(":")
        name, identity = "artifact_uuid", "0" * 32
        artifact = (
            "INSERT INTO artifacts (id, uuid, project_id, name, type, created_at, updated_at) "
            f"VALUES ('{key[1]}', '{identity}', 'collection_artifacts_global', '{bare}', '{kind}', "
            "'2026-02-11 08:00:00', '2026-02-11 08:00:00');"
        )
    return (
        f"{artifact}INSERT INTO collection_artifacts "
        f"(collection_id, {name}, added_at, {columns}) "
        f"VALUES ('{key[0]}', '{identity}', '2026-02-11 08:00:00', {values})"
    )


def applied(case):
    """Apply the plan without the audits around it."""
    return repair.apply(
        repair.Plan.load(case.file), options=repair.Options(case.state), recheck=False
    )


def reasons(run):
    outcomes = run.outcomes.dropna(subset=["reason"])
    return dict(
        zip(
            zip(outcomes["collection_id"], outcomes["artifact_id"], strict=True),
            outcomes["reason"],
            strict=True,
        )
    )


def test_a_row_that_moved_is_skipped_and_listed_and_the_rest_is_written(cli, planned, era):
    case = planned(era)
    elsewhere(case, update(case, UPDATED, "description = 'theirs', synced_at = '2026-02-12'"))
    theirs = cache_rows(case.database)[UPDATED]

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "3 rows (20 cells) applied" in out
    assert "skipped skill:lock-audit · Default Collection: changed since: description" in out
    rows = cache_rows(case.database)
    assert rows[UPDATED] == theirs
    assert all(rows[key]["description"] for key in (*OTHERS, INSERTED))


def test_a_column_that_the_plan_does_not_speak_of_may_move(planned, era):
    case = planned(era)
    elsewhere(case, update(case, UPDATED, "deployments_json = '[1]', version = '9'"))

    run = applied(case)

    row = cache_rows(case.database)[UPDATED]
    assert reasons(run) == {}
    assert (row["deployments_json"], row["version"], row["license"]) == ("[1]", "9", "Apache-2.0")


def test_a_row_that_was_deleted_stays_deleted(cli, planned, era):
    case = planned(era)
    elsewhere(case, delete(case, UPDATED))

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "skipped skill:lock-audit · Default Collection: the row no longer exists" in out
    assert UPDATED not in cache_rows(case.database)
    assert "3 rows (20 cells) applied" in out


def test_rows_whose_artifact_was_deleted_stay_deleted(planned):
    case = planned("artifact_uuid")
    elsewhere(case, "DELETE FROM artifacts WHERE id = 'skill:1password'")

    run = applied(case)

    assert reasons(run) == dict.fromkeys(OTHERS, "the row no longer exists")
    assert not cache_rows(case.database).keys() & set(OTHERS)


def test_a_row_that_somebody_else_inserted_is_theirs(cli, planned, era):
    case = planned(era)
    elsewhere(case, insert(case, era, INSERTED, "description", "'theirs'"))
    theirs = cache_rows(case.database)[INSERTED]

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert (
        "skipped command:commit-message · Default Collection: a row with this key exists now" in out
    )
    assert cache_rows(case.database)[INSERTED] == theirs


def test_an_equal_row_inserted_by_another_program_is_not_a_conflict(planned, era):
    case = planned(era)
    values = "'Writes a commit message from the staged diff.', 'local'"
    elsewhere(case, insert(case, era, INSERTED, "description, origin", values))
    theirs = cache_rows(case.database)[INSERTED]

    run = applied(case)

    assert reasons(run) == {INSERTED: "already so"}
    assert run.outcome.conflicts == ()
    assert cache_rows(case.database)[INSERTED] == theirs


@pytest.mark.parametrize(("era", "mode"), [("artifact_id", "wal"), ("artifact_uuid", "delete")])
def test_a_run_waits_for_a_lock_and_keeps_what_its_holder_wrote(planned, era, mode):
    case = planned(era)
    with closing(sqlite3.connect(case.database)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    theirs = update(case, UPDATED, "description = 'theirs'")
    holder = started(WRITER, case.database, 0.8, "BEGIN IMMEDIATE", theirs)

    begun = time.monotonic()
    run = applied(case)

    assert time.monotonic() - begun > 0.2
    assert reasons(run) == {UPDATED: "changed since: description"}
    assert cache_rows(case.database)[UPDATED]["description"] == "theirs"
    assert len(run.outcome.applied) == 3
    ended(holder)


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_lock_held_for_too_long_is_reported(cli, planned, begin):
    case = planned()
    start = dump(case.database)
    theirs = update(case, UPDATED, "version = '2'")
    holder = started(WRITER, case.database, 4, begin, theirs)

    code, out, err = cli(
        "apply", case.file, "--rehearse", "--wait", "0.3", "--state-dir", case.state
    )

    assert holder.poll() is None
    assert (code, out) == (ExitCode.FAILED, "")
    assert len(err.splitlines()) == 1
    assert "is locked by another writer for more than 0.3 s; try again" in err
    holder.kill()
    holder.communicate()
    assert dump(case.database) == start
    assert cli("runs", case.home, "--state-dir", case.state)[1] == "no runs on this home yet\n"


def test_a_long_reader_blocks_the_commit_of_a_rollback_database(cli, planned, era):
    case = planned(era)
    start = dump(case.database)
    reader = started(
        WRITER, case.database, 30, "BEGIN", "SELECT count(*) FROM collection_artifacts"
    )

    code, _, err = cli("apply", case.file, "--wait", "0.3", "--state-dir", case.state)

    assert reader.poll() is None
    reader.kill()
    reader.communicate()
    assert code == ExitCode.FAILED
    assert len(err.splitlines()) == 1
    assert "locked" in err
    assert dump(case.database) == start
    assert "failed, nothing written" in cli("runs", case.home, "--state-dir", case.state)[1]


def test_undo_skips_rows_that_moved_since(cli, planned, era):
    case = planned(era)
    start = cache_rows(case.database)
    applied(case)
    elsewhere(case, update(case, UPDATED, "description = 'theirs'"))
    theirs = cache_rows(case.database)[UPDATED]

    code, out, _ = cli("undo", case.home, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "skipped skill:lock-audit · Default Collection: changed since: description" in out
    assert cache_rows(case.database) == start | {UPDATED: theirs}


def test_undo_leaves_a_deleted_row_deleted(cli, planned, era):
    case = planned(era)
    start = cache_rows(case.database)
    applied(case)
    elsewhere(case, delete(case, UPDATED))

    code, out, _ = cli("undo", case.home, "--state-dir", case.state)

    del start[UPDATED]
    assert code == ExitCode.CONFLICT
    assert "skipped skill:lock-audit · Default Collection: the row no longer exists" in out
    assert cache_rows(case.database) == start


def test_undo_puts_values_back_and_leaves_a_later_time(cli, planned, era):
    case = planned(era)
    start = cache_rows(case.database)[UPDATED]
    applied(case)
    elsewhere(case, update(case, UPDATED, "synced_at = '2099-01-01 00:00:00.000000'"))

    code, out, _ = cli("undo", case.home, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert "skill:lock-audit: synced again since the run, its synced_at was kept" in out
    moved = {"synced_at": "2099-01-01 00:00:00.000000"}
    assert cache_rows(case.database)[UPDATED] == start | moved


@pytest.mark.parametrize(
    "assignment", ["description = 'theirs'", "deployments_json = '[1]'", "author = 'theirs'"]
)
def test_undo_keeps_an_inserted_row_that_somebody_wrote_to(planned, era, assignment):
    case = planned(era)
    run = applied(case)
    elsewhere(case, update(case, INSERTED, assignment))
    theirs = cache_rows(case.database)[INSERTED]

    undone = run.undo()

    column = assignment.partition(" ")[0]
    assert reasons(undone) == {INSERTED: f"changed since: {column}"}
    assert cache_rows(case.database)[INSERTED] == theirs


def test_undo_keeps_an_artifact_that_somebody_refers_to(planned):
    case = planned("artifact_uuid")
    run = applied(case)
    elsewhere(
        case,
        "INSERT INTO tags (id, name, slug, created_at, updated_at) "
        "VALUES ('t', 'mine', 'mine', '2026-02-12', '2026-02-12');"
        "INSERT INTO artifact_tags SELECT uuid, 't', '2026-02-12' FROM artifacts "
        "WHERE id = 'command:commit-message'",
    )

    undone = run.undo()

    tables = dump(case.database)
    assert reasons(undone) == {}
    assert INSERTED not in cache_rows(case.database)
    assert len(tables["artifact_tags"]) == 1
    assert any("command:commit-message" in row for row in tables["artifacts"])


def deleting(case):
    """Apply a plan that deletes the one orphan."""
    plan = audit.audit(case.home, progress=False).plan(deletes=True)
    return repair.apply(plan, options=repair.Options(case.state), recheck=False)


ORPHAN = ("default", "skill:retired")


def test_undo_skips_a_row_whose_collection_was_deleted(planned, era):
    case = planned(era)
    elsewhere(case, update(case, ORPHAN, f"collection_id = '{TEAM}'"))
    run = deleting(case)
    elsewhere(case, f"DELETE FROM collections WHERE id = '{TEAM}'")

    undone = run.undo()

    assert reasons(undone)[TEAM, "skill:retired"] == "its collection is gone"
    assert reasons(undone)[OTHERS[1]] == "the row no longer exists"
    assert len(undone.outcome.applied) == 3


@pytest.mark.parametrize("again", [False, True])
def test_undo_skips_a_row_whose_artifact_was_deleted(planned, again):
    case = planned("artifact_uuid")
    run = deleting(case)
    elsewhere(case, "DELETE FROM artifacts WHERE id = 'skill:retired'")
    if again:
        elsewhere(case, insert(case, "artifact_uuid", ORPHAN, "description", "'theirs'"))
        elsewhere(case, delete(case, ORPHAN))

    undone = run.undo()

    assert reasons(undone) == {ORPHAN: "its artifact no longer exists"}
    assert ORPHAN not in cache_rows(case.database)


def test_undo_does_not_replace_a_row_that_somebody_inserted_again(planned, era):
    case = planned(era)
    run = deleting(case)
    elsewhere(case, "DELETE FROM artifacts WHERE id = 'skill:retired'")
    elsewhere(case, insert(case, era, ORPHAN, "description", "'theirs'"))

    undone = run.undo()

    assert reasons(undone) == {ORPHAN: "a row with this key exists now"}
    assert cache_rows(case.database)[ORPHAN]["description"] == "theirs"


def test_text_that_is_not_utf_8_is_left_to_people(planned, era):
    case = planned(era)
    odd = "CAST(x'ff41' AS TEXT)"
    elsewhere(case, update(case, UPDATED, f"description = {odd}"))
    elsewhere(case, update(case, OTHERS[0], f"resolved_sha = {odd}"))

    run = applied(case)

    assert reasons(run) == {UPDATED: "not UTF-8, repair it by hand: description"}
    with closing(sqlite3.connect(case.database)) as connection:
        query = f"SELECT count(*) FROM collection_artifacts WHERE {{}} = {odd}"
        for column in ("description", "resolved_sha"):
            assert connection.execute(query.format(column)).fetchone() == (1,)


def test_undo_waits_for_a_lock(planned):
    case = planned()
    start = cache_rows(case.database)
    run = applied(case)
    theirs = update(case, ("default", "skill:retired"), "version = '2'")
    holder = started(WRITER, case.database, 0.8, "BEGIN IMMEDIATE", theirs)

    undone = run.undo()

    assert reasons(undone) == {}
    start["default", "skill:retired"]["version"] = "2"
    assert cache_rows(case.database) == start
    ended(holder)


def test_undo_reports_a_lock_held_for_too_long(cli, planned):
    case = planned()
    applied(case)
    done = dump(case.database)
    theirs = update(case, UPDATED, "version = '2'")
    holder = started(WRITER, case.database, 30, "BEGIN IMMEDIATE", theirs)

    code, out, err = cli("undo", case.home, "--wait", "0.3", "--state-dir", case.state)

    holder.kill()
    holder.communicate()
    assert (code, out) == (ExitCode.FAILED, "")
    assert len(err.splitlines()) == 1
    assert "is locked by another writer for more than 0.3 s" in err
    assert dump(case.database) == done
    assert cli("runs", case.home, "--state-dir", case.state)[1].count("committed") == 1


@pytest.mark.parametrize("going_on", ["rehearse_plan", "apply_plan"])
def test_a_run_that_is_going_on_elsewhere_was_not_interrupted(cli, planned, going_on):
    case = planned()
    running = started(SLOW_RUN, going_on, case.file, case.state)

    code, out, err = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    ended(running)
    assert (code, err) == (ExitCode.CLEAN, "")
    assert ("4 rows (26 cells) rehearsed" in out) == (going_on == "rehearse_plan")
