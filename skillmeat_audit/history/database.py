"""Opens a history: a small SQLite file, or a database on a server; one writer at a time."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from skillmeat_audit.model.errors import StateError
from skillmeat_audit.model.text import printable
from skillmeat_audit.model.urls import sqlite_path, sqlite_url, without_password

WAIT_SECONDS = 30.0
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


def address(given: str) -> str:
    """Return the URL of a history that is given as a file or as an SQLAlchemy URL."""
    scheme, separator, rest = given.partition("://")
    if not separator:
        return sqlite_url(Path(given).expanduser())
    return f"postgresql+psycopg://{rest}" if scheme == "postgresql" else given


@contextmanager
def writing(url: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[sa.Connection]:
    """Yield a connection to the history at *url*, made if need be, alone until it is committed.

    Raises `StateError` where it cannot be opened or written, or is held for longer.
    """
    try:
        engine = _engine(url, wait_seconds)
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SERVER_LOCK)))
            _METADATA.create_all(connection)
            yield connection
    except (OSError, sa.exc.SQLAlchemyError, ModuleNotFoundError) as exc:
        reason = getattr(exc, "orig", None) or exc
        raise StateError(
            f"cannot keep the history in {printable(without_password(url))}: {printable(reason)}; "
            "name another with --history"
        ) from exc


def _engine(url: str, wait_seconds: float) -> sa.Engine:
    path = sqlite_path(url)
    if path is None:
        return sa.create_engine(url, poolclass=sa.NullPool)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine
