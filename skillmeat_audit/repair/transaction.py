"""Executes a run: backup, journal, rows, manifests, commit, in that order."""

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from skillmeat_audit.base.errors import CancelledError, DatabaseError, PlanError, StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.model.changes import Applied, Outcome, RawRow, RowKey, RunOutcome, Skipped
from skillmeat_audit.model.manifest_edits import PreparedManifest
from skillmeat_audit.model.proofs import Proof
from skillmeat_audit.repair.backup import back_up_database
from skillmeat_audit.repair.journal import JournalEntry
from skillmeat_audit.repair.manifest_copies import journaled, keep_copies
from skillmeat_audit.repair.manifests import put_back, write_or_skip
from skillmeat_audit.repair.run_folders import (
    JournaledRun,
    append_state,
    create_run_folder,
    drop_backups,
    write_journal,
)
from skillmeat_audit.repair.run_settings import RunSettings, collections_folder
from skillmeat_audit.repair.settling import conclude_run
from skillmeat_audit.schema.tables import CacheTables, cache_identity
from skillmeat_audit.service.cache_service import (
    format_stored_time,
    utc_now,
)
from skillmeat_audit.service.proofs import begin_proof
from skillmeat_audit.service.rows import require_writable

KEEP_BACKUPS = 10
# Rows written between two chances to cancel: about a tenth of a second.
BATCH_ROWS = 2_500

# Why a change is skipped, in a plan or in an undo.
NO_ROW = "the row no longer exists"
ROW_EXISTS = "a row with this key exists now"

Item = TypeVar("Item")


@dataclass(frozen=True)
class LockedCache:
    """The cache inside the run's transaction, and the rows that the run names, as they are now."""

    connection: sa.Connection
    tables: CacheTables
    rows: dict[RowKey, RawRow]


@dataclass(frozen=True)
class Writes:
    """What a run will write.

    ``entries`` go to the journal. ``write_rows`` then writes the rows and returns notes for
    people. ``created`` are ids of artifacts rows inserted for the run; ``refused`` says why some
    rows cannot be written.
    """

    entries: tuple[JournalEntry, ...]
    write_rows: Callable[[], tuple[str, ...]]
    created: tuple[str, ...] = ()
    made_sentinel: bool = False
    refused: Mapping[RowKey, str] = field(default_factory=dict)


def execute(
    connection: sa.Connection, run: RunOutcome, settings: RunSettings, prepare: Callable[[], Writes]
) -> RunOutcome:
    """Back up, journal, write and commit (a rehearsal: roll back); return the completed *run*.

    *connection* holds the write lock. The rows are written first, as most of what can fail does so
    there; then the prepared manifests of *run*; then the rows are committed. After a failure before
    that, rows and manifests are as they were. Killed in between, the manifests may be new and the
    rows old: `settling` finds that out, and an undo puts the manifests back.
    """
    if run.applied:
        # Before a run folder exists: a read-only database leaves no trace of the attempt.
        require_writable(connection)
    with _run_folder(settings.folder, rehearsed=run.rehearsed) as folder:
        if run.applied and (path := sqlite_path(run.database)) is not None:
            # Under the write lock: it is the cache exactly as this run changes it.
            back_up_database(path, folder / "backup.db")
        # An undo puts a manifest back whole from its copy, also after a kill.
        keep_copies(folder, run.manifests)
        writes = prepare()
        journal = _journaled_run(run, writes, folder, begin_proof(connection, folder.name))
        # Synced to disk before the first write: a run that is killed from here on can be settled.
        write_journal(journal)
        try:
            notes = writes.write_rows()
            written = run.manifests if run.rehearsed else _write_manifests(run, settings)
        except BaseException as exc:
            _fail(folder, () if run.rehearsed else run.manifests, exc)
            raise
        if run.rehearsed:
            connection.rollback()
        else:
            _commit(connection, folder, written)
            conclude_run(connection, journal, "committed")
            # Only after the commit: a run that fails must not cost an older run its backup.
            notes = (*notes, *_drop_old_backups(settings))
        run = replace(run, manifests=written)
        outcomes = run.outcomes
        if writes.refused:
            outcomes = tuple(_final_outcome(outcome, writes.refused) for outcome in outcomes)
        run = replace(run, outcomes=outcomes, notes=notes)
        return run if run.rehearsed else replace(run, run=folder.name, backup=journal.backup)


