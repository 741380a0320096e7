"""Finds out whether an interrupted run was committed.

`runs` shows the answer and `undo` relies on it, so it must never be wrong: where it cannot be
proved, the run stays ``interrupted``.

1. The database's own proof (`service.proofs`) decides. Rows cannot: another program may delete,
   edit or restore any of them after the run, and deleting the row that the run was to delete looks
   exactly like the run.
2. One fact in the rows contradicts the proof: the run's ``synced_at``, to the microsecond, which
   no other program writes. A database rebuilt from an SQL dump loses its ``user_version`` and
   keeps that time. So a run whose number is missing is "failed" only where the rows show it as
   well (`_is_unwritten`).
3. A later run that found the number of this one when it began proves this one's commit.
4. A run without rows is proved by the manifests as well.
5. Without a proof (another program uses ``user_version``, or the server forgot the transaction)
   that time on a row, and no row as it was before, prove the commit; every row as it was before
   proves that the run was not committed. A missing row, or values that SkillMeat's refresh writes
   as well, prove nothing.

A settled run is marked in its folder first; then its number is removed from the database. Rows that
were not committed leave manifests that may have been written: such a run is ``manifests-only``.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from skillmeat_audit.base.errors import DatabaseError, StateError
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.model.proofs import VersionProof
from skillmeat_audit.repair.journal import JournalEntry
from skillmeat_audit.repair.manifests import is_written
from skillmeat_audit.repair.run_folders import (
    JournaledRun,
    State,
    append_state,
    find_run,
    read_run,
    read_runs,
)
from skillmeat_audit.repair.run_settings import RunSettings, collections_folder
from skillmeat_audit.schema.tables import cache_identity, reflect_tables
from skillmeat_audit.service.connection import cache_transaction
from skillmeat_audit.service.proofs import Fate, fate_of, read_version, run_suffix, withdraw_proof
from skillmeat_audit.service.rows import is_same, read_rows

_STAMP = "synced_at"
_SETTLED = ("committed", "failed", "manifests-only")


def settle_run(interrupted: JournaledRun, url: str, settings: RunSettings) -> JournaledRun | None:
    """Return the run *interrupted* with the state that the cache at *url* proves, and mark it.

    Returns None where the run is still running in another process, or ended there meanwhile. Where
    the cache proves nothing (it is locked, another database, or changed since), the state stays
    ``interrupted``. Call it for the latest run first: its number in the database hides the earlier
    one's.
    """
    try:
        with cache_transaction(url, settings.wait_seconds) as connection:
            edited = _edited_manifests(interrupted, settings.link_roots)
            # Under the write lock: a run that still works holds it, so all of this is at rest.
            fate = _fate(connection, interrupted, all_edited=bool(edited) and all(edited))
            if fate == "running" or read_run(interrupted.folder).state != "interrupted":
                # Another process may have ended the run while this one waited for the lock.
                return None
            if fate == "unknown":
                return interrupted
            # Rows are committed after the manifests: edits can be left without rows.
            state: State = "manifests-only" if any(edited) and fate == "failed" else fate
            conclude_run(connection, interrupted, state)
            return msgspec.structs.replace(interrupted, state=state)
    except DatabaseError:
        return interrupted


def _edited_manifests(run: JournaledRun, link_roots: Sequence[Path]) -> list[bool]:
    """Return of each manifest that *run* was to change whether it holds an edit of the run."""
    folder = collections_folder(run.home)
    changed = (each for each in run.manifests if each.before_sha256 != each.after_sha256)
    return [is_written(folder, manifest, link_roots) for manifest in changed]


def conclude_run(connection: sa.Connection, run: JournaledRun, state: State) -> None:
    """Mark *run* as *state*, then remove its number from the database.

    In that order: a number without a mark still proves the run, and a mark needs no number. Where
    the mark cannot be written, the number stays.
    """
    with contextlib.suppress(StateError):
        append_state(run.folder, state)
        withdraw_proof(connection, run.proof, _version_before(run))


def withdraw_settled(folder: Path, url: str) -> None:
    """Remove a number that a settled run in *folder* left in the cache at *url*.

    Another program may take the write lock right after a run's commit, or the run is killed between
    its mark and the removal. This does not wait for a lock: the next call tries again.
    """
    # Read without the lock first: nearly always there is no number to remove.
    path = sqlite_path(url)
    run = None if path is None else _settled_run(folder, read_version(path))
    if run is not None:
        with contextlib.suppress(DatabaseError), cache_transaction(url, 0) as connection:
            withdraw_proof(connection, run.proof, _version_before(run))


def _version_before(run: JournaledRun) -> int:
    """Return the number (``user_version``) that the database had before *run*.

    Numbers left by runs that are settled by now are skipped.
    """
    proof, seen = run.proof, set[int]()
    # A chain: each run found the number of the one before; damage could make it a ring.
    while isinstance(proof, VersionProof) and proof.before not in seen:
        seen.add(proof.before)
        earlier = _settled_run(run.folder.parent, proof.before)
        if earlier is None:
            return proof.before
        proof = earlier.proof
    return 0


def _settled_run(folder: Path, version: int) -> JournaledRun | None:
    suffix = run_suffix(version)
    run = None if suffix is None else find_run(folder, suffix)
    return run if run is not None and run.state in _SETTLED else None


def _fate(connection: sa.Connection, run: JournaledRun, *, all_edited: bool) -> Fate:
    tables = reflect_tables(connection)
    if cache_identity(connection, tables.shape) != run.identity:
        return "unknown"
    # On a server this waits for a run that still holds its rows.
    rows = read_rows(connection, tables, [entry.key for entry in run.entries])
    proven: Fate = "unknown" if run.proof is None else fate_of(connection, run.proof)
    # Without rows there is nothing that others could have changed: manifests decide.
    if not run.entries and proven != "running":
        return "committed" if all_edited or proven == "committed" else "failed"
    stamped = any(_is_stamped(run, entry, rows) for entry in run.entries)
    # The number is missing, and a restored dump loses it as well: only rows can confirm it.
    if proven == "failed" and isinstance(run.proof, VersionProof):
        return "failed" if not stamped and _is_unwritten(run, rows) else "unknown"
    if proven == "unknown" and _is_witnessed(run):
        return "committed"
    return _fate_by_rows(run, rows, stamped=stamped) if proven == "unknown" else proven


def _is_unwritten(run: JournaledRun, rows: Mapping[RowKey, RawRow]) -> bool:
    """Return whether a row is as it was before the run, and none as the run was to leave it."""
    untouched = False
    for entry in run.entries:
        row, after = rows.get(entry.key), entry.after
        if _has_cells(row, entry.before):
            untouched = True
        # Without the time: another run may have written the same values at its own.
        elif _has_cells(row, after and {name: after[name] for name in after if name != _STAMP}):
            return False
    return untouched


def _is_witnessed(run: JournaledRun) -> bool:
    """Return whether a later committed run found the number of *run* when it began."""
    if not isinstance(run.proof, VersionProof):
        return False
    number = run.proof.during
    return any(
        later.state == "committed"
        and later.identity == run.identity
        and isinstance(later.proof, VersionProof)
        and later.proof.before == number
        for later in read_runs(run.folder.parent)
    )


def _fate_by_rows(run: JournaledRun, rows: Mapping[RowKey, RawRow], *, stamped: bool) -> Fate:
    untouched = [_has_cells(rows.get(entry.key), entry.before) for entry in run.entries]
    if stamped:
        # An insert leaves no earlier row that could contradict the time.
        present = (entry.before is not None for entry in run.entries)
        contradicted = any(same and was for same, was in zip(untouched, present, strict=True))
        return "unknown" if contradicted else "committed"
    # No row at all would be "untouched" too, in a database that was emptied.
    return "failed" if all(untouched) and rows else "unknown"


def _is_stamped(run: JournaledRun, entry: JournalEntry, rows: Mapping[RowKey, RawRow]) -> bool:
    """Return whether the row has the time of the run; an undo writes earlier times."""
    row, after = rows.get(entry.key, {}), entry.after or {}
    written = run.kind == "apply" and _STAMP in after and _STAMP in row
    return written and is_same(row[_STAMP], after[_STAMP])


def _has_cells(row: RawRow | None, cells: RawRow | None) -> bool:
    """Return whether *row* has exactly *cells*; both None: no row existed, and none exists."""
    if cells is None or row is None:
        return cells is row
    return all(name in row and is_same(row[name], cell) for name, cell in cells.items())
