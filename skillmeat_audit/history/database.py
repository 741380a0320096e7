"""Opens a history: an SQLite file or a server's database; one writer at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import sqlalchemy as sa

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.atomic_write import make_folder
from skillmeat_audit.base.errors import StateError, UsageError
from skillmeat_audit.base.files import path_exists
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.base.urls import (
    contains_secret,
    is_parseable,
    sqlite_path,
    sqlite_url,
    without_password,
)
from skillmeat_audit.service.connection import database_engine
from skillmeat_audit.service.server import server_reason

WAIT_SECONDS = 30.0
FORMAT = 1  # of the tables below; a history of a newer format is refused
# SQLite columns hold any type: text that is not UTF-8, or bytes in a number column, raise these.
_DAMAGE = (ValueError, TypeError, KeyError, ArithmeticError)
_REASON_CHARS = 300
_CREATION_LOCK = Lock()
_SERVER_LOCK = 0x536B4D74  # an arbitrary key; other programs should not use the same one

_METADATA = sa.MetaData()
_RUN_TEXTS = ("series", "home", "scope", "at", "tool_version", "outcome")
_RUN_COUNTS = (
    *("artifacts", "rows", "error", "warning", "info"),
    *("blank_descriptions", "broken_sources", "new", "fixed", "persisting"),
)
_FINDING_TEXTS = ("rule", "severity", "collection_id", "artifact_id", "column", "since_at")
# A series is a home, its database and a scope: runs of one series can be compared.
RUN_ROWS = sa.Table(
    "audit_runs",
    _METADATA,
    sa.Column("run", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in _RUN_TEXTS),
    sa.Column("failure", sa.Text),
    sa.Column("delivered", sa.Boolean, nullable=False),
    *(sa.Column(name, sa.Integer) for name in _RUN_COUNTS),
)
# One row per finding of a series; it was present from ``first_run`` to ``last_run``. In the
# database, ``fingerprint`` is called ``identity``: format 1 has always had that name.
FINDING_ROWS = sa.Table(
    "audit_findings",
    _METADATA,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, key="fingerprint", primary_key=True),
    *(sa.Column(name, sa.Text) for name in _FINDING_TEXTS),
    sa.Column("first_run", sa.Integer, nullable=False),
    sa.Column("last_run", sa.Integer, nullable=False),
)
_FORMAT_ROWS = sa.Table(
    "audit_format", _METADATA, sa.Column("format", sa.Integer, primary_key=True)
)


def history_url(given: str) -> str:
    """Return the URL of the history *given* as a file or as an SQLAlchemy URL.

    Raises `UsageError` for a URL whose parts are ambiguous: its password could not be hidden.
    """
    scheme, separator, rest = given.partition("://")
    if not separator and not contains_secret(given):
        return sqlite_url(Path(given).expanduser())
    if scheme != "sqlite" and not (separator and is_parseable(given)):
        raise UsageError(
            "the history's address is ambiguous; give a file, or postgresql://… with a number as "
            "port and with @ / ? # in names and passwords written %40 %2F %3F %23"
        )
    return f"postgresql+psycopg://{rest}" if scheme == "postgresql" else given


@contextmanager
def write_transaction(url: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[sa.Connection]:
    """Yield the only writing connection to the history at *url*; commit at the end.

    The history is created where it does not exist. Raises `StateError` where it cannot be opened
    or written, is locked for more than *wait_seconds*, or has a newer format.
    """
    with _explain_errors("write", url):
        if (path := sqlite_path(url)) is not None:
            make_folder(path.parent, mode=0o700)
            _create_private(path)
        with database_engine(url, wait_seconds).begin() as connection:
            if connection.dialect.name == "postgresql":
                # Until the end of the transaction; BEGIN IMMEDIATE does the same for SQLite.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SERVER_LOCK)))
            if not _has_history(connection, url):
                _METADATA.create_all(connection)
                connection.execute(sa.insert(_FORMAT_ROWS).values(format=FORMAT))
            yield connection


def _create_private(path: Path) -> None:
    """Create the file at *path*, readable by its owner only, unless it exists.

    The lock keeps this process from connecting to it before the descriptor is closed: the close
    would drop the connection's locks (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    with _CREATION_LOCK:
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def read_transaction(url: str) -> Iterator[sa.Connection | None]:
    """Yield a connection to the history at *url*, None where none exists; create nothing.

    Raises `StateError` where it cannot be read or has a newer format.
    """
    path = sqlite_path(url)
    with _CREATION_LOCK, _explain_errors("read", url):
        is_missing = path is not None and not path_exists(path)
    if is_missing:
        yield None
        return
    engine = database_engine(url, WAIT_SECONDS, begin="BEGIN")
    with _explain_errors("read", url), engine.begin() as connection:
        yield connection if _has_history(connection, url) else None


@contextmanager
def _explain_errors(verb: str, url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sa.exc.SQLAlchemyError, ModuleNotFoundError, *_DAMAGE) as exc:
        # SQLAlchemy's own text repeats the statement and its parameters.
        cause = getattr(exc, "orig", None) or exc
        reason = getattr(cause, "strerror", None) or server_reason(cause)
        damaged = "it is damaged: " if isinstance(exc, _DAMAGE) else ""
        reason = shortened(f"{damaged}{printable(reason)}", _REASON_CHARS)
        raise StateError(
            f"cannot {verb} the history in {_display_url(url)}: {reason}; "
            "name another with --history"
        ) from exc


def _has_history(connection: sa.Connection, url: str) -> bool:
    """Return whether the database holds a history; raise `StateError` for a newer format."""
    tables = sa.inspect(connection)
    if not tables.has_table(_FORMAT_ROWS.name):
        if sqlite_path(url) is not None and tables.get_table_names():  # it may be the cache itself
            raise StateError(
                f"{_display_url(url)} is the database of another program, perhaps of SkillMeat, "
                "and is not changed; name another file with --history"
            )
        return False
    version = connection.scalar(sa.select(sa.func.max(_FORMAT_ROWS.c.format)))
    if version is not None and version > FORMAT:
        raise StateError(
            f"the history in {_display_url(url)} was written by a newer {TOOL} (format {version}, "
            f"this one reads {FORMAT}); update {TOOL}, or name another history with --history"
        )
    return version is not None


def _display_url(url: str) -> str:
    """Return the file, or the server's address without a password."""
    return printable(sqlite_path(url) or without_password(url))
