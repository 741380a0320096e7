"""Reads databases, an SQLite file or a server, through one small interface."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT
from skillmeat_audit.base.database_lock import database_lock
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.extras import install_command
from skillmeat_audit.base.text import as_text, printable
from skillmeat_audit.base.urls import sqlite_path, without_password
from skillmeat_audit.loaders.sqlite_readonly import read_sqlite

T = TypeVar("T")
U = TypeVar("U")

# How long an audit waits for a run of another thread; a run writes 10,000 rows in a few seconds.
LOCK_WAIT_SECONDS = 60.0
SERVER_LOCK_SECONDS = 10.0
# A multiple of eight, which `_TextColumn` needs. With ten times as many rows, their objects leave
# the processor's cache, and reading takes a third more time.
_BATCH_ROWS = 1024


class Reader(Protocol):
    """The part of a DB-API connection that reading needs: sqlite3's and psycopg's have it."""

    def execute(self, query: str, /) -> "Rows":
        """Run *query* and return its rows."""


class Rows(Protocol):
    """The rows of a query."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""


def read_database(
    url: str, read: Callable[[Reader], T], check: Callable[[Reader], U]
) -> tuple[T, U]:
    """Call *read* and *check* with one state of the database at *url*, and return both results.

    For an SQLite file they run at the same time, with a connection each. Waits for a run of another
    thread of this process. Raises `DatabaseError` if it is not a database, is corrupt, or stays
    locked.
    """
    path = sqlite_path(url)
    if path is None:
        return read_server(url, lambda connection: (read(connection), check(connection)))

    def read_both(uri: str) -> tuple[T, U]:
        # sqlite3 releases the interpreter's lock while SQLite works: the check of the whole file
        # costs no time of its own where a second core is idle.
        with ThreadPoolExecutor(1) as executor:
            checked = executor.submit(_with_sqlite, uri, check)
            return _with_sqlite(uri, read), checked.result()

    with database_lock(url, LOCK_WAIT_SECONDS):
        return read_sqlite(path, read_both)


def _with_sqlite(uri: str, read: Callable[[Reader], T]) -> T:
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return read(connection)


