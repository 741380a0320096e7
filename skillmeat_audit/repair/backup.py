"""Copies an SQLite cache while it is in use, before a run writes to it."""

import os
import sqlite3
from pathlib import Path

from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_uri


def back_up_database(database: Path, target: Path) -> None:
    """Copy *database* to *target* by SQLite's online backup, fsynced; raise `StateError`.

    The caller holds the write lock, so the copy is the state that the run starts from. SQLite
    opens *database* itself: a descriptor of ours would drop that lock when it is closed
    (https://www.sqlite.org/howtocorrupt.html, 2.2). *target* is new, and nobody is connected to it.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        source = sqlite3.connect(sqlite_uri(database, "ro"), uri=True)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
            source.close()
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except (OSError, sqlite3.Error) as exc:
        raise StateError(
            f"cannot back the cache up to {printable(target)}: {printable(exc)}; "
            "nothing was changed"
        ) from exc
