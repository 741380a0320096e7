"""Opens a history: a small SQLite file, or a database on a server; one writer at a time."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import sqlalchemy as sa

from skillmeat_audit.base.errors import StateError, UsageError
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.base.urls import (
    holds_secret,
    is_sound,
    sqlite_path,
    sqlite_uri,
    sqlite_url,
    without_password,
)
from skillmeat_audit.service.server import server_engine, server_reason

WAIT_SECONDS = 30.0
FORMAT = 1  # of the tables below; a history of a later one is left alone
# SQLite returns what a column holds, whatever its type: text that is not UTF-8, bytes for a number.
_ODD_VALUE = (ValueError, TypeError, KeyError, ArithmeticError)
_REASON_CHARS = 300
_MAKING = Lock()
_SERVER_LOCK = 0x536B4D74  # any number that is ours

_METADATA = sa.MetaData()
# A series is a home, its database and a scope: runs of one series can be compared.
RUN_ROWS = sa.Table(
    "audit_runs", _METADATA,
    sa.Column("run", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False)
      for name in ("series", "home", "scope", "at", "tool_version", "outcome")),
    sa.Column("failure", sa.Text),
    sa.Column("delivered", sa.Boolean, nullable=False),
    *(sa.Column(name, sa.Integer)
      for name in ("artifacts", "rows", "error", "warning", "info", "blank_descriptions",
                   "broken_sources", "new", "fixed", "persisting")),
)  # fmt: skip
# One row per finding ever seen in a series; it was there from ``first_run`` to ``last_run``.
FINDING_ROWS = sa.Table(
    "audit_findings", _METADATA,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text)
      for name in ("rule", "severity", "collection_id", "artifact_id", "column", "since_at")),
    sa.Column("first_run", sa.Integer, nullable=False),
    sa.Column("last_run", sa.Integer, nullable=False),
)  # fmt: skip

_FORMAT_ROWS = sa.Table(
    "audit_format", _METADATA, sa.Column("format", sa.Integer, primary_key=True)
)


def checked_url(given: str) -> str:
    """Return the URL of a history that is given as a file or as an SQLAlchemy URL.

    Raises `UsageError` for a URL whose parts cannot be told apart; it may hold a password.
    """
    scheme, separator, rest = given.partition("://")
    if not separator and not holds_secret(given):
        return sqlite_url(Path(given).expanduser())
    if scheme != "sqlite" and not (separator and is_sound(given)):
        raise UsageError(
            "the history's address cannot be taken apart; give a file or postgresql://…, its port "
            "a number, and @ / ? # in a name or password written %40 %2F %3F %23"
        )
    return f"postgresql+psycopg://{rest}" if scheme == "postgresql" else given


@contextmanager
def write_transaction(url: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[sa.Connection]:
    """Yield a connection to the history at *url*, made if need be, alone until it is committed.

    Raises `StateError` where it cannot be opened or written, is held for longer, or is of a newer
    format.
    """
    with _explained("keep", url):
        if (path := sqlite_path(url)) is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_private(path)
        with _engine(url, "BEGIN IMMEDIATE", wait_seconds).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SERVER_LOCK)))
            if not _is_known(connection, url):
                _METADATA.create_all(connection)
                connection.execute(sa.insert(_FORMAT_ROWS).values(format=FORMAT))
            yield connection


def _make_private(path: Path) -> None:
    """Make the file at *path* for its owner alone, unless it is there.

    Nobody in this process is connected to it before its descriptor is closed: that would drop the
    locks of the connection (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    with _MAKING:
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def read_transaction(url: str) -> Iterator[sa.Connection | None]:
    """Yield a connection to the history at *url*, None where there is none; nothing is made.

    Raises `StateError` where it cannot be read, or is of a newer format.
    """
    path = sqlite_path(url)
    with _MAKING:
        is_missing = path is not None and not path.exists()
    if is_missing:
        yield None
        return
    with _explained("read", url), _engine(url, "BEGIN", WAIT_SECONDS).begin() as connection:
        yield connection if _is_known(connection, url) else None


@contextmanager
def _explained(verb: str, url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sa.exc.SQLAlchemyError, ModuleNotFoundError, *_ODD_VALUE) as exc:
        cause = getattr(exc, "orig", None) or exc
        reason = getattr(cause, "strerror", None) or server_reason(cause)
        damaged = "it is damaged: " if isinstance(exc, _ODD_VALUE) else ""
        reason = shortened(f"{damaged}{printable(reason)}", _REASON_CHARS)
        raise StateError(
            f"cannot {verb} the history in {_shown(url)}: {reason}; name another with --history"
        ) from exc


def _is_known(connection: sa.Connection, url: str) -> bool:
    """Tell whether there is a history yet; raise `StateError` for one of a newer format.

    A file with tables of others and none of ours is refused: it may be the cache itself.
    """
    tables = sa.inspect(connection)
    if not tables.has_table(_FORMAT_ROWS.name):
        if sqlite_path(url) is not None and tables.get_table_names():
            raise StateError(
                f"{_shown(url)} is another program's database, SkillMeat's perhaps, and is left "
                "alone; name another file with --history"
            )
        return False
    found = connection.scalar(sa.select(sa.func.max(_FORMAT_ROWS.c.format)))
    if found is not None and found > FORMAT:
        raise StateError(
            f"the history in {_shown(url)} is of a newer skillmeat-audit (format {found}, "
            f"this one knows {FORMAT}); update it, or name another with --history"
        )
    return found is not None


def _shown(url: str) -> str:
    """Return where a history is, fit to be shown: the file, or the address without a password."""
    return printable(sqlite_path(url) or without_password(url))


def _engine(url: str, begin: str, wait_seconds: float) -> sa.Engine:
    path = sqlite_path(url)
    if path is None:
        return server_engine(url, wait_seconds)
    address = sqlite_uri(path, "rw")  # one that is read-only is opened so, where that is enough

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, timeout=wait_seconds, isolation_level=None, uri=True)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql(begin))
    return engine
