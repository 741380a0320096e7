"""A lock that keeps the threads of this process from reading a database while one of them writes.

Between processes SQLite's own locks are enough. Within a process they are not: POSIX locks belong
to the process, and closing any descriptor of the file drops them all
(https://www.sqlite.org/howtocorrupt.html, 2.2). Nothing here opens the file outside SQLite; the
lock also prevents an audit from reading half a run, or a run that is then rolled back.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_path

if TYPE_CHECKING:
    from _thread import RLock as ReentrantLock

_LOCKS: dict[tuple[int, int] | str, "ReentrantLock"] = {}
# A forked child has no other thread that could release a lock held at the fork.
os.register_at_fork(after_in_child=_LOCKS.clear)


@contextmanager
def database_lock(url: str, wait_seconds: float) -> Iterator[None]:
    """Hold the process-wide lock on the SQLite file behind *url*; a server needs none.

    Audits and runs of other threads wait. The lock is reentrant: a run may audit between its
    batches. Raises `DatabaseError` if another thread holds it for more than *wait_seconds*.
    """
    path = sqlite_path(url)
    if path is None:
        yield
        return
    lock = _LOCKS.setdefault(_identity(path), RLock())
    if not lock.acquire(timeout=wait_seconds):
        raise DatabaseError(
            f"{printable(path)} is in use by another thread of this process for more than "
            f"{wait_seconds:g} s; try again when that run or audit has ended"
        )
    try:
        yield
    finally:
        lock.release()


def _identity(path: Path) -> tuple[int, int] | str:
    """Return what POSIX locks belong to: the file itself, whatever its path."""
    try:
        facts = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return facts.st_dev, facts.st_ino
