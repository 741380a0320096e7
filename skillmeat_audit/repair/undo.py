"""Undoes a run from its journal: the inverse of every entry, with the same preconditions."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.base.text import as_text, printable
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.model.changes import (
    NO_COLLECTION,
    Applied,
    CellChange,
    Change,
    Op,
    Outcome,
    RawRow,
    RowKey,
    RunOutcome,
    Skipped,
)
from skillmeat_audit.model.fields import STAMP
from skillmeat_audit.model.manifest_edits import ALREADY_SO
from skillmeat_audit.repair.journal import JournalEntry
from skillmeat_audit.repair.manifests import confirm_written, prepare_undo
from skillmeat_audit.repair.run_folders import JournaledRun
from skillmeat_audit.repair.run_settings import RunSettings, collections_folder
from skillmeat_audit.repair.transaction import (
    NO_ROW,
    ROW_EXISTS,
    LockedCache,
    Writes,
    batches,
    changed_since,
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
    with_keys,
    write_cells,
)

_INVERSE: dict[Op, Op] = {"insert": "delete", "update": "update", "delete": "insert"}


def undo_run(
    undone: JournaledRun, url: str, settings: RunSettings, *, rehearsed: bool = False
) -> RunOutcome:
    """Put back what *undone* changed; return the outcome of every row and key.

    A row that changed since is skipped and listed; where only ``synced_at`` changed, the values are
    put back and the time is kept. A manifest is put back whole where nobody changed it, else key by
    key. Raises as `apply_plan` does; then nothing was written. With *rehearsed*, all is rolled
    back.
    """
    run = _execute_undo(undone, url, settings, rehearsed=rehearsed)
    return replace(run, manifests=confirm_written(run.manifests)) if run.run else run


@without_gc()
def _execute_undo(
    undone: JournaledRun, url: str, settings: RunSettings, *, rehearsed: bool
) -> RunOutcome:
    if undone.state == "manifests-only":  # its rows were never written
        undone = msgspec.structs.replace(undone, entries=(), created=(), made_sentinel=False)
    with cache_transaction(url, settings.wait_seconds) as connection:
        tables = reflect_tables(connection)
        require_identity(connection, tables, undone.identity)
        columns = _columns(undone, tables)
        # Read under the lock: what is judged below cannot change before it is written.
        rows = read_rows(connection, tables, [entry.key for entry in undone.entries], columns)
        cache = LockedCache(connection, tables, rows)
        obstacles = _reinsert_obstacles(cache, undone)
        outcomes = tuple(
            _judge(entry, rows.get(entry.key), obstacles.get(entry.key)) for entry in undone.entries
        )
        address = without_password(url)
        manifests = tuple(
            prepare_undo(
                collections_folder(undone.home), manifest, undone.folder, settings.link_roots
            )
            for manifest in undone.manifests
        )
        run = RunOutcome(
            "undo",
            undone.home,
            address,
            undone.identity,
            outcomes,
            manifests,
            rehearsed,
            undone.run,
        )
        if not run.applied and not any(manifest.is_changed for manifest in manifests):
            return run
        return execute(connection, run, settings, lambda: _prepare(cache, undone, run, settings))


def _columns(undone: JournaledRun, tables: CacheTables) -> set[str] | None:
    """Return the columns that *undone* wrote, None for all: an inserted row is journaled whole.

    Raises `PlanError` where a migration has removed one of them.
    """
    columns: set[str] = set().union(*(each.before or each.after or () for each in undone.entries))
    if missing := sorted(columns - set(tables.cache.c.keys())):
        backup = f"; the cache before it is {undone.backup}" if undone.backup else ""
        raise PlanError(
            f"run {undone.run} cannot be undone: it wrote {printable(', '.join(missing))}, which "
            f"this cache no longer has (SkillMeat migrated it since); nothing was changed{backup}"
        )
    return None if any(entry.op == "insert" for entry in undone.entries) else columns


def _judge(entry: JournalEntry, row: RawRow | None, obstacle: str | None) -> Outcome:
    """Return whether *entry* can be undone, with *row* as it is now; None: no row has its key."""
    change = _inverse_change(entry)
    # The run deleted the row: it can come back only where nobody made another one.
    if entry.after is None:
        if row is not None:
            return Skipped(change, ROW_EXISTS)
        return Skipped(change, obstacle) if obstacle else Applied(change)
    if row is None:
        # The run inserted the row, and somebody deleted it: that is what the undo wants.
        return Skipped(change, ALREADY_SO if entry.before is None else NO_ROW)
    after = entry.after
    moved = [
        name
        for name in change.cells
        if (actual := row[name]) != after[name] and not is_same(actual, after[name])
    ]
    return Skipped(change, changed_since(moved)) if moved else Applied(change)


def _inverse_change(entry: JournalEntry) -> Change:
    """Return the inverse of *entry* as a change, with the cells that must be as the run left them.

    These are all that it wrote; the time only if that is alone.
    """
    left, restored = entry.after or {}, entry.before or {}
    names = left or restored
    cells = {
        name: CellChange(as_text(left.get(name)), as_text(restored.get(name)), [], None, "safe")
        for name in [name for name in names if name != STAMP] or names
    }
    return Change(_INVERSE[entry.op], *entry.key, cells)


def _prepare(
    cache: LockedCache, undone: JournaledRun, run: RunOutcome, settings: RunSettings
) -> Writes:
    """Return the inverse of the entries that *run* accepted, with journal entries of its own."""
    # Only these are written, and journaled: an undo can be undone in its turn.
    judged = zip(undone.entries, run.outcomes, strict=True)
    entries = [entry for entry, outcome in judged if isinstance(outcome, Applied)]
    # SkillMeat has synced these rows since: the time of that sync stays.
    restamped = {e.key for e in entries if e.op == "update" and not _has_stamp(cache, e)}
    inverse = [_inverse(cache, entry, keep_stamp=entry.key in restamped) for entry in entries]
    notes = tuple(
        f"{entry.key[1]}: synced again since the run, its synced_at was kept"
        for entry in entries
        if entry.key in restamped
    )

    def write_rows() -> tuple[str, ...]:
        for batch in batches(inverse, settings):
            _write_batch(cache, batch)
        _remove_created(cache, undone)
        return notes

    return Writes(tuple(inverse), write_rows)


def _write_batch(cache: LockedCache, batch: Sequence[JournalEntry]) -> None:
    connection, tables = cache.connection, cache.tables
    delete_rows(connection, tables, [cache.rows[e.key] for e in batch if e.after is None])
    # Deletes come first: a unique key of a deleted row may be that of a row to insert.
    inserted = [entry.after for entry in batch if entry.op == "insert" and entry.after]
    reinsert_rows(connection, tables, inserted)
    updates = [(cache.rows[e.key], e.after) for e in batch if e.op == "update" and e.after]
    write_cells(connection, tables, with_keys(tables, updates))


def _remove_created(cache: LockedCache, undone: JournaledRun) -> None:
    """Remove the artifacts rows that the run created, and its sentinel, where nothing uses them."""
    # A row of `artifacts` that SkillMeat has begun to use since must stay.
    removed = remove_artifacts(cache.connection, cache.tables, undone.created)
    # An artifact that is still used needs the project that it refers to.
    if undone.made_sentinel and len(removed) == len(undone.created):
        remove_sentinel(cache.connection, cache.tables)


def _inverse(cache: LockedCache, entry: JournalEntry, *, keep_stamp: bool) -> JournalEntry:
    row = cache.rows.get(entry.key)
    if entry.op == "insert":
        return JournalEntry("delete", entry.key, row, None)
    if entry.op == "delete":
        return JournalEntry("insert", entry.key, None, entry.before)
    after = entry.before or {}
    if keep_stamp:
        after = {name: value for name, value in after.items() if name != STAMP}
    before = None if row is None else {name: row[name] for name in after}
    return JournalEntry("update", entry.key, before, after)


def _has_stamp(cache: LockedCache, entry: JournalEntry) -> bool:
    """Return whether the row still has the ``synced_at`` that the run wrote."""
    row, after = cache.rows.get(entry.key), entry.after or {}
    return row is None or STAMP not in after or is_same(row[STAMP], after[STAMP])


def _reinsert_obstacles(cache: LockedCache, undone: JournaledRun) -> dict[RowKey, str]:
    """Return why deleted rows cannot be inserted again: what they refer to no longer exists."""
    deleted = {entry.key: entry.before or {} for entry in undone.entries if entry.after is None}
    if not deleted:
        return {}
    collections = find_collections(cache.connection)
    obstacles = {key: NO_COLLECTION for key in deleted if key[0] not in collections}
    if cache.tables.keyed_by_uuid:
        artifact_ids = sorted({key[1] for key in deleted})
        uuids = set(find_uuids(cache.connection, cache.tables, artifact_ids).values())
        # A row refers to its artifact by uuid; SkillMeat gives another one when it creates it anew.
        for key, row in deleted.items():
            if row.get("artifact_uuid") not in uuids:
                obstacles.setdefault(key, "its artifact no longer exists")
    return obstacles
