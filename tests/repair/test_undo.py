"""An undo of many rows takes time in proportion to their number."""

import sqlite3
from contextlib import closing

import msgspec
from builders import update_of

from skillmeat_audit.api import repair
from skillmeat_audit.repair import run_folders
from skillmeat_audit.repair.undo import undo_run


class CountingText(str):
    """A part of a key that counts how often it is compared."""

    __slots__ = ()
    comparisons = 0

    def __eq__(self, other):
        CountingText.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def comparisons_for(case, rows, monkeypatch):
    """Apply changes to new *rows*, sync them again, undo; return how often keys were compared."""
    names = [f"skill:many-{rows}-{number}" for number in range(rows)]
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.executemany(
            "INSERT INTO collection_artifacts (collection_id, artifact_id, added_at)"
            " VALUES ('default', ?, '2026-01-05 08:00:01.000000')",
            [(name,) for name in names],
        )
    plan = repair.Plan.load(case.file)
    values = {"description": None}, {"description": "mended"}
    changes = [update_of(name, *values) for name in names]
    document = msgspec.structs.replace(plan.document, changes=changes)
    options = repair.Options(case.state, keep_backups=0)
    run = repair.apply(repair.Plan(document, plan.url), options=options, recheck=False)
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET synced_at = '2099-01-01 00:00:00'")
    journal = next(
        each for each in run_folders.read_runs(run.settings.folder) if each.kind == "apply"
    )
    counted = [
        msgspec.structs.replace(entry, key=tuple(map(CountingText, entry.key)))
        for entry in journal.entries
    ]
    journal = msgspec.structs.replace(journal, entries=tuple(counted))
    CountingText.comparisons = 0

    with monkeypatch.context() as patched:
        patched.setattr(
            "skillmeat_audit.repair.transaction.write_journal", lambda _: None
        )  # no JSON of such text
        undone = undo_run(journal, plan.url, run.settings)

    assert len(undone.applied) == len(undone.notes[:rows]) == rows
    assert "its synced_at was kept" in undone.notes[0]
    return CountingText.comparisons


def test_an_undo_of_rows_that_were_synced_since_is_linear(planned, monkeypatch):
    case = planned()
    few, many = (comparisons_for(case, rows, monkeypatch) for rows in (100, 400))

    assert few > 0
    assert many < 6 * few
