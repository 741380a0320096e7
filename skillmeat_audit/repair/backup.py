"""Copies an SQLite cache while it is in use, before a run writes to it."""

import os
import sqlite3
from pathlib import Path

from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_uri


def back_up_database(database: Path, target: Path) -> None:
    """Copy *database* to the new file *target* by SQLite's online backup; raise `StateError`.

    The copy is fsynced. The caller holds the write lock, so it is the state that the run starts
    from. Only SQLite opens *database*: closing a descriptor of our own would drop that lock
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        source = sqlite3.connect(sqlite_uri(database, "ro"), uri=True)
        copy = sqlite3.connect(target)
        try:
            # It is fsynced as a whole below, and of no use before.
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy)
        finally:
            copy.close()
            source.close()
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except (OSError, sqlite3.Error) as exc:
        raise StateError(
            f"cannot back up the cache to {printable(target)}: {printable(exc)}; "
            "nothing was changed"
        ) from exc