def tables_of(connection: Reader, tables: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of all tables, with the column names of those in *tables*.

    Columns of other tables are not read: that fails for a virtual table without its module.
    """
    if isinstance(connection, sqlite3.Connection):
        query = "SELECT name, NULL FROM sqlite_master WHERE type = 'table'"
        for table in tables:
            query += (
                " UNION ALL SELECT m.name, c.name "
                "FROM sqlite_master m, pragma_table_xinfo(m.name) c"  # generated columns as well
                f" WHERE m.type = 'table' AND lower(m.name) = '{table}'"
            )
    else:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema()"
        )
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(query).fetchall():
        columns.setdefault(table, []).extend([column] if column else [])
    return columns


def key_of(connection: Reader, table: str) -> list[str]:
    """Return the columns of the primary key of *table*."""
    if isinstance(connection, sqlite3.Connection):
        # `pk` is the position in the key, from 1; 0 for other columns.
        query = f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
    else:
        query = (
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            f"WHERE i.indisprimary AND i.indrelid = to_regclass('{table}')"
        )
    return [name for (name,) in connection.execute(query).fetchall()]


def fetch_text(connection: Reader, query: str, names: Sequence[str]) -> dict[str, pa.Array]:
    """Return the columns of *query* under *names*, every value as text in the form it is stored."""
    try:
        columns = _columns(connection, query, len(names))
    except sqlite3.OperationalError as exc:
        if not isinstance(connection, sqlite3.Connection) or "UTF-8" not in str(exc):
            raise
        connection.text_factory = _replacing_text  # slower, so only if some text is not UTF-8
        columns = _columns(connection, query, len(names))
    return dict(zip(names, columns, strict=True))


def _columns(connection: Reader, query: str, number: int) -> list[pa.Array]:
    """Return the *number* columns of *query*; those without any value are one and the same array.

    One cursor reads one state of the table, a batch at a time. Ranges of keys in one transaction
    are no better: for a million rows the same memory, and 6.6 s of CPU instead of 6.0 in an SQLite
    file, 10.4 instead of 6.5 on PostgreSQL, which searches where each range begins.
    """
    columns = [_TextColumn() for _ in range(number)]
    rows = 0
    with closing(_cursor(connection)) as cursor:
        cursor.execute(query)
        while batch := cursor.fetchmany(_BATCH_ROWS):
            rows += len(batch)
            for column, values in zip(columns, zip(*batch, strict=True), strict=True):
                column.append(_texts(values))
    nulls = pa.nulls(rows, ARROW_TEXT)
    arrays = [column.to_arrow() for column in columns]
    return [nulls if array is None else array for array in arrays]


def _cursor(connection: Any) -> Any:
    """Return a cursor that holds no more rows than are fetched."""
    # psycopg has all rows of a cursor without a name in memory.
    is_file = isinstance(connection, sqlite3.Connection)
    return connection.cursor() if is_file else connection.cursor("rows")


def _texts(column: Sequence[object]) -> pa.Array:
    try:
        return pa.array(column, ARROW_TEXT)
    except (TypeError, ValueError):  # a column that holds other types than text
        return pa.array([as_text(value) for value in column], ARROW_TEXT)


class _TextColumn:
    """A column of text that grows by arrays in place, in Arrow's own layout.

    Chunks that are joined at the end take 500 MB more for a million rows of a cache: the memory of
    a small chunk is not reused for a large column.
    """

    def __init__(self) -> None:
        self._text, self._ends, self._valid = bytearray(), bytearray(8), bytearray()
        self._rows = self._nulls = 0

    def append(self, values: pa.Array) -> None:
        """Append *values*, whose number is a multiple of eight except in the last call."""
        valid, ends, text = values.buffers()
        size = -(-len(values) // 8)
        self._valid += b"\xff" * size if valid is None else memoryview(valid)[:size]
        moved = np.frombuffer(ends, np.int64, len(values), 8) + len(self._text)
        self._ends += moved.data.cast("B")
        if length := moved[-1] - len(self._text):
            self._text += memoryview(text)[:length]
        self._rows += len(values)
        self._nulls += values.null_count

    def to_arrow(self) -> pa.Array | None:
        """Return all values as one array that shares their memory, None where all are null."""
        if self._nulls == self._rows:
            return None
        buffers = (pa.py_buffer(each) for each in (self._ends, self._text, self._valid))
        return pa.LargeStringArray.from_buffers(self._rows, *buffers, self._nulls)


def columns_of(present: frozenset[str], columns: Mapping[str, str]) -> str:
    """Return a select list of *columns* (name → alias.column), NULL for those not *present*."""
    return ", ".join(
        f"{alias}.{column} AS {name}" if column in present else f"NULL AS {name}"
        for name, (alias, column) in ((name, column.split(".")) for name, column in columns.items())
    )


def read_server(url: str, read: Callable[[Reader], T]) -> T:
    """Call *read* in one read-only transaction on the server at *url*, and return its result."""
    # importing SQLAlchemy takes a third of a second: only for servers
    import sqlalchemy as sa  # noqa: PLC0415

    from skillmeat_audit.service.server import server_engine  # noqa: PLC0415

    try:
        engine = server_engine(url, SERVER_LOCK_SECONDS)
    except ModuleNotFoundError as exc:
        raise DatabaseError(
            f"cannot open {printable(without_password(url))}: psycopg is not installed; "
            f"run: {install_command('postgres')}"
        ) from exc
    try:
        with engine.connect() as connection, connection.begin():
            # One snapshot for all queries, without a lock that a running SkillMeat would wait for.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return read(cast("Reader", connection.connection.driver_connection))
    except sa.exc.DBAPIError as exc:
        raise _server_error(url, exc.orig or exc) from exc
    # Reads go through the driver's own connection, whose errors SQLAlchemy does not wrap.
    except engine.dialect.loaded_dbapi.Error as exc:
        raise _server_error(url, exc) from exc


def _server_error(url: str, cause: BaseException) -> DatabaseError:
    from skillmeat_audit.service.server import is_lock_timeout, server_reason  # noqa: PLC0415

    reason = server_reason(cause)
    if is_lock_timeout(cause):
        reason = (
            f"another session keeps a table locked for more than {SERVER_LOCK_SECONDS:g} s; "
            "try again when it has ended"
        )
    return DatabaseError(f"cannot read {printable(without_password(url))}: {printable(reason)}")


def _replacing_text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
