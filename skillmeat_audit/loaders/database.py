"""Opens the cache for reading such that not one byte of the home changes and no file appears.

SQLite in WAL mode writes even for readers (a ``-shm``, an empty ``-wal``). So a database without a
log is opened ``immutable``, and looked at again afterwards; one with a live log is read from a
private copy of both.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import pyarrow as pa

from skillmeat_audit.model.errors import DatabaseError
from skillmeat_audit.model.tables import ARROW_TEXT
from skillmeat_audit.model.text import as_text, printable
from skillmeat_audit.model.urls import sqlite_path, sqlite_uri, without_password

T = TypeVar("T")
U = TypeVar("U")

_ATTEMPTS = 5
_LOGS = ("-wal", "-journal")
_MAGIC = b"SQLite format 3\0"


class Reader(Protocol):
    """The little of a DB-API connection that reading takes: sqlite3's and psycopg's have it."""

    def execute(self, query: str, /) -> "Rows":
        """Run *query* and return its rows."""


class Rows(Protocol):
    """The rows of a query."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all of them."""


def read_database(
    url: str, read: Callable[[Reader], T], check: Callable[[Reader], U]
) -> tuple[T, U]:
    """Return what *read* and *check* make of the database at *url*, from one state of it.

    They have a connection each to an SQLite file, and are called at the same time. Raises
    `DatabaseError` where it is no database, corrupt, locked for good, or always changing.
    """
    path = sqlite_path(url)
    if path is None:
        return _read_server(url, lambda connection: (read(connection), check(connection)))
    _check_magic(path)
    for _ in range(_ATTEMPTS):
        before = _identity(path)
        try:
            with _readable(path) as uri, ThreadPoolExecutor(1) as beside:
                checked = beside.submit(_connected, uri, check)
                found = _connected(uri, read), checked.result()
        except (sqlite3.Error, OSError) as exc:
            if _identity(path) == before:
                raise _explained(path, exc) from exc
            continue
        if _identity(path) == before:
            return found
    raise DatabaseError(f"{printable(path)} changes all the time; try again when SkillMeat is idle")


def _connected(uri: str, read: Callable[[Reader], T]) -> T:
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return read(connection)


def tables_of(connection: Reader, wanted: Sequence[str]) -> dict[str, list[str]]:
    """Return the column names of the *wanted* tables; other tables are there without any.

    (A virtual table whose module is missing here cannot be asked for its columns.)
    """
    if isinstance(connection, sqlite3.Connection):
        query = "SELECT name, NULL FROM sqlite_master WHERE type = 'table'"
        for table in wanted:
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
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(query).fetchall():
        found.setdefault(table, []).extend([column] if column else [])
    return found


def key_of(connection: Reader, table: str) -> list[str]:
    """Return the columns of the primary key of *table*."""
    if isinstance(connection, sqlite3.Connection):
        query = f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
    else:
        query = (
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            f"WHERE i.indisprimary AND i.indrelid = to_regclass('{table}')"
        )
    return [name for (name,) in connection.execute(query).fetchall()]


def fetch_text(connection: Reader, query: str, names: Sequence[str]) -> dict[str, pa.Array]:
    """Return the columns of *query* by *names*, every value as text (in SkillMeat's own form)."""
    try:
        rows = connection.execute(query).fetchall()
    except sqlite3.OperationalError as exc:
        if not isinstance(connection, sqlite3.Connection) or "UTF-8" not in str(exc):
            raise
        connection.text_factory = _lenient  # slower, and only where some text is not UTF-8
        rows = connection.execute(query).fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: _texts(column) for name, column in zip(names, columns, strict=True)}


def _texts(column: Sequence[object]) -> pa.Array:
    try:
        return pa.array(column, ARROW_TEXT)
    except (TypeError, ValueError):  # a column that holds something else as well
        return pa.array([as_text(value) for value in column], ARROW_TEXT)


def columns_of(present: frozenset[str], wanted: Mapping[str, str]) -> str:
    """Return a select list of *wanted* (name → column), NULL for columns that are not *present*."""
    return ", ".join(
        f"{alias}.{column} AS {name}" if column in present else f"NULL AS {name}"
        for name, (alias, column) in ((name, place.split(".")) for name, place in wanted.items())
    )


def _read_server(url: str, read: Callable[[Reader], T]) -> T:
    import sqlalchemy as sa  # noqa: PLC0415 - a third of a second, for servers only

    shown = printable(without_password(url))
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
    except ModuleNotFoundError as exc:
        raise DatabaseError(
            f"cannot open {shown}: psycopg is not installed; "
            "install skillmeat-audit with the extra 'postgres'"
        ) from exc
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return read(cast("Reader", connection.connection.driver_connection))
    except sa.exc.DBAPIError as exc:
        raise DatabaseError(f"cannot read {shown}: {printable(exc.orig)}") from exc
    except engine.dialect.loaded_dbapi.Error as exc:
        raise DatabaseError(f"cannot read {shown}: {printable(exc)}") from exc


def _check_magic(path: Path) -> None:
    try:
        if path.exists() and not path.is_file():
            raise DatabaseError(f"{printable(path)} is not a regular file")
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as exc:
        raise DatabaseError(f"cannot read {printable(path)}: {exc.strerror or exc}") from exc
    if start and start != _MAGIC:
        raise DatabaseError(
            f"{printable(path)} is not an SQLite database (or it is encrypted); "
            "move it away and SkillMeat makes a new cache at its next start"
        )


def _identity(path: Path) -> list[tuple[int, int, int] | None]:
    """Return what tells one state of the database and its logs from the next."""
    found: list[tuple[int, int, int] | None] = []
    for end in ("", *_LOGS):
        try:
            facts = os.stat(f"{path}{end}")
        except FileNotFoundError:
            found.append(None)
        except OSError as exc:
            raise _explained(path, exc) from exc
        else:
            found.append((facts.st_size, facts.st_mtime_ns, facts.st_ino))
    return found


@contextmanager
def _readable(path: Path) -> Iterator[str]:
    """Yield the URI under which *path* can be read and not one byte beside it changes."""
    logs = [
        end for end in _LOGS if os.path.lexists(f"{path}{end}") and os.stat(f"{path}{end}").st_size
    ]
    with (
        tempfile.TemporaryDirectory(prefix="skillmeat-audit-") if logs else nullcontext() as folder
    ):
        uri = sqlite_uri(path, "ro&immutable=1")
        if folder is not None:
            copy = Path(folder) / "cache.db"
            for end in ("", *logs):
                shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            uri = sqlite_uri(copy, "rw")
        yield uri


def _lenient(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _explained(path: Path, cause: Exception) -> DatabaseError:
    if "locked" in str(cause):
        reason = "it is locked by another process; try again when SkillMeat is idle"
    elif isinstance(cause, OSError) and cause.filename:
        reason = f"{os.path.basename(cause.filename)}: {cause.strerror}"
    elif isinstance(cause, (sqlite3.OperationalError, OSError)):
        reason = str(cause)
    else:
        reason = f"it is damaged ({cause}); restore a backup, or move it away to have it rebuilt"
    return DatabaseError(f"cannot read {printable(path)}: {printable(reason)}")
