"""Carries a run out, whatever it writes: backup, journal, rows, commit, in that order."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import sqlalchemy as sa

from skillmeat_audit.base.errors import CancelledError, PlanError, StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.model.changes import Applied, Outcome, RawRow, RowKey, RunOutcome, Skipped
from skillmeat_audit.model.proofs import Proof
from skillmeat_audit.repair.backup import back_up_database
from skillmeat_audit.repair.journal import JournalEntry
from skillmeat_audit.repair.run_folders import (
    JournaledRun,
    append_state,
    create_run_folder,
    drop_backups,
    write_journal,
)
from skillmeat_audit.repair.settling import conclude_run
from skillmeat_audit.schema.tables import CacheTables, cache_identity
from skillmeat_audit.service.cache_service import (
    format_stored_time,
    upsert_collection_artifacts,
    utc_now,
)
from skillmeat_audit.service.connection import WAIT_SECONDS
from skillmeat_audit.service.proofs import begin_proof
from skillmeat_audit.service.rows import require_writable

KEEP_BACKUPS = 10
# So many rows are written between two chances to cancel: about a tenth of a second's work.
BATCH_ROWS = 2_500

Item = TypeVar("Item")


class CacheService(Protocol):
    """The port through which repairs write: ours, or an installed SkillMeat's."""

    def __call__(
        self, connection: sa.Connection, rows: Sequence[RawRow], at: datetime | None = None
    ) -> int:
        """Insert or update *rows* in the caller's transaction (`upsert_collection_artifacts`)."""


class ShouldContinue(Protocol):
    """Asked between batches of rows whether the run goes on."""

    def __call__(self, done: int, total: int) -> bool:
        """Return False to have the run rolled back: *done* of *total* rows are written so far."""


def always_continue(done: int, total: int) -> bool:
    """Let a run go on to its end."""
    return True


@dataclass(frozen=True)
class RunSettings:
    """How a run is carried out.

    ``folder`` is where the home's runs are kept; ``max_overwrites`` how many rows may be
    overwritten or deleted (None: a fifth of them, or five); ``wait_seconds`` how long a lock is
    waited for; ``keep_backups`` how many runs keep theirs (None: ten); ``proceed`` is asked between
    batches whether to go on.
    """

    folder: Path
    max_overwrites: int | None = None
    wait_seconds: float = WAIT_SECONDS
    service: CacheService = upsert_collection_artifacts
    keep_backups: int | None = None
    proceed: ShouldContinue = always_continue


@dataclass(frozen=True)
class Writes:
    """What a run will write: its journal entries, and the deed.

    ``created`` are artifacts rows made for it, ``refused`` why some rows cannot be written after
    all; ``write`` writes the rows and returns notes.
    """

    entries: tuple[JournalEntry, ...]
    write: Callable[[], tuple[str, ...]]
    created: tuple[str, ...] = ()
    made_sentinel: bool = False
    refused: Mapping[RowKey, str] = field(default_factory=dict)


def execute(
    connection: sa.Connection, run: RunOutcome, settings: RunSettings, prepare: Callable[[], Writes]
) -> RunOutcome:
    """Back up, journal, write and commit (or, rehearsed, roll back); return *run* with its traces.

    *connection* holds the write lock. Whatever fails before the commit leaves the cache as it was.
    """
    require_writable(connection)
    with _run_folder(settings.folder, rehearsed=run.rehearsed) as (name, folder):
        if (path := sqlite_path(run.database)) is not None:
            back_up_database(path, folder / "backup.db")
        work = prepare()
        journal = _journal(run, work, folder, begin_proof(connection, name))
        write_journal(journal)
        notes = _written(work, folder)
        if run.rehearsed:
            connection.rollback()
        else:
            connection.commit()
            conclude_run(connection, journal, "committed")
            notes = (*notes, *_dropped(settings))
        outcomes = tuple(_refused(outcome, work.refused) for outcome in run.outcomes)
        if run.rehearsed:
            return replace(run, outcomes=outcomes, notes=notes)
        return replace(run, outcomes=outcomes, notes=notes, run=name, backup=journal.backup)


def batches(work: Sequence[Item], settings: RunSettings) -> Iterator[Sequence[Item]]:
    """Yield *work* batch by batch, asking before each and at the end whether to go on.

    Raises `CancelledError` where the answer is no: whoever writes rolls everything back.
    """
    for start in range(0, len(work), BATCH_ROWS):
        _ask(settings, start, len(work))
        yield work[start : start + BATCH_ROWS]
    _ask(settings, len(work), len(work))


def _ask(settings: RunSettings, done: int, total: int) -> None:
    if not settings.proceed(done, total):
        raise CancelledError(
            f"cancelled after {done} of {total} rows and rolled back; nothing was changed"
        )


def require_identity(connection: sa.Connection, tables: CacheTables, expected: str) -> None:
    """Refuse a cache that is not the one planned for (or journaled); raise `PlanError`."""
    found = cache_identity(connection, tables.shape)
    if found != expected:
        raise PlanError(
            f"this is another database ({printable(found)}) than it was made for "
            f"({printable(expected)}); nothing was changed"
        )


def _written(work: Writes, folder: Path) -> tuple[str, ...]:
    try:
        return work.write()
    except BaseException:
        with contextlib.suppress(StateError):
            append_state(folder, "failed")
        raise


def _dropped(settings: RunSettings) -> Iterator[str]:
    """Delete the backups of runs long past; yield a note where there were any."""
    keep = KEEP_BACKUPS if settings.keep_backups is None else settings.keep_backups
    if dropped := drop_backups(settings.folder, keep):
        yield f"older backups deleted: {dropped}; the newest {keep} stay, undo needs none"


def _journal(run: RunOutcome, work: Writes, folder: Path, proof: Proof | None) -> JournaledRun:
    return JournaledRun(
        run=folder.name, kind=run.kind, home=run.home, database=run.database, identity=run.identity,
        started_at=format_stored_time(utc_now()), entries=work.entries, created=work.created,
        made_sentinel=work.made_sentinel, undoes=run.undoes, proof=proof, folder=folder,
    )  # fmt: skip


def _refused(outcome: Outcome, refused: Mapping[RowKey, str]) -> Outcome:
    reason = refused.get(outcome.change.key)
    return Skipped(outcome.change, reason) if reason and isinstance(outcome, Applied) else outcome


@contextlib.contextmanager
def _run_folder(folder: Path, *, rehearsed: bool) -> Iterator[tuple[str, Path]]:
    """Yield a run's name and folder; taken away again after a rehearsal, or without a journal."""
    name, place = create_run_folder(folder)
    try:
        append_state(place, "begun")
        yield name, place
    finally:
        if rehearsed or not (place / "journal.json").exists():
            with contextlib.suppress(OSError):  # whoever lists the runs sees all of it or nothing
                place = place.rename(place.with_suffix(".removed"))
            shutil.rmtree(place, ignore_errors=True)
