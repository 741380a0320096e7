"""Opens the cache for reading such that not one byte of the home changes and no file appears.

SQLite in WAL mode writes even for readers (a ``-shm``, an empty ``-wal``). So a database without a
log is opened ``immutable``, and looked at again afterwards; one with a log is read from a private
copy of both; one that others go on changing from a snapshot, which SQLite's backup API copies.

No descriptor of the database, or of its logs, is opened and closed by this process outside SQLite:
POSIX would drop all locks that the process has on the file, those of a run in another thread
included (https://www.sqlite.org/howtocorrupt.html, 2.2). SQLite itself puts the close of an
``immutable`` connection off while another connection of its library holds a lock on the file.
Copies are made by a child process (`copying`), for which the rule does not matter. A second SQLite
library in the same process (2.2.1 there) knows nothing of this one's locks: none can help that.
"""

import errno
import json
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import pyarrow as pa

from skillmeat_audit.loaders import copying
from skillmeat_audit.model.database_lock import database_lock
from skillmeat_audit.model.errors import DatabaseError
from skillmeat_audit.model.tables import ARROW_TEXT
from skillmeat_audit.model.text import as_text, printable
from skillmeat_audit.model.urls import sqlite_path, sqlite_uri, without_password

T = TypeVar("T")
U = TypeVar("U")
_State = tuple[int, int, int] | None  # time of the last write, size, inode

# An audit waits so long for a run of another thread: 10,000 rows are written in a few seconds.
LOCK_WAIT_SECONDS = 60.0
_ATTEMPTS = 5
_LOGS = ("-wal", "-journal")
# Two writes within one tick of the kernel's clock (at most 10 ms) leave the same time behind.
_SETTLED_SECONDS = 0.02


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

    They have a connection each to an SQLite file, and are called at the same time. A run of another
    thread of this process is waited for. Raises `DatabaseError` where it is no database, corrupt,
    or locked for good.
    """
    path = sqlite_path(url)
    if path is None:
        return _read_server(url, lambda connection: (read(connection), check(connection)))

    def read_both(uri: str) -> tuple[T, U]:
        with ThreadPoolExecutor(1) as beside:
            checked = beside.submit(_connected, uri, check)
            return _connected(uri, read), checked.result()

    with database_lock(url, LOCK_WAIT_SECONDS):
        return _read_file(path, read_both)


def _read_file(path: Path, read: Callable[[str], T]) -> T:
    """Return what *read* makes of the URI of one state of *path*: as it lies, else a snapshot."""
    _check_regular(path)
    for _ in range(_ATTEMPTS):
        before = _state(path)
        try:
            if _is_settled(before):
                with _readable(path, before) as uri:
                    content = read(uri)
                if _state(path) == before:
                    return content
        except (sqlite3.Error, OSError) as exc:
            if _state(path) == before:
                raise _explained(path, exc) from exc
        try:
            with _snapshot(path) as uri:
                return read(uri)
        except _NoSnapshotError:
            time.sleep(_SETTLED_SECONDS)
        except (sqlite3.Error, OSError) as exc:
            raise _explained(path, exc) from exc
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


class _NoSnapshotError(Exception):
    """A consistent copy cannot be had without a write, or without waiting for good."""


def _check_regular(path: Path) -> None:
    try:
        facts = os.stat(path)
    except OSError as exc:
        raise _explained(path, exc) from exc
    if not stat.S_ISREG(facts.st_mode):
        raise DatabaseError(f"{printable(path)} is not a regular file")


def _state(path: Path) -> list[_State]:
    """Return what tells one state of the database and its logs from the next."""
    states: list[_State] = []
    for suffix in ("", *_LOGS):
        try:
            facts = os.stat(f"{path}{suffix}")
        except OSError as exc:
            if not isinstance(exc, FileNotFoundError) or os.path.islink(f"{path}{suffix}"):
                raise _explained(path, exc) from exc
            states.append(None)
        else:
            states.append((facts.st_mtime_ns, facts.st_size, facts.st_ino))
    return states


def _is_settled(states: Sequence[_State]) -> bool:
    """Tell whether the next write will leave another time than the last one did."""
    age_ns = time.time_ns() - max(state[0] for state in states if state is not None)
    return not 0 <= age_ns < _SETTLED_SECONDS * 1e9


@contextmanager
def _readable(path: Path, states: Sequence[_State]) -> Iterator[str]:
    """Yield the URI under which *path*, of these *states*, can be read as it lies."""
    logs = [end for end, state in zip(_LOGS, states[1:], strict=True) if state and state[1]]
    if not logs:
        yield sqlite_uri(path, "ro&immutable=1")
        return
    with _private_file() as copy:
        done = _copied("files", path, copy, *logs)
        if done.returncode:
            raise _copy_error(done)
        yield sqlite_uri(copy, "rw")


@contextmanager
def _snapshot(path: Path) -> Iterator[str]:
    """Yield the URI of a copy of *path* as last committed; raise `_NoSnapshotError`."""
    with _private_file() as copy:
        if _copied("snapshot", path, copy).returncode:
            raise _NoSnapshotError
        yield sqlite_uri(copy, "ro&immutable=1")


@contextmanager
def _private_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="skillmeat-audit-") as folder:
        yield Path(folder) / "cache.db"


def _copied(how: str, path: Path, copy: Path, *logs: str) -> subprocess.CompletedProcess[str]:
    """Copy *path* in a child process; see `copying`."""
    if not sys.executable:
        raise DatabaseError(
            f"{printable(path)} is in use, and this program can start no Python to copy it; "
            "try again when SkillMeat is idle"
        )
    start = (sys.executable, "-I", "-S", copying.__file__)  # -I -S: starts in half the time
    command: list[str | Path] = [*start, how, path, copy, sqlite_uri(path, "ro"), *logs]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
        check=False,
    )  # fmt: skip


def _copy_error(done: subprocess.CompletedProcess[str]) -> OSError:
    """Return the error that a child which copies files ended with."""
    try:
        return OSError(*json.loads(done.stdout))
    except ValueError:
        return OSError(f"no copy could be made (exit {done.returncode}): {done.stderr.strip()}")


def _lenient(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _explained(path: Path, cause: Exception) -> DatabaseError:
    if "locked" in str(cause):
        reason = "it is locked by another process; try again when SkillMeat is idle"
    elif isinstance(cause, OSError) and cause.filename:
        reason = f"{os.path.basename(cause.filename)}: {cause.strerror}"
    elif isinstance(cause, sqlite3.OperationalError) and not os.access(path, os.R_OK):
        reason = os.strerror(errno.EACCES)  # SQLite says "unable to open database file"
    elif isinstance(cause, (sqlite3.OperationalError, OSError)):
        reason = str(cause)
    elif getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return DatabaseError(
            f"{printable(path)} is not an SQLite database (or it is encrypted, or its start is "
            "damaged); restore a backup, or move it away to have it rebuilt"
        )
    else:
        reason = f"it is damaged ({cause}); restore a backup, or move it away to have it rebuilt"
    return DatabaseError(f"cannot read {printable(path)}: {printable(reason)}")
