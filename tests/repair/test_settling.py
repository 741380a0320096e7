"""What proves that an interrupted run was committed, where rows and journals are not enough."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from conftest import dump

from skillmeat_audit.api import repair
from skillmeat_audit.api.audit import audit
from skillmeat_audit.repair import run_folders, settling
from skillmeat_audit.service import proofs

pytestmark = pytest.mark.slow

UPDATED = "artifact_id = 'skill:lock-audit' AND collection_id = 'default'"


def execute(database, *statements):
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def version_of(database):
    return execute(database, "PRAGMA user_version")[0][0]


def interrupt(monkeypatch):
    """Have every run end right after its commit, unmarked, as a kill ends it."""
    monkeypatch.setattr("skillmeat_audit.repair.transaction.conclude_run", lambda *_: None)


def apply_part(case, *, number, state=None):
    """Apply the change *number* of the plan, without settling earlier runs; return the run."""
    plan = repair.Plan.load(case.file)
    one = msgspec.structs.replace(plan.document, changes=[plan.document.changes[number]])
    options = repair.Options(state or case.state)
    return repair.apply(repair.Plan(one, plan.url), options=options, recheck=False).outcome.run


def states(case, state=None):
    listed = repair.runs(case.home, options=repair.Options(state or case.state))
    return {each.run: each.state for each in listed}


def test_no_number_stays_in_the_database(planned):
    case = planned()
    run = repair.apply(
        repair.Plan.load(case.file), options=repair.Options(case.state), recheck=False
    )

    assert version_of(case.database) == 0

    run.undo()

    assert version_of(case.database) == 0


def test_a_number_of_another_program_is_left_alone(planned, monkeypatch):
    case = planned()
    execute(case.database, "PRAGMA user_version = 7")
    interrupt(monkeypatch)
    run = apply_part(case, number=1)

    assert version_of(case.database) == 7
    assert states(case) == {run: "committed"}
    assert version_of(case.database) == 7


def test_two_runs_after_each_other_that_nobody_settled(planned, monkeypatch):
    case = planned()
    with monkeypatch.context() as patched:
        interrupt(patched)
        first, second = apply_part(case, number=1), apply_part(case, number=2)

    assert version_of(case.database) != 0
    assert states(case) == {first: "committed", second: "committed"}
    assert version_of(case.database) == 0


def test_a_later_run_of_another_state_folder_hides_no_proof_for_good(
    planned, monkeypatch, tmp_path
):
    case, other = planned(), tmp_path / "other"
    with monkeypatch.context() as patched:
        interrupt(patched)
        first, second = apply_part(case, number=1), apply_part(case, number=2, state=other)
    third = apply_part(case, number=3)

    assert states(case, other) == {second: "committed"}
    assert states(case) == {first: "committed", third: "committed"}
    assert version_of(case.database) == 0


def test_a_number_that_could_not_be_taken_out_is_taken_out_by_the_next_run(planned, monkeypatch):
    case = planned()
    with monkeypatch.context() as patched:
        patched.setattr("skillmeat_audit.repair.settling.withdraw_proof", lambda *_: None)
        first = apply_part(case, number=1)

    assert proofs.run_suffix(version_of(case.database)) == first[-6:]

    second = apply_part(case, number=2)

    assert states(case) == {first: "committed", second: "committed"}
    assert version_of(case.database) == 0


def test_a_database_rebuilt_from_a_dump_is_not_taken_for_one_without_the_run(planned, monkeypatch):
    case = planned()
    interrupt(monkeypatch)
    run = apply_part(case, number=1)
    rebuild_from_dump(case.database)

    assert version_of(case.database) == 0
    assert states(case) == {run: "interrupted"}


def rebuild_from_dump(database):
    """Make *database* anew from its SQL: rows stay, ``user_version`` is lost."""
    with closing(sqlite3.connect(database)) as connection:
        script = "\n".join(connection.iterdump())
    database.unlink()
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)


@pytest.mark.parametrize("synced_again", [False, True])
def test_an_undo_is_not_called_failed_in_a_database_rebuilt_from_a_dump(
    planned, monkeypatch, synced_again
):
    case = planned()
    before = dump(case.database)
    done = repair.apply(
        repair.Plan.load(case.file), options=repair.Options(case.state), recheck=False
    )
    interrupt(monkeypatch)
    undone = done.undo().outcome.run

    assert dump(case.database) == before
    rebuild_from_dump(case.database)
    if synced_again:
        execute(case.database, "UPDATE collection_artifacts SET synced_at = '2026-05-05 05:05:05'")

    assert states(case)[undone] == "interrupted"


@pytest.mark.parametrize("lose", [rebuild_from_dump, None])
def test_deletes_are_not_called_failed_where_the_number_is_lost(planned, monkeypatch, lose):
    case = planned()
    orphans = ", ".join(
        f"('default', 'skill:orphan{number}', '2026-01-01 00:00:00')" for number in range(3)
    )
    execute(
        case.database,
        f"INSERT INTO collection_artifacts (collection_id, artifact_id, added_at) VALUES {orphans}",
    )
    plan = audit(case.home).plan(deletes=True)
    deletes = [each for each in plan.document.changes if each.op == "delete"]
    assert len(deletes) >= 3
    interrupt(monkeypatch)
    run = repair.apply(
        repair.Plan(msgspec.structs.replace(plan.document, changes=deletes), plan.url),
        options=repair.Options(case.state, max_overwrites=100),
        recheck=False,
    ).outcome.run
    if lose is None:
        execute(case.database, "PRAGMA user_version = 0")
    else:
        lose(case.database)

    assert states(case) == {run: "interrupted"}


def test_a_run_whose_rows_are_as_before_is_failed_without_a_number(planned):
    case = planned()
    journal = unwritten(case, proof=proofs.VersionProof(0, 0x5A000001))
    run_folders.write_journal(journal)

    assert list(states(case).values()) == ["failed"]


def test_a_later_run_proves_the_one_whose_number_it_found(planned, monkeypatch):
    """It was killed between its mark and the withdrawal, so its number hides the earlier one."""
    case = planned()
    with monkeypatch.context() as patched:
        interrupt(patched)
        first = apply_part(case, number=1)
    with monkeypatch.context() as patched:
        patched.setattr(settling, "withdraw_proof", lambda *_: None)
        second = apply_part(case, number=2)
    execute(case.database, "UPDATE collection_artifacts SET synced_at = '2026-05-05 05:05:05'")

    assert states(case) == {first: "committed", second: "committed"}
    assert version_of(case.database) == 0


def test_a_number_left_while_another_writer_held_the_lock_is_taken_out(planned, monkeypatch):
    case = planned()
    other = sqlite3.connect(case.database, isolation_level=None)
    with monkeypatch.context() as patched:

        def late(folder, state):
            run_folders.append_state(folder, state)
            other.execute("BEGIN IMMEDIATE")

        patched.setattr(settling, "append_state", late)
        options = repair.Options(case.state, wait_seconds=0.1)
        plan = repair.Plan.load(case.file)
        run = repair.apply(plan, options=options, recheck=False).outcome.run

    assert version_of(case.database) != 0
    assert states(case) == {run: "committed"}  # does not wait for the other one
    assert version_of(case.database) != 0
    other.execute("ROLLBACK")
    other.close()

    assert states(case) == {run: "committed"}
    assert version_of(case.database) == 0


def test_a_mark_that_cannot_be_written_leaves_the_proof(planned, monkeypatch):
    case = planned()
    with monkeypatch.context() as patched:

        def full(*_):
            raise settling.StateError("no space left")

        patched.setattr("skillmeat_audit.repair.settling.append_state", full)
        run = apply_part(case, number=1)

    assert version_of(case.database) != 0
    assert states(case) == {run: "committed"}


def test_an_interrupted_run_that_nobody_can_settle_is_listed_with_words(cli, planned, monkeypatch):
    case = planned()
    execute(case.database, "PRAGMA user_version = 7")
    interrupt(monkeypatch)
    run = apply_part(case, number=1)
    execute(case.database, "UPDATE collection_artifacts SET synced_at = NULL, description = 'x'")
    traces = ("--state-dir", case.state)

    out = cli("runs", case.home, *traces)[1]
    undone = cli("undo", case.home, "--run", run, *traces)

    assert "interrupted, not settled" in out
    ending = "the cache cannot tell whether it was written"
    assert f"run {run} was interrupted; {ending}" in " ".join(out.split())
    assert f"the cache before it is {case.state}" in " ".join(out.split())
    assert f"run {run} cannot be undone: it was interrupted" in undone[2]
    assert "wrote nothing" not in undone[2]


def test_absence_alone_proves_nothing(planned):
    case = planned()
    journal = unwritten(case, proof=None)
    gone = msgspec.structs.replace(
        journal.entries[-1], op="delete", key=("default", "skill:none"), after=None
    )
    run_folders.write_journal(msgspec.structs.replace(journal, entries=(gone,)))

    assert list(states(case).values()) == ["interrupted"]


def unwritten(case, proof):
    """Return the journal of a run on *case* that was undone, in a folder of its own."""
    options = repair.Options(case.state)
    run = repair.apply(repair.Plan.load(case.file), options=options, recheck=False)
    run.undo()
    journal = next(
        each for each in repair.runs(case.home, options=options) if each.run == run.outcome.run
    )
    for each in journal.folder.parent.iterdir():
        shutil.rmtree(each / "manifests", ignore_errors=True)
        for file in each.iterdir():
            file.unlink()
        each.rmdir()
    folder = run_folders.create_run_folder(journal.folder.parent)
    run_folders.append_state(folder, "begun")
    return msgspec.structs.replace(journal, run=folder.name, folder=folder, proof=proof)


def test_the_folders_of_a_run_survive_a_power_cut(planned, monkeypatch):
    """Each folder on the way to the journal is fsynced after a name was made in it."""
    case = planned()
    synced = []
    fsync = os.fsync

    def noted(handle):
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    deep = case.state / "a" / "b"
    run = repair.apply(repair.Plan.load(case.file), options=repair.Options(deep), recheck=False)
    folder = run.outcome.backup.parent

    ways = [folder, folder.parent, deep, deep.parent, case.state, case.state.parent]
    assert {str(way) for way in ways} <= set(synced)
    begun = synced.index(str(folder / "state"))
    journal = next(
        n for n, path in enumerate(synced) if path.endswith(".tmp") and Path(path).parent == folder
    )
    assert max(synced.index(str(way)) for way in ways[1:]) < begun < journal
    assert str(folder) in synced[journal:]


def test_a_rehearsal_leaves_neither_number_nor_folder(planned):
    case = planned()
    start = dump(case.database)

    repair.Plan.load(case.file).rehearse(repair.Options(case.state))

    assert (version_of(case.database), dump(case.database)) == (0, start)
    assert list(case.state.glob("*/*")) == []


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (b"", "interrupted"),
        (b"begun\n", "interrupted"),
        (b"begun\nprep", "interrupted"),
        (b"begun\nprepared\n", "interrupted"),
        (b"begun\nprepared\nc", "committed"),
        (b"begun\nprepared\ncommitted\n", "committed"),
        (b"begun\nprepared\nfail", "failed"),
        (b"begun\nprepared\ncommitted\ncommitted\n", "committed"),
        (b"begun\nprepared\ncommitted\nfailed\n", "damaged"),
        (b"begun\nx", "damaged"),
    ],
)
def test_a_state_is_read_as_far_as_it_was_written(planned, content, state):
    case = planned()
    run = repair.apply(
        repair.Plan.load(case.file), options=repair.Options(case.state), recheck=False
    )
    folder = run.outcome.backup.parent
    (folder / "state").write_bytes(content)

    assert run_folders.read_run(folder).state == state
