"""Has the database itself prove that a run's transaction was committed.

Rows cannot: whoever writes after the run may delete them, edit them, or put them back. So the
transaction also writes, or is given, what no other program changes:

- **SQLite**: a number in ``user_version``, four bytes of the file's header that SQLite keeps for
  applications (sqlite.org/pragma.html#pragma_user_version) and that commit and roll back with the
  rows. SkillMeat (0.74.0) and alembic never look at it; VACUUM and the backup API keep it. It is
  put back as soon as the journal says "committed" (by the next command that lists the runs, where
  another program is quicker to take the lock). A number that is neither 0 nor
  one of ours is another program's and is left alone.
- **PostgreSQL**: nothing is written. The server tells what became of a transaction by its number
  (``txid_status``), for as long as it keeps its commit log.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from skillmeat_audit.base.urls import sqlite_uri
from skillmeat_audit.model.proofs import Proof, TransactionProof, VersionProof

Fate = Literal["committed", "failed", "running", "unknown"]

_OURS, _RANDOM = 0x5A000000, 0xFFFFFF  # a byte to know our numbers by, then the end of a run's id
_FATES: dict[object, Fate] = {
    "committed": "committed", "aborted": "failed", "in progress": "running",
}  # fmt: skip
# Not pg_control_system(): it fails while the server writes its control file.
_SERVER = (
    "SELECT oid || '/' || CAST('collection_artifacts' AS regclass)::oid"
    " FROM pg_database WHERE datname = current_database()"
)


def begin_proof(connection: sa.Connection, run: str) -> Proof | None:
    """Return what will prove that the transaction of *run* was committed, None where nothing can.

    *run* is the run's id, which ends in six hexadecimal digits.
    """
    if connection.dialect.name != "sqlite":
        server = _server(connection)
        number = connection.exec_driver_sql("SELECT txid_current()").scalar_one()
        return TransactionProof(server, number)
    before = _version(connection)
    if before and run_suffix(before) is None:
        return None
    during = _OURS | int(run[-6:], 16)
    connection.exec_driver_sql(f"PRAGMA user_version = {during}")
    return VersionProof(before, during)


def run_suffix(version: int) -> str | None:
    """Return how the id of the run ends that set *version*, None where no run of ours did."""
    return f"{version & _RANDOM:06x}" if version & ~_RANDOM == _OURS else None


def fate_of(connection: sa.Connection, proof: Proof) -> Fate:
    """Return what became of the transaction of *proof*.

    ``running``: the server has not ended it. ``unknown``: another program changed the number, or
    the server forgot the transaction or never had it.
    """
    match proof:
        case VersionProof(before, during):
            fates: dict[int, Fate] = {before: "failed", during: "committed"}
            return fates.get(_version(connection), "unknown")
        case TransactionProof(server, number):
            if _server(connection) != server:
                return "unknown"
            # txid_status refuses numbers of the future, which a restored copy has.
            query = f"SELECT CASE WHEN {number} < txid_current() THEN txid_status({number}) END"
            return _FATES.get(connection.exec_driver_sql(query).scalar_one(), "unknown")


def withdraw_proof(connection: sa.Connection, proof: Proof | None, version: int) -> None:
    """Set ``user_version`` to *version* if it still is the number of *proof*, and commit.

    *connection* may be in a transaction or behind one. Where it cannot be done the number stays,
    and does no harm.
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
    """Return the numbers of the database and the cache table: a restored copy has others."""
    return str(connection.exec_driver_sql(_SERVER).scalar_one())
