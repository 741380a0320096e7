"""Connects to a database server (PostgreSQL): no wait is endless, no error is a traceback."""

import logging
from typing import Any

import sqlalchemy as sa

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 300.0

# Without a handler of the program's own, Python prints a library's warnings to stderr ("error
# ignored in rollback …"): what they are about is raised as well, and told in one line.
for _library in ("psycopg", "sqlalchemy.pool"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


def server_engine(url: str, lock_seconds: float) -> sa.Engine:
    """Return an engine for the server at *url*, without a pool.

    Each transaction waits for a lock for *lock_seconds* at most, and for a statement's end five
    minutes. Raises `ModuleNotFoundError` where the driver is not installed.
    """
    address = sa.make_url(url)
    limits = {"connect_timeout": str(CONNECT_SECONDS)} | dict(address.query)
    engine = sa.create_engine(address.set(query=limits), poolclass=sa.NullPool)
    sa.event.listen(engine, "do_connect", _connect)

    def begin(connection: sa.Connection) -> None:
        for name, seconds in (
            ("lock_timeout", lock_seconds),
            ("statement_timeout", STATEMENT_SECONDS),
        ):
            milliseconds = max(int(seconds * 1000), 1)  # 0 would be: for ever
            connection.exec_driver_sql(f"SET LOCAL {name} = {milliseconds}")

    sa.event.listen(engine, "begin", begin)
    return engine


def server_reason(exc: BaseException) -> str:
    """Return what the driver's error *exc* says, in one line."""
    return next(iter(str(exc).splitlines()), type(exc).__name__)


def is_lock_timeout(exc: object) -> bool:
    """Tell whether the driver's error *exc* is about a lock that was waited for."""
    return getattr(exc, "sqlstate", None) == "55P03"  # lock_not_available


def _connect(
    dialect: sa.Dialect, record: object, arguments: list[Any], options: dict[str, Any]
) -> Any:
    """Connect; psycopg looks a host up itself, and Python refuses labels that DNS cannot hold."""
    try:
        return dialect.connect(*arguments, **options)
    except UnicodeError as exc:
        raise dialect.loaded_dbapi.OperationalError(
            "the host's name is invalid: between its dots are 1 to 63 characters each"
        ) from exc
