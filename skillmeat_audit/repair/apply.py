"""Carries a plan out: every row has a precondition, and what moved since is left alone."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import sqlalchemy as sa

from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.text import as_text
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.model.changes import (
    ALREADY_SO,
    NO_COLLECTION,
    Applied,
    CellTexts,
    Change,
    Outcome,
    PlanDocument,
    RawRow,
    RowKey,
    RunOutcome,
    Skipped,
)
from skillmeat_audit.repair.journal import JournalEntry, can_journal
from skillmeat_audit.repair.transaction import (
    RunSettings,
    Writes,
    batches,
    execute,
    require_identity,
)
from skillmeat_audit.schema.tables import CacheTables, reflect_tables
from skillmeat_audit.service.artifacts import Artifacts, ensure_artifacts, has_sentinel
from skillmeat_audit.service.cache_service import format_stored_time, utc_now
from skillmeat_audit.service.connection import cache_transaction
from skillmeat_audit.service.rows import count_rows, delete_rows, find_collections, read_rows

# A plan may overwrite or delete this share of the rows, or this many; more must be asked for.
OVERWRITE_SHARE, OVERWRITE_FLOOR = 0.2, 5
_ABSENT = (None, "", "[]")
_STAMPS = {"synced_at"}  # written with every row that a plan changes


def apply_plan(plan: PlanDocument, url: str, settings: RunSettings) -> RunOutcome:
    """Write *plan* into the cache at *url* and return what became of each change.

    Rows that are no longer as the plan found them are skipped and listed; the rest is written in
    one transaction. Before the first write a backup (SQLite) and a journal are on disk. Raises
    `PlanError`, `DatabaseError` or `StateError`, and then nothing was written.
    """
    return _carry_out(plan, url, settings, rehearsed=False)


def rehearse_plan(plan: PlanDocument, url: str, settings: RunSettings) -> RunOutcome:
    """Do all that `apply_plan` does, backup and journal included, and roll it back."""
    return _carry_out(plan, url, settings, rehearsed=True)


def _carry_out(
    plan: PlanDocument, url: str, settings: RunSettings, *, rehearsed: bool
) -> RunOutcome:
    with cache_transaction(url, settings.wait_seconds) as connection:
        tables = reflect_tables(connection)
        require_identity(connection, tables, plan.identity)
        _check_columns(plan, tables)
        rows = read_rows(connection, tables, [change.key for change in plan.changes])
        known = find_collections(connection)
        outcomes = tuple(_judge(change, rows.get(change.key), known) for change in plan.changes)
        accepted = [each.change for each in outcomes if isinstance(each, Applied)]
        _check_cap(accepted, count_rows(connection, tables), settings.max_overwrites)
        shown = without_password(url)
        run = RunOutcome("apply", plan.home, shown, plan.identity, outcomes, rehearsed)
        if not accepted:
            return run
        cache = _Cache(connection, tables, rows)
        return execute(connection, run, settings, lambda: _prepare(cache, accepted, settings))


@dataclass(frozen=True)
class _Cache:
    """The cache inside the run's transaction, and the rows the plan speaks of as they are now."""

    connection: sa.Connection
    tables: CacheTables
    rows: dict[RowKey, RawRow]


def _prepare(cache: _Cache, accepted: list[Change], settings: RunSettings) -> Writes:
    """Make the artifacts that inserts refer to, and return the work that is left."""
    inserted = sorted({change.artifact_id for change in accepted if change.op == "insert"})
    made, made_sentinel = Artifacts({}, (), {}), False
    if cache.tables.keyed_by_uuid and inserted:
        made_sentinel = not has_sentinel(cache.connection, cache.tables)
        made = ensure_artifacts(cache.connection, cache.tables, inserted)
    changes = [change for change in accepted if change.artifact_id not in made.refused]
    at = utc_now()

    def write() -> tuple[str, ...]:
        for batch in batches(changes, settings):
            rows = [_row(change) for change in batch if change.op != "delete"]
            if rows:
                settings.service(cache.connection, rows, at)
            gone = [change.key for change in batch if change.op == "delete"]
            delete_rows(cache.connection, cache.tables, gone)
        return ()

    return Writes(
        entries=tuple(_entries(cache, changes, format_stored_time(at))),
        write=write,
        created=made.created,
        made_sentinel=made_sentinel and bool(made.created),
        refused={
            c.key: made.refused[c.artifact_id] for c in accepted if c.artifact_id in made.refused
        },
    )


