"""Reads an SQLite file without changing a byte of the home or adding a file to it.

In WAL mode SQLite writes even for readers (a ``-shm``, an empty ``-wal``). So a database without a
log is opened ``immutable``, and its state compared afterwards; one with a log is read from a
private copy of both; one that keeps changing is read from a snapshot by SQLite's backup API.

This process never opens and closes a descriptor of the database or its logs outside SQLite: POSIX
would drop all locks that the process has on the file, those of a run in another thread included
(https://www.sqlite.org/howtocorrupt.html, 2.2). SQLite itself delays the close of an ``immutable``
connection while another connection of the same library holds a lock on the file. Copies are made
by a child process (`sqlite_copy`), to which the rule does not apply. A second SQLite library in the
same process (2.2.1 there) does not know the locks of this one; nothing can be done about that.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_uri
from skillmeat_audit.loaders import sqlite_copy

T = TypeVar("T")
_State = tuple[int, int, int] | None  # time of the last write, size, inode

_ATTEMPTS = 5
_LOGS = ("-wal", "-journal")
# Two writes within one tick of the kernel's clock (at most 10 ms) leave the same file time.
_SETTLED_SECONDS = 0.02


def read_sqlite(path: Path, read: Callable[[str], T]) -> T:
    """Call *read* with the URI of one consistent state of *path*, and return its result.

    *read* may open the URI several times, and has to close every connection. Raises
    `DatabaseError`.
    """
    _check_regular(path)
    reason = ""
    for _ in range(_ATTEMPTS):
        before = _state(path)
        try:
            # Just written: a second write within the same tick would not show in the state.
            if _is_settled(before):
                with _readable(path, before) as uri:
                    content = read(uri)
                # An error while the file changed may be about a torn page: tried again below.
                if _state(path) == before:
                    return content
        except (sqlite3.Error, OSError) as exc:
            if _state(path) == before:
                raise _explained(path, exc) from exc
        try:
            with _snapshot(path) as uri:
                return read(uri)
        except _NoSnapshotError as exc:
            reason = str(exc)
            time.sleep(_SETTLED_SECONDS)
        except (sqlite3.Error, OSError) as exc:
            raise _explained(path, exc) from exc
    if "locked" in reason:  # by a connection that keeps its exclusive lock
        raise _explained(path, sqlite3.OperationalError(reason))
    raise DatabaseError(f"{printable(path)} keeps changing; try again when SkillMeat is idle")


class _NoSnapshotError(Exception):
    """A consistent copy is not possible without a write or an endless wait."""


def _check_regular(path: Path) -> None:
    try:
        facts = os.stat(path)
    except OSError as exc:
        raise _explained(path, exc) from exc
    if not stat.S_ISREG(facts.st_mode):
        raise DatabaseError(f"{printable(path)} is not a regular file")


def _state(path: Path) -> list[_State]:
    """Return time, size and inode of the database and its logs, None for an absent log."""
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
    """Return True if the next write will leave another file time than the last one did."""
    age_ns = time.time_ns() - max((state[0] for state in states if state), default=0)
    return not 0 <= age_ns < _SETTLED_SECONDS * 1e9


@contextmanager
def _readable(path: Path, states: Sequence[_State]) -> Iterator[str]:
    """Yield a URI to read *path* in its present *states*: the file itself, or a private copy."""
    # An empty log (`-wal` after a checkpoint) holds nothing to read.
    logs = [end for end, state in zip(_LOGS, states[1:], strict=True) if state and state[1]]
    if not logs:
        yield sqlite_uri(path, "ro&immutable=1")
        return
    with _private_file() as copy:
        child = _run_copy("files", path, copy, *logs)
        if not _is_complete(child):
            raise _copy_error(child)
        # "rw": SQLite rolls the hot journal back, or replays the WAL, in the private copy.
        yield sqlite_uri(copy, "rw")


@contextmanager
def _snapshot(path: Path) -> Iterator[str]:
    """Yield the URI of a copy of *path* as last committed; raise `_NoSnapshotError`."""
    with _private_file() as copy:
        if not _is_complete(child := _run_copy("snapshot", path, copy)):
            raise _NoSnapshotError(child.stderr)
        yield sqlite_uri(copy, "ro&immutable=1")


@contextmanager
def _private_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="skillmeat-audit-") as folder:
        yield Path(folder) / "cache.db"


def _run_copy(how: str, path: Path, copy: Path, *logs: str) -> subprocess.CompletedProcess[str]:
    """Copy *path* in a child process; see `sqlite_copy`."""
    if not sys.executable:
        raise DatabaseError(
            f"{printable(path)} is in use, and this program cannot start a Python to copy it; "
            "try again when SkillMeat is idle"
        )
    start = (sys.executable, "-I", "-S", sqlite_copy.__file__)  # -I -S: starts in half the time
    command: list[str | Path] = [*start, how, path, copy, sqlite_uri(path, "ro"), *logs]
    closed = subprocess.DEVNULL
    return subprocess.run(
        command, stdin=closed, capture_output=True, check=False, encoding="utf-8", errors="replace"
    )


def _is_complete(child: subprocess.CompletedProcess[str]) -> bool:
    """Return whether the child made its copy: it prints a word as its last step.

    Where SIGCHLD is ignored (inherited over exec), every exit code reads 0: waitpid(2), ECHILD.
    """
    return child.returncode == 0 and child.stdout == sqlite_copy.DONE


def _copy_error(child: subprocess.CompletedProcess[str]) -> OSError:
    """Return the error with which the copying child ended."""
    try:
        return OSError(*json.loads(child.stdout))
    except ValueError:
        return OSError(f"it cannot be copied (exit {child.returncode}): {child.stderr.strip()}")


def _explained(path: Path, cause: Exception) -> DatabaseError:
    if "locked" in str(cause):
        reason = "it is locked by another process; try again when SkillMeat is idle"
    elif isinstance(cause, OSError) and cause.filename:
        reason = f"{os.path.basename(cause.filename)}: {cause.strerror}"
    elif isinstance(cause, sqlite3.OperationalError) and not _is_permitted(path):
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


def _is_permitted(path: Path) -> bool:
    return os.access(path, os.R_OK) or not path.exists()
