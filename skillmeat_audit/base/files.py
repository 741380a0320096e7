"""Reads files from outside: regular files only, up to a size, without waiting for a writer."""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

SETTINGS_LIMIT_BYTES = 1024 * 1024
READ_FLAGS = (
    os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
)  # O_NONBLOCK: does not wait for the writer of a pipe
_POSITIVE = 2**63 - 1  # the largest number in an Int64 column
NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class Unreadable(ValueError):
    """A file cannot be used; the text is the reason and follows the name of the file."""


def reason_of(exc: Exception) -> str:
    """Return why a file cannot be used, without the parts that Python adds for programmers."""
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    return f"is not UTF-8 (byte {exc.start})" if isinstance(exc, UnicodeDecodeError) else str(exc)


class Content(NamedTuple):
    """The bytes of a file, and its status."""

    data: bytes
    facts: os.stat_result


class FileState(NamedTuple):
    """What distinguishes two states of a file without reading it, as far as possible.

    ``ctime_ns`` changes with every ``write`` and cannot be set. A store through a mapping changes
    both times only if it is the first since the page was written back (mmap(2)): so whatever is
    written rests on contents that were read again.
    """

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


def state_of(facts: os.stat_result) -> FileState:
    """Return the state of a file from its status."""
    return FileState(
        facts.st_dev & _POSITIVE,
        facts.st_ino & _POSITIVE,
        facts.st_size,
        facts.st_mtime_ns & _POSITIVE,
        facts.st_ctime_ns & _POSITIVE,
    )


def path_exists(path: str | Path) -> bool:
    """Return True if something exists at *path*; raise `OSError` if that cannot be determined."""
    try:
        os.stat(path)
    except ValueError:  # a null character, which no name has
        return False
    except OSError as exc:
        if exc.errno not in NOWHERE:
            raise
        return False
    return True


def read_regular(path: str | Path, limit_bytes: int) -> Content:
    """Return the content of the regular file at *path*.

    Raises `Unreadable` for anything else (a pipe would block) and for a file larger than
    *limit_bytes*; `OSError` if it cannot be opened.
    """
    return read_descriptor(os.open(path, READ_FLAGS), limit_bytes)


def read_descriptor(descriptor: int, limit_bytes: int) -> Content:
    """Return the content of the regular file open as *descriptor*, and close it.

    Raises `Unreadable` as `read_regular` does.
    """
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable("is not a regular file")
        if facts.st_size > limit_bytes:
            raise Unreadable(f"is larger than {limit_bytes // 1024 // 1024} MiB")
        return Content(_read(descriptor, facts.st_size), facts)
    finally:
        os.close(descriptor)


def modified_at(facts: os.stat_result) -> str | None:
    """Return when a file was last modified: UTC, as SkillMeat writes times."""
    try:
        return datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(" ", "microseconds")[:26]
    except (ValueError, OverflowError, OSError):  # a year that Python does not know
        return None


def _read(descriptor: int, size_bytes: int) -> bytes:
    """Return *size_bytes* of the file, fewer if it is truncated meanwhile."""
    data = os.read(descriptor, size_bytes)
    while len(data) < size_bytes and (more := os.read(descriptor, size_bytes - len(data))):
        data += more
    return data
