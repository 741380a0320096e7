"""Connects to a database server (PostgreSQL) with time limits, and explains its errors."""

import logging
from typing import Any

import sqlalchemy as sa

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 300.0

# Without a handler Python prints a library's warnings to stderr ("error ignored in rollback …").
# The error itself is raised as well, and shown in one line.
for _library in ("psycopg", "sqlalchemy.pool"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


def server_engine(url: str, lock_seconds: float) -> sa.Engine:
    """Return an engine for the server at *url*, without a pool.

    A transaction waits at most *lock_seconds* for a lock, and five minutes for a statement. Raises
    `ModuleNotFoundError` if the driver is not installed.
    """
    address = sa.make_url(url)
    # A timeout in the user's own address counts more.
    limits = {"connect_timeout": str(CONNECT_SECONDS)} | dict(address.query)
    engine = sa.create_engine(address.set(query=limits), poolclass=sa.NullPool)
    sa.event.listen(engine, "do_connect", _connect)

    def begin(connection: sa.Connection) -> None:
        for name, seconds in (
            ("lock_timeout", lock_seconds),
            ("statement_timeout", STATEMENT_SECONDS),
        ):
            milliseconds = max(int(seconds * 1000), 1)  # 0 means no limit
            connection.exec_driver_sql(f"SET LOCAL {name} = {milliseconds}")

    sa.event.listen(engine, "begin", begin)
    return engine


def server_reason(exc: BaseException) -> str:
    """Return the first line of the driver's error *exc*."""
    return next(iter(str(exc).splitlines()), type(exc).__name__)


def is_lock_timeout(exc: object) -> bool:
    """Return True if the driver's error *exc* is a lock timeout."""
    return getattr(exc, "sqlstate", None) == "55P03"  # lock_not_available


def _connect(
    dialect: sa.Dialect, record: object, arguments: list[Any], options: dict[str, Any]
) -> Any:
    """Connect; psycopg resolves the host in Python, which refuses labels that DNS cannot hold."""
    try:
        return dialect.connect(*arguments, **options)
    except UnicodeError as exc:
        raise dialect.loaded_dbapi.OperationalError(
            "the host's name is invalid: between its dots are 1 to 63 characters each"
        ) from exc
