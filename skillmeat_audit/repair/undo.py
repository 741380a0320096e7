"""Undoes a run from its journal: the inverse of every entry, with the care of the run itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.text import as_text, printable
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.model.changes import (
    ALREADY_SO,
    NO_COLLECTION,
    Applied,
    Change,
    Outcome,
    RawRow,
    RowKey,
    RunOutcome,
    Skipped,
)
from skillmeat_audit.repair.journal import JournalEntry
from skillmeat_audit.repair.run_folders import JournaledRun
from skillmeat_audit.repair.transaction import (
    RunSettings,
    Writes,
    batches,
    execute,
    require_identity,
)
from skillmeat_audit.schema.tables import CacheTables, reflect_tables
from skillmeat_audit.service.artifacts import find_uuids, remove_artifacts, remove_sentinel
from skillmeat_audit.service.connection import cache_transaction
from skillmeat_audit.service.rows import (
    delete_rows,
    find_collections,
    is_same,
    read_rows,
    reinsert_rows,
    restore_cells,
)

_INVERSE = {"insert": "delete", "update": "update", "delete": "insert"}
_STAMP = "synced_at"


def undo_run(journal: JournaledRun, url: str, settings: RunSettings) -> RunOutcome:
    """Put back what the run of *journal* changed, and return what became of each row.

    A row that moved on since is skipped and listed; where only ``synced_at`` moved, its values are
    put back and the time is left. Raises as `apply_plan` does, and then nothing was written.
    """
    with cache_transaction(url, settings.wait_seconds) as connection:
        tables = reflect_tables(connection)
        require_identity(connection, tables, journal.identity)
        _check_columns(journal, tables)
        keys = [entry.key for entry in journal.entries]
        cache = _Cache(connection, tables, read_rows(connection, tables, keys), journal)
        gone = _gone(cache)
        outcomes = tuple(
            _judge(entry, cache.rows.get(entry.key), gone) for entry in journal.entries
        )
        run = RunOutcome(
            "undo",
            journal.home,
            without_password(url),
            journal.identity,
            outcomes,
            undoes=journal.run,
        )
        if not run.applied:
            return run
        accepted = {outcome.change.key for outcome in run.applied}
        entries = [entry for entry in journal.entries if entry.key in accepted]
        return execute(connection, run, settings, lambda: _prepare(cache, entries, settings))


@dataclass(frozen=True)
class _Cache:
    """The cache inside the run's transaction, its rows as they are now, and the run to undo."""

    connection: sa.Connection
    tables: CacheTables
    rows: dict[RowKey, RawRow]
    journal: JournaledRun


def _check_columns(journal: JournaledRun, tables: CacheTables) -> None:
    """Refuse to undo what was written to columns that a migration took away since."""
    written = {name for entry in journal.entries for name in (entry.before or entry.after or ())}
    if missing := sorted(written - set(tables.cache.c.keys())):
        backup = f"; the cache before it is {journal.backup}" if journal.backup else ""
        raise PlanError(
            f"run {journal.run} cannot be undone: it wrote {printable(', '.join(missing))}, which "
            f"this cache no longer has (SkillMeat migrated it since); nothing was changed{backup}"
        )


def _judge(entry: JournalEntry, row: RawRow | None, gone: Mapping[RowKey, str]) -> Outcome:
    """Return whether *entry* can be undone, with the row as it is now."""
    change = _change(entry)
    if entry.after is None:
        if row is not None:
            return Skipped(change, "there is such a row now")
        return Skipped(change, gone[entry.key]) if entry.key in gone else Applied(change)
    if row is None:
        return Skipped(change, ALREADY_SO if entry.before is None else "the row is gone")
    said = {name: value for name, value in entry.after.items() if name != _STAMP}
    moved = [name for name, value in said.items() if not is_same(row[name], value)]
    return Skipped(change, f"changed since: {', '.join(moved)}") if moved else Applied(change)


def _change(entry: JournalEntry) -> Change:
    """Return the inverse of *entry* as a change, for people to read."""
    op = _INVERSE[entry.op]
    before, after = (
        {name: as_text(value) for name, value in (row or {}).items() if name != _STAMP}
        for row in (entry.after, entry.before)
    )
    return Change(
        op=op,  # type: ignore[arg-type]
        collection_id=entry.key[0], artifact_id=entry.key[1],
        before=before, after=after, rules=[], disposition="safe",
    )  # fmt: skip


def _prepare(cache: _Cache, entries: list[JournalEntry], settings: RunSettings) -> Writes:
    """Return the inverse of *entries* as work, with journal entries of its own."""
    moved = [entry.key for entry in entries if entry.op == "update" and not _stamped(cache, entry)]
    later = set(moved)
    inverse = [_inverse(cache, entry, keep_stamp=entry.key in later) for entry in entries]

    def write() -> tuple[str, ...]:
        connection, tables = cache.connection, cache.tables
        for batch in batches(inverse, settings):
            _write(cache, batch)
        removed = remove_artifacts(connection, tables, cache.journal.created)
        if cache.journal.made_sentinel and len(removed) == len(cache.journal.created):
            remove_sentinel(connection, tables)
        return tuple(f"{key[1]}: synced again since, its time was left" for key in moved)

    return Writes(tuple(inverse), write)


def _write(cache: _Cache, inverse: Sequence[JournalEntry]) -> None:
    connection, tables = cache.connection, cache.tables
    delete_rows(connection, tables, [each.key for each in inverse if each.after is None])
    reinsert_rows(
        connection, tables, [each.after for each in inverse if each.op == "insert" and each.after]
    )
    updates = {each.key: each.after for each in inverse if each.op == "update" and each.after}
    restore_cells(connection, tables, updates)


def _inverse(cache: _Cache, entry: JournalEntry, *, keep_stamp: bool) -> JournalEntry:
    row = cache.rows.get(entry.key)
    if entry.op == "insert":
        return JournalEntry("delete", entry.key, row, None)
    if entry.op == "delete":
        return JournalEntry("insert", entry.key, None, entry.before)
    after = {
        name: value
        for name, value in (entry.before or {}).items()
        if not (keep_stamp and name == _STAMP)
    }
    before = None if row is None else {name: row[name] for name in after}
    return JournalEntry("update", entry.key, before, after)


def _stamped(cache: _Cache, entry: JournalEntry) -> bool:
    """Tell whether the row still has the time that the run gave it."""
    row, after = cache.rows.get(entry.key), entry.after or {}
    return row is None or _STAMP not in after or is_same(row[_STAMP], after[_STAMP])


def _gone(cache: _Cache) -> dict[RowKey, str]:
    """Return why deleted rows cannot be put back: what they refer to is gone."""
    connection, tables = cache.connection, cache.tables
    deleted = {each.key: each.before or {} for each in cache.journal.entries if each.after is None}
    collections = find_collections(connection) if deleted else set()
    gone = {key: NO_COLLECTION for key in deleted if key[0] not in collections}
    if tables.keyed_by_uuid and deleted:
        uuids = set(find_uuids(connection, tables, sorted({key[1] for key in deleted})).values())
        for key, row in deleted.items():
            if row.get("artifact_uuid") not in uuids:
                gone.setdefault(key, "its artifact is gone")
    return gone