def _write_manifests(run: RunOutcome, settings: RunSettings) -> tuple[PreparedManifest, ...]:
    collections = collections_folder(run.home)
    return tuple(
        write_or_skip(manifest, collections, settings.link_roots) for manifest in run.manifests
    )


def _commit(connection: sa.Connection, folder: Path, written: Sequence[PreparedManifest]) -> None:
    """Commit; where the database refuses, put the manifests back and raise.

    An interruption may come after the commit, and so may the loss of a connection: then nothing is
    put back, and `settling` finds out.
    """
    try:
        connection.commit()
    except Exception as exc:
        if getattr(exc, "connection_invalidated", False):
            raise DatabaseError(
                f"the connection was lost while run {folder.name} was committed; "
                "'skillmeat-audit runs' finds out whether it was written"
            ) from exc
        _fail(folder, written, exc)
        raise


def _fail(folder: Path, manifests: Sequence[PreparedManifest], cause: BaseException) -> None:
    """Put back what a run that fails for *cause* has written of *manifests*, and mark the run.

    Raises `StateError` where that fails, too: a failure otherwise means that nothing was changed.
    """
    restored = put_back(manifests)
    with contextlib.suppress(StateError):
        append_state(folder, "failed" if restored else "manifests-only")
    if not restored and isinstance(cause, Exception):
        raise StateError(
            f"{printable(getattr(cause, 'orig', cause))}; manifests that run {folder.name} had "
            "written could not be put back: undo it"
        ) from cause


def batches(items: Sequence[Item], settings: RunSettings) -> Iterator[Sequence[Item]]:
    """Yield *items* in batches; call ``settings.proceed`` before every batch and at the end.

    Raises `CancelledError` where it returns False; the transaction is then rolled back.
    """
    total = len(items)
    for start in (*range(0, total, BATCH_ROWS), total):
        if not settings.proceed(start, total):
            raise CancelledError(
                f"cancelled after {start} of {total} rows and rolled back; nothing was changed"
            )
        if start < total:
            yield items[start : start + BATCH_ROWS]


def changed_since(columns: Iterable[str]) -> str:
    """Return the reason for skipping a row of which *columns* changed."""
    return f"changed since: {', '.join(columns)}"


def require_identity(connection: sa.Connection, tables: CacheTables, expected: str) -> None:
    """Raise `PlanError` unless the cache is the one that was planned for (or journaled)."""
    actual = cache_identity(connection, tables.shape)
    if actual != expected:
        raise PlanError(
            f"this database ({printable(actual)}) is not the one it was made for "
            f"({printable(expected)}); nothing was changed"
        )


def _drop_old_backups(settings: RunSettings) -> Iterator[str]:
    """Delete the backups of old runs; yield a note where any were deleted."""
    keep = KEEP_BACKUPS if settings.keep_backups is None else settings.keep_backups
    if dropped := drop_backups(settings.folder, keep):
        yield f"older backups deleted: {dropped}; the newest {keep} stay; undo needs no backup"


def _journaled_run(
    run: RunOutcome, writes: Writes, folder: Path, proof: Proof | None
) -> JournaledRun:
    return JournaledRun(
        run=folder.name,
        kind=run.kind,
        home=run.home,
        database=run.database,
        identity=run.identity,
        started_at=format_stored_time(utc_now()),
        entries=writes.entries,
        created=writes.created,
        made_sentinel=writes.made_sentinel,
        undoes=run.undoes,
        proof=proof,
        manifests=journaled(run.manifests),
        plan_sha256=run.plan_sha256,
        folder=folder,
    )


def _final_outcome(outcome: Outcome, refused: Mapping[RowKey, str]) -> Outcome:
    reason = refused.get(outcome.change.key)
    return Skipped(outcome.change, reason) if reason and isinstance(outcome, Applied) else outcome


@contextlib.contextmanager
def _run_folder(folder: Path, *, rehearsed: bool) -> Iterator[Path]:
    """Yield a new run folder; remove it after a rehearsal, or where no journal was written."""
    run_folder = create_run_folder(folder)
    try:
        append_state(run_folder, "begun")
        yield run_folder
    finally:
        if rehearsed or not (run_folder / "journal.json").exists():
            # Renamed first: a list of the runs shows the whole folder or nothing of it.
            with contextlib.suppress(OSError):
                run_folder = run_folder.rename(run_folder.with_suffix(".removed"))
            shutil.rmtree(run_folder, ignore_errors=True)
