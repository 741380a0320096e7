"""Lets the database itself prove that a run's transaction was committed.

Rows are no proof: a later writer may delete, edit or restore them. So the transaction also writes,
or has, something that no other program changes:

- **SQLite**: a number in ``user_version``, four bytes of the file's header that SQLite keeps for
  applications (sqlite.org/pragma.html#pragma_user_version) and that commit and roll back with the
  rows. SkillMeat (0.74.0) and alembic do not use it; VACUUM and the backup API keep it. It is
  reset as soon as the journal says "committed", or by the next command that lists the runs where
  another program takes the lock first. Any other number is another program's and is not changed.
- **PostgreSQL**: nothing is written. The server knows the outcome of a transaction by its number
  (``txid_status``) as long as it keeps its commit log.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from skillmeat_audit.base.urls import sqlite_uri
from skillmeat_audit.model.proofs import Proof, TransactionProof, VersionProof

Fate = Literal["committed", "failed", "running", "unknown"]

_MARK, _SUFFIX = 0x5A000000, 0xFFFFFF  # the first byte marks our numbers, the rest ends a run's id
# txid_status's three answers; NULL (too old, or in the future) is none of them.
_FATES: dict[object, Fate] = {
    "committed": "committed",
    "aborted": "failed",
    "in progress": "running",
}
# Not pg_control_system(): it fails while the server writes its control file.
_SERVER = (
    "SELECT oid || '/' || CAST('collection_artifacts' AS regclass)::oid"
    " FROM pg_database WHERE datname = current_database()"
)


def begin_proof(connection: sa.Connection, run: str) -> Proof | None:
    """Return the proof that the transaction of *run* was committed, None if there can be none.

    *run* is the run's id, which ends in six hexadecimal digits.
    """
    if connection.dialect.name != "sqlite":
        server = _server(connection)
        number = connection.exec_driver_sql("SELECT txid_current()").scalar_one()
        return TransactionProof(server, number)
    before = _version(connection)
    if before and run_suffix(before) is None:
        return None
    during = _MARK | int(run[-6:], 16)
    connection.exec_driver_sql(f"PRAGMA user_version = {during}")
    return VersionProof(before, during)


def run_suffix(version: int) -> str | None:
    """Return the last six digits of the run that set *version*, None if no run did."""
    return f"{version & _SUFFIX:06x}" if version & ~_SUFFIX == _MARK else None


def fate_of(connection: sa.Connection, proof: Proof) -> Fate:
    """Return the outcome of the transaction of *proof*.

    ``running``: it has not ended on the server. ``unknown``: another program changed the number, or
    the server no longer or never knew the transaction.
    """
    match proof:
        case VersionProof(before, during):
            fates: dict[int, Fate] = {before: "failed", during: "committed"}
            return fates.get(_version(connection), "unknown")
        case TransactionProof(server, number):
            if _server(connection) != server:
                return "unknown"
            # txid_status refuses future numbers, which occur in a restored copy.
            query = f"SELECT CASE WHEN {number} < txid_current() THEN txid_status({number}) END"
            return _FATES.get(connection.exec_driver_sql(query).scalar_one(), "unknown")


def withdraw_proof(connection: sa.Connection, proof: Proof | None, version: int) -> None:
    """Set ``user_version`` to *version* if it still is the number of *proof*, and commit.

    *connection* may be in a transaction or after one. On an error the number stays; it is harmless.
    """
    if not isinstance(proof, VersionProof):
        return
    raw: Any = connection.connection.driver_connection
    with contextlib.suppress(sqlite3.Error):
        if not raw.in_transaction:
            raw.execute("BEGIN IMMEDIATE")
        try:
            if raw.execute("PRAGMA user_version").fetchone() == (proof.during,):
                raw.execute(f"PRAGMA user_version = {version}")
            raw.execute("COMMIT")
        finally:
            if raw.in_transaction:
                raw.execute("ROLLBACK")


def read_version(database: Path) -> int:
    """Return the ``user_version`` of the SQLite file *database*, 0 where it cannot be read now."""
    with contextlib.suppress(sqlite3.Error):
        raw = sqlite3.connect(sqlite_uri(database, "rw"), uri=True, timeout=0)
        try:
            return int(raw.execute("PRAGMA user_version").fetchone()[0])
        finally:
            raw.close()
    return 0


def _version(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _server(connection: sa.Connection) -> str:
    """Return the object ids of database and cache table: a restored copy has other ones."""
    return str(connection.exec_driver_sql(_SERVER).scalar_one())
