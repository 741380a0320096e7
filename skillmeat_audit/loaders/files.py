"""Reads files that others wrote: regular ones only, up to a size, never waiting for a writer."""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

SETTINGS_LIMIT_BYTES = 1024 * 1024
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class Unreadable(ValueError):
    """A file cannot be used; the text says why, to follow the file's name."""


def reason_of(exc: Exception) -> str:
    """Return why a file cannot be used, without what Python adds for programmers."""
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    return f"is not UTF-8 (byte {exc.start})" if isinstance(exc, UnicodeDecodeError) else str(exc)


class Content(NamedTuple):
    """A file's bytes, and when it was last modified (UTC, as SkillMeat writes times)."""

    data: bytes
    modified_at: str | None


def exists(path: str | Path) -> bool:
    """Tell whether there is something at *path*; raise `OSError` where that cannot be told."""
    try:
        os.stat(path)
    except ValueError:  # a null character, which no name has
        return False
    except OSError as exc:
        if exc.errno not in _NOWHERE:
            raise
        return False
    return True


def read_regular(path: str | Path, limit_bytes: int) -> Content:
    """Return the content of the regular file at *path*.

    Raises `Unreadable` for anything else (a pipe would block) and for a file larger than
    *limit_bytes*; `OSError` where it cannot be opened.
    """
    with open(path, "rb", opener=_open_at_once) as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable("is not a regular file")
        data = stream.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise Unreadable(f"is larger than {limit_bytes // 1024 // 1024} MiB")
    return Content(data, _time(facts.st_mtime))


def _open_at_once(path: str, flags: int) -> int:
    """Open *path* without waiting for the other end of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _time(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    except (ValueError, OverflowError):  # a year that Python does not know
        return None


class Confined:
    """A folder outside of which nothing is read, wherever links lead.

    What its folders really are is looked up once each.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = os.fspath(folder)
        self.name = os.path.basename(self.path)
        self._real = os.path.realpath(folder)
        self._folders: dict[str, str] = {}

    def real(self, path: str) -> str | None:
        """Return what *path* really is, None where that lies outside the folder."""
        parent, name = os.path.split(path)
        if name in ("", os.curdir, os.pardir):
            real = os.path.realpath(path)
        else:
            if parent not in self._folders:
                self._folders[parent] = os.path.realpath(parent)
            real = os.path.join(self._folders[parent], name)
            if os.path.islink(real):
                real = os.path.realpath(real)
        self._folders[path] = real
        return real if real == self._real or real.startswith(self._real + os.sep) else None
