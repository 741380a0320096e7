"""Opens the cache for writing: one transaction that holds the write lock from start to end."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from skillmeat_audit.base.database_lock import database_lock
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.extras import install_command
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_path, sqlite_uri, without_password
from skillmeat_audit.service.server import is_lock_timeout, server_engine, server_reason

WAIT_SECONDS = 10.0


@contextmanager
def cache_transaction(url: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[sa.Connection]:
    """Yield a connection inside a write transaction; roll it back unless it was committed.

    SQLite takes the write lock at once (``BEGIN IMMEDIATE``), waiting up to *wait_seconds* for
    another writer, and as long for an audit or a run of another thread. Raises `DatabaseError` if
    the cache cannot be opened, is locked for longer, read-only or damaged, or the disk is full.
    """
    engine = database_engine(url, wait_seconds, prepare=_prepare_cache)
    try:
        with database_lock(url, wait_seconds), engine.connect() as connection, connection.begin():
            yield connection
            if connection.in_transaction():
                connection.rollback()
    except sa.exc.IntegrityError as exc:
        raise DatabaseError(f"the cache refuses a row: {printable(exc.orig)}") from exc
    except sa.exc.DBAPIError as exc:
        raise DatabaseError(_explained(url, exc, wait_seconds)) from exc
    except ModuleNotFoundError as exc:
        raise DatabaseError(
            f"cannot open {printable(without_password(url))}: {exc.name} is not installed; "
            f"run: {install_command('postgres')}"
        ) from exc
    finally:
        engine.dispose()


def database_engine(
    url: str,
    wait_seconds: float,
    *,
    begin: str = "BEGIN IMMEDIATE",
    prepare: Callable[[sqlite3.Connection], None] = lambda raw: None,
) -> sa.Engine:
    """Return an engine, without a pool, for the SQLite file or the server behind *url*.

    On SQLite every transaction starts with *begin*, waits up to *wait_seconds* for a lock, and
    *prepare* is called with each new connection; the file must exist (``mode=rw``).
    """
    path = sqlite_path(url)
    if path is None:
        return server_engine(url, wait_seconds)

    def connect() -> sqlite3.Connection:
        # Without isolation_level=None the driver would begin transactions itself, deferred.
        raw = sqlite3.connect(
            sqlite_uri(path, "rw"), uri=True, timeout=wait_seconds, isolation_level=None
        )
        prepare(raw)
        return raw

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_cache(raw: sqlite3.Connection) -> None:
    raw.text_factory = _lenient_text
    # Off by default, per connection, and without effect inside of a transaction
    # (sqlite.org/foreignkeys.html, 2).
    raw.execute("PRAGMA foreign_keys = ON")
    # In WAL mode NORMAL may lose the last commits in a power failure, while the journal says
    # committed.
    raw.execute("PRAGMA synchronous = FULL")
    # 64 MB, as far as needed: a run that changes more than 2 MB of pages, SQLite's default, would
    # write some of them to disk twice.
    raw.execute("PRAGMA cache_size = -64000")


def _lenient_text(content: bytes) -> str:
    """Return text that may not be UTF-8: what is not is told by `base.text.is_utf8`."""
    return content.decode("utf-8", "surrogateescape")


def _explained(url: str, exc: sa.exc.DBAPIError, wait_seconds: float) -> str:
    cause = server_reason(exc.orig or exc)
    address = printable(sqlite_path(url) or without_password(url))
    # SQLite's messages: "database is locked", "attempt to write a readonly database", "database or
    # disk is full"; PostgreSQL: "cannot execute … in a read-only transaction".
    if "locked" in cause or is_lock_timeout(exc.orig):
        return f"{address} is locked by another writer for more than {wait_seconds:g} s; try again"
    if "readonly" in cause or "read-only" in cause:
        return f"{address} is read-only; nothing was changed"
    if "full" in cause:
        return f"no space left to write {address}; nothing was changed"
    return f"cannot write {address}: {printable(cause)}"
