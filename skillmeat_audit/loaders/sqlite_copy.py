"""Copies an SQLite database that is in use; run as a child process, with the standard library only.

A process must not open and close a database file outside SQLite while it may hold a connection to
it: POSIX then drops every lock that the process has on the file
(https://www.sqlite.org/howtocorrupt.html, 2.2). A child has only the connection made here, so it
may open and close descriptors. Copying does not change a byte of the home or add a file.

Usage: ``python sqlite_copy.py files|snapshot SOURCE TARGET URI [LOG-SUFFIX …]``. An `OSError` is
printed as JSON; where the copy is complete, `DONE` is printed and the exit code is 0.
"""

import fcntl
import json
import os
import shutil
import sqlite3
import sys
import time

# Writers in rollback-journal mode leave short gaps between commits; SkillMeat's wait up to 30 s.
WAIT_SECONDS = 5.0
DONE = "complete"
LOG_WAIT_SECONDS = 0.05
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510  # https://www.sqlite.org/fileformat2.html, 1.3.1
_FORMATS = slice(18, 20)  # both bytes are 2 in WAL mode (fileformat2.html, 1.3.3)


def copy_files(source: str, target: str, logs: list[str]) -> None:
    """Copy the files of the database and its *logs* (suffixes) without a lock."""
    for suffix in ("", *logs):
        shutil.copyfile(source + suffix, target + suffix)


def copy_snapshot(source: str, target: str, uri: str) -> None:
    """Copy the last committed state by SQLite's backup API while others continue to write.

    Raises `sqlite3.Error` if that is not possible without a write: a hot journal to roll back, a
    WAL whose ``-shm`` is missing, a writer that keeps an exclusive lock.
    """
    lock = _hold_log(source)
    # readonly_shm: not even the read marks of the WAL's index are written
    reader = sqlite3.connect(
        f"{uri}&readonly_shm=1", uri=True, timeout=WAIT_SECONDS, isolation_level=None
    )
    writer = sqlite3.connect(target)
    # The copy is deleted in a moment: nobody needs it after a power failure.
    writer.execute("PRAGMA synchronous = OFF")
    reader.execute("BEGIN")
    # takes the read lock within the timeout; Python's backup() would wait for ever
    reader.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    reader.backup(writer)
    writer.close()
    reader.close()
    os.close(lock)


def _hold_log(source: str) -> int:
    """Return a descriptor of *source* that, in WAL mode, prevents the deletion of the log.

    SQLite creates a missing ``-wal`` even for a reader. The last connection deletes it only under
    an exclusive lock on the database, which our shared lock prevents. (In other modes SQLite's own
    lock is enough, and ours would block a writer's commit.) A missing log is waited for: a program
    that opens and closes the database all the time creates it again within milliseconds.
    """
    descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    deadline = time.monotonic() + LOG_WAIT_SECONDS
    while b"\2" in os.pread(descriptor, 20, 0)[_FORMATS]:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            for suffix in ("-wal", "-shm"):
                os.stat(source + suffix)
            break
        except (BlockingIOError, FileNotFoundError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)
    return descriptor


if __name__ == "__main__":
    how, source, target, uri, *logs = sys.argv[1:]
    try:
        if how == "files":
            copy_files(source, target, logs)
        else:
            copy_snapshot(source, target, uri)
    except OSError as exc:
        print(json.dumps([exc.errno, exc.strerror, exc.filename]))  # noqa: T201 - to the parent
        sys.exit(1)
    except sqlite3.Error as exc:
        sys.exit(str(exc))
    print(DONE, end="")  # noqa: T201 - to the parent