def _row(change: Change) -> CellTexts:
    """Return what *change* writes, with its key."""
    key = {"collection_id": change.collection_id, "artifact_id": change.artifact_id}
    return key | change.after


def _entries(cache: _Cache, changes: Sequence[Change], stamp: str) -> Iterator[JournalEntry]:
    """Yield what each of *changes* finds and leaves, for the journal."""
    stamps = {"synced_at": stamp} if "synced_at" in cache.tables.cache.c else {}
    blank: RawRow = dict.fromkeys(sorted(cache.tables.blank))
    for change in changes:
        row = cache.rows.get(change.key)
        if change.op == "delete":
            yield JournalEntry("delete", change.key, row, None)
            continue
        after: RawRow = (blank if change.op == "insert" else {}) | change.after | stamps
        before = None if row is None else {name: row[name] for name in after}
        yield JournalEntry(change.op, change.key, before, after)


def _check_columns(plan: PlanDocument, tables: CacheTables) -> None:
    if plan.era != tables.shape.era:
        raise PlanError(f"the plan is for a cache keyed by {plan.era}; make a new plan")
    named = {name for change in plan.changes for name in change.before | change.after}
    for column in sorted(named - set(tables.cache.c.keys())):
        raise PlanError(f"this cache has no column {column}; make a new plan")


def _judge(change: Change, row: RawRow | None, collections: Set[str]) -> Outcome:
    """Return whether *change* can be made to *row* as it is now, in one of *collections*."""
    if row is None and change.op == "insert":
        there = change.collection_id in collections
        return Applied(change) if there else Skipped(change, NO_COLLECTION)
    if row is None:
        return Skipped(change, ALREADY_SO if change.op == "delete" else "the row is gone")
    if change.op != "delete" and _held(row, change.after) == change.after:
        return Skipped(change, ALREADY_SO)
    if change.op == "insert":
        return Skipped(change, "there is such a row now")
    written = (*change.after, *_STAMPS & row.keys()) if change.after else row
    odd = [name for name in written if not can_journal(row[name])]
    if odd:
        return Skipped(change, f"not UTF-8, mend it by hand: {', '.join(odd)}")
    held = _held(row, change.before)
    moved = [name for name, value in change.before.items() if held[name] != value]
    return Skipped(change, f"changed since: {', '.join(moved)}") if moved else Applied(change)


def _held(row: RawRow, columns: CellTexts) -> CellTexts:
    return {name: as_text(row[name]) for name in columns}


def _check_cap(accepted: Sequence[Change], total: int, allowed: int | None) -> None:
    limit = overwrite_limit(total) if allowed is None else allowed
    losing = sum(loses_value(change) for change in accepted)
    if losing > limit:
        raise PlanError(
            f"this would overwrite or delete {losing} of {total} rows, more than {limit}; "
            f"if that is meant, allow it with --max-overwrites {losing}"
        )


def overwrite_limit(total: int) -> int:
    """Return how many of *total* rows may be overwritten or deleted without being asked for."""
    return max(int(total * OVERWRITE_SHARE), OVERWRITE_FLOOR)


def loses_value(change: Change) -> bool:
    """Tell whether *change* takes a value away; filling empty cells does not."""
    if change.op == "delete":
        return True
    return any(value not in _ABSENT for value in change.before.values())
