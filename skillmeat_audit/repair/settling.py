"""Finds out whether a run that was interrupted had been committed.

What is said here is what `runs` lists and `undo` relies on, so it must never be wrong: where it
cannot be known, the run stays ``interrupted``.

1. The database's own proof (`service.proofs`) decides. Rows cannot: another program may delete,
   edit or put back each of them after the run, and the one that deletes the row that was to be
   deleted does exactly what the run would have done.
2. One thing in the rows contradicts it: the run's ``synced_at``, to the microsecond, which nobody
   else writes. A database rebuilt from an SQL dump has lost its ``user_version`` and kept that.
   So without the run's number "failed" is only what the rows say as well (`_is_unwritten`).
3. A later run that found the number of this one when it began proves this one's commit.
4. Without a proof (another program uses ``user_version``, or the server forgot the transaction)
   such a time on a row, and no row as it was before, proves the commit; every row as it was before
   means that nothing of the run is there. A row's absence, or values that SkillMeat's refresh
   writes as well, prove nothing.

Each settled run is marked in its journal first, then its number is taken out of the database.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import sqlalchemy as sa

from skillmeat_audit.base.errors import DatabaseError, StateError
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.model.proofs import VersionProof
from skillmeat_audit.repair.journal import (
    Journal,
    State,
    append_state,
    find_run,
    read_journal,
    read_runs,
)
from skillmeat_audit.repair.record import JournalEntry
from skillmeat_audit.schema.tables import cache_identity, reflect_tables
from skillmeat_audit.service.connection import cache_transaction
from skillmeat_audit.service.proofs import Fate, fate_of, read_version, run_suffix, withdraw_proof
from skillmeat_audit.service.rows import is_same, read_rows

_STAMP = "synced_at"


def settle_run(interrupted: Journal, url: str, wait_seconds: float) -> Journal | None:
    """Return the run *interrupted* with its state as the cache at *url* proves it, and mark it so.

    None where the run was going on elsewhere and has ended, or still goes on. Where the cache
    cannot tell (it is locked, another one, or changed since) the state stays ``interrupted``. Call
    it for the latest run first: its number in the database hides that of the one before.
    """
    try:
        with cache_transaction(url, wait_seconds) as connection:
            fate = _fate(connection, interrupted)
            if fate == "running" or read_journal(interrupted.folder).state != "interrupted":
                return None
            if fate == "unknown":
                return interrupted
            conclude_run(connection, interrupted, fate)
            return msgspec.structs.replace(interrupted, state=fate)
    except DatabaseError:
        return interrupted


def conclude_run(connection: sa.Connection, journal: Journal, state: State) -> None:
    """Mark the run of *journal* as *state*, and take its number out of the database.

    In that order: a number without a mark proves the run, a mark without a number is enough. Where
    the mark cannot be written the number stays.
    """
    with contextlib.suppress(StateError):
        append_state(journal.folder, state)
        withdraw_proof(connection, journal.proof, _version_before(journal))


def withdraw_settled(folder: Path, url: str) -> None:
    """Take a number out of the cache at *url* that a settled run in *folder* left there.

    Another program may take the write lock right after a run's commit, or the run is killed between
    its mark and the withdrawal. Nothing waits for a lock here: the next call tries again.
    """
    path = sqlite_path(url)
    run = None if path is None else _settled_run(folder, read_version(path))
    if run is not None:
        with contextlib.suppress(DatabaseError), cache_transaction(url, 0) as connection:
            withdraw_proof(connection, run.proof, _version_before(run))


def _version_before(journal: Journal) -> int:
    """Return the number that the database had before *journal*'s run.

    One that another run left, and that is settled by now, is passed over.
    """
    proof, seen = journal.proof, set[int]()
    while isinstance(proof, VersionProof) and proof.before not in seen:
        seen.add(proof.before)
        earlier = _settled_run(journal.folder.parent, proof.before)
        if earlier is None:
            return proof.before
        proof = earlier.proof
    return 0


def _settled_run(folder: Path, version: int) -> Journal | None:
    suffix = run_suffix(version)
    found = None if suffix is None else find_run(folder, suffix)
    return found if found is not None and found.state in ("committed", "failed") else None


def _fate(connection: sa.Connection, journal: Journal) -> Fate:
    tables = reflect_tables(connection)
    if cache_identity(connection, tables.shape) != journal.identity:
        return "unknown"
    # A server makes this wait for a run that still holds its rows.
    rows = read_rows(connection, tables, [entry.key for entry in journal.entries])
    proven: Fate = "unknown" if journal.proof is None else fate_of(connection, journal.proof)
    stamped = any(_is_stamped(journal, entry, rows) for entry in journal.entries)
    if proven == "failed" and isinstance(journal.proof, VersionProof):
        return "failed" if not stamped and _is_unwritten(journal, rows) else "unknown"
    if proven == "unknown" and _is_witnessed(journal):
        return "committed"
    return _fate_by_rows(journal, rows, stamped=stamped) if proven == "unknown" else proven


def _is_unwritten(journal: Journal, rows: Mapping[RowKey, RawRow]) -> bool:
    """Tell whether a row is as it was before the run, and none as the run was to leave it."""
    untouched = False
    for entry in journal.entries:
        row, after = rows.get(entry.key), entry.after
        if _holds(row, entry.before):
            untouched = True
        elif _holds(row, after and {name: after[name] for name in after if name != _STAMP}):
            return False
    return untouched


def _is_witnessed(journal: Journal) -> bool:
    """Tell whether a later run that was committed found the number of this one when it began."""
    if not isinstance(journal.proof, VersionProof):
        return False
    number = journal.proof.during
    return any(
        each.state == "committed" and each.identity == journal.identity
        and isinstance(each.proof, VersionProof) and each.proof.before == number
        for each in read_runs(journal.folder.parent)
    )  # fmt: skip


def _fate_by_rows(journal: Journal, rows: Mapping[RowKey, RawRow], *, stamped: bool) -> Fate:
    untouched = [_holds(rows.get(entry.key), entry.before) for entry in journal.entries]
    if stamped:
        present = (each.before is not None for each in journal.entries)
        contradicted = any(same and there for same, there in zip(untouched, present, strict=True))
        return "unknown" if contradicted else "committed"
    return "failed" if all(untouched) and rows else "unknown"


def _is_stamped(journal: Journal, entry: JournalEntry, rows: Mapping[RowKey, RawRow]) -> bool:
    """Tell whether the row has the time of the run; an undo puts earlier times back."""
    row, after = rows.get(entry.key, {}), entry.after or {}
    written = journal.kind == "apply" and _STAMP in after and _STAMP in row
    return written and is_same(row[_STAMP], after[_STAMP])


def _holds(row: RawRow | None, cells: RawRow | None) -> bool:
    """Tell whether *row* has exactly *cells*; both None: there was no row, and there is none."""
    if cells is None or row is None:
        return cells is row
    return all(name in row and is_same(row[name], cell) for name, cell in cells.items())
