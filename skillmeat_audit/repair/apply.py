"""Applies a plan: every change has a precondition, and rows that changed since are skipped."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TypeAlias

from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.base.text import as_text
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.model.changes import (
    NO_COLLECTION,
    Applied,
    CellChange,
    CellTexts,
    Change,
    Outcome,
    PlanDocument,
    RawRow,
    RunOutcome,
    Skipped,
)
from skillmeat_audit.model.fields import STAMP
from skillmeat_audit.model.manifest_edits import ALREADY_SO
from skillmeat_audit.repair.journal import JournalEntry, can_journal
from skillmeat_audit.repair.manifests import confirm_written, prepare_manifest
from skillmeat_audit.repair.overwrites import count_losses, overwrite_limit
from skillmeat_audit.repair.plan import plan_digest
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
from skillmeat_audit.service.artifacts import Artifacts, ensure_artifacts, has_sentinel
from skillmeat_audit.service.cache_service import format_stored_time, utc_now
from skillmeat_audit.service.connection import cache_transaction
from skillmeat_audit.service.rows import (
    count_rows,
    delete_rows,
    find_collections,
    lock_inserts,
    read_rows,
)

# What the service writes of one row (None: it is deleted), and its entry in the journal.
RowWrite: TypeAlias = tuple[CellTexts | None, JournalEntry]


def apply_plan(plan: PlanDocument, url: str, settings: RunSettings) -> RunOutcome:
    """Write *plan* to the home's manifests and the cache at *url*; return the outcome of all.

    Rows and keys that changed since the plan was made are skipped and listed; the rest is written,
    the rows in one transaction. A second later the manifests are read again: an edit that somebody
    saved over is listed as skipped. A backup (SQLite) and a journal are on disk before the first
    write. Raises `PlanError`, `DatabaseError`, `StateError` or `CancelledError`; then nothing was
    written.
    """
    run = _execute_plan(plan, url, settings, rehearsed=False)
    return replace(run, manifests=confirm_written(run.manifests)) if run.run else run


def rehearse_plan(plan: PlanDocument, url: str, settings: RunSettings) -> RunOutcome:
    """Do what `apply_plan` does, backup and journal included, then roll it back.

    The manifests are edited in memory and proved, and not written.
    """
    return _execute_plan(plan, url, settings, rehearsed=True)


@without_gc()
def _execute_plan(
    plan: PlanDocument, url: str, settings: RunSettings, *, rehearsed: bool
) -> RunOutcome:
    with cache_transaction(url, settings.wait_seconds) as connection:
        tables = reflect_tables(connection)
        require_identity(connection, tables, plan.identity)
        columns = _columns(plan, tables)
        if any(change.op == "insert" for change in plan.changes):
            lock_inserts(connection)
        rows = read_rows(connection, tables, [change.key for change in plan.changes], columns)
        cache, at = LockedCache(connection, tables, rows), utc_now()
        outcomes, writes = _judge_all(plan.changes, cache, at)
        accepted = [outcome.change for outcome in outcomes if isinstance(outcome, Applied)]
        _check_cap(accepted, count_rows(connection, tables), settings.max_overwrites)
        address = without_password(url)
        manifests = tuple(
            prepare_manifest(collections_folder(plan.home), changes, settings.link_roots)
            for changes in plan.manifests
        )
        run = RunOutcome(
            "apply",
            plan.home,
            address,
            plan.identity,
            tuple(outcomes),
            manifests,
            rehearsed,
            plan_sha256=plan_digest(plan),
        )
        if not writes and not any(manifest.is_changed for manifest in manifests):
            return run
        return execute(connection, run, settings, lambda: _prepare(cache, writes, at, settings))


def _judge_all(
    changes: Sequence[Change], cache: LockedCache, at: datetime
) -> tuple[list[Outcome], list[RowWrite]]:
    """Return what becomes of *changes*, and the writes of those that can be applied.

    In one pass: most of its time goes to fetching the plan's many cells from memory.
    """
    collections = find_collections(cache.connection)
    stamps = {STAMP: format_stored_time(at)} if STAMP in cache.tables.cache.c else {}
    blank: RawRow = dict.fromkeys(sorted(cache.tables.blank))
    outcomes: list[Outcome] = []
    writes: list[RowWrite] = []
    for change in changes:
        row = cache.rows.get(change.key)
        outcome = _judge(change, row, collections)
        outcomes.append(outcome)
        if isinstance(outcome, Applied):
            writes.append(_row_write(change, row, blank if row is None else {}, stamps))
    return outcomes, writes


def _row_write(change: Change, row: RawRow | None, blank: RawRow, stamps: RawRow) -> RowWrite:
    """Return what the service writes for *change* of *row*, and its journal entry."""
    if change.op == "delete":
        return None, JournalEntry("delete", change.key, row, None)
    cells = change.after
    after = {**blank, **cells, **stamps}
    before = None if row is None else {name: row[name] for name in after}
    entry = JournalEntry(change.op, change.key, before, after)
    cells.pop(STAMP, None)  # the service writes the time
    cells["collection_id"], cells["artifact_id"] = entry.key
    return cells, entry


def _prepare(
    cache: LockedCache, writes: Sequence[RowWrite], at: datetime, settings: RunSettings
) -> Writes:
    """Insert the artifacts rows that inserts refer to; return what remains to be written."""
    inserted = sorted({entry.key[1] for _, entry in writes if entry.op == "insert"})
    artifacts, made_sentinel = Artifacts({}, (), {}), False
    if cache.tables.keyed_by_uuid and inserted:
        made_sentinel = not has_sentinel(cache.connection, cache.tables)
        artifacts = ensure_artifacts(cache.connection, cache.tables, inserted)
    refused = artifacts.refused
    keys = [entry.key for _, entry in writes if entry.key[1] in refused]
    if refused:
        writes = [(row, entry) for row, entry in writes if entry.key[1] not in refused]
    return Writes(
        entries=tuple(entry for _, entry in writes),
        write_rows=partial(_write, cache, writes, at, settings),
        created=artifacts.created,
        made_sentinel=made_sentinel and bool(artifacts.created),
        refused={key: refused[key[1]] for key in keys},
    )


def _write(
    cache: LockedCache, writes: Sequence[RowWrite], at: datetime, settings: RunSettings
) -> tuple[str, ...]:
    """Write in batches; return no notes."""
    for batch in batches(writes, settings):
        rows = [row for row, _ in batch if row is not None]
        if rows:
            settings.service(cache.connection, rows, at, cache.rows)
        deleted = [cache.rows[entry.key] for row, entry in batch if row is None]
        delete_rows(cache.connection, cache.tables, deleted)
    return ()


def _columns(plan: PlanDocument, tables: CacheTables) -> set[str] | None:
    """Return the columns that *plan* judges or writes, None for all: a deleted row is journaled.

    Raises `PlanError` for a column that the cache lacks.
    """
    if plan.era != tables.shape.era:
        raise PlanError(f"the plan is for a cache keyed by {plan.era}; make a new plan")
    columns = set(chain.from_iterable({tuple(change.cells) for change in plan.changes}))
    for column in sorted(columns - set(tables.cache.c.keys())):
        raise PlanError(f"this cache has no column {column}; make a new plan")
    return None if any(change.op == "delete" for change in plan.changes) else columns | {STAMP}


def _judge(change: Change, row: RawRow | None, collections: Set[str]) -> Outcome:
    """Return whether *change* can be applied to *row* as it is now; None: no row has this key."""
    if row is None and change.op == "insert":
        has_collection = change.collection_id in collections
        return Applied(change) if has_collection else Skipped(change, NO_COLLECTION)
    if row is None:
        return Skipped(change, ALREADY_SO if change.op == "delete" else NO_ROW)
    if change.op != "delete" and _has_values(row, change.cells):
        return Skipped(change, ALREADY_SO)
    if change.op == "insert":
        return Skipped(change, ROW_EXISTS)
    # The service writes the time with every row.
    overwritten = row if change.op == "delete" else (*change.cells, STAMP)
    odd = [n for n in overwritten if (cell := row.get(n)) is not None and not can_journal(cell)]
    if odd:
        return Skipped(change, f"not UTF-8, repair it by hand: {', '.join(odd)}")
    moved = [
        name
        for name, cell in change.cells.items()
        if (actual := row[name]) != cell.before and as_text(actual) != cell.before
    ]
    return Skipped(change, changed_since(moved)) if moved else Applied(change)


def _has_values(row: RawRow, cells: Mapping[str, CellChange]) -> bool:
    """Return whether *row* has what *cells* write; any time of synchronisation is as good."""
    return all(
        row[name] is not None if name == STAMP else as_text(row[name]) == cell.after
        for name, cell in cells.items()
    )


def _check_cap(accepted: Sequence[Change], total: int, allowed: int | None) -> None:
    limit = overwrite_limit(total) if allowed is None else allowed
    overwritten = count_losses(accepted)
    if overwritten > limit:
        raise PlanError(
            f"this would overwrite or delete {overwritten} of {total} rows, more than {limit}; "
            f"if that is meant, allow it with --max-overwrites {overwritten}"
        )
