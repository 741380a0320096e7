"""Reads files that others wrote: regular ones only, up to a size, never waiting for a writer."""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

SETTINGS_LIMIT_BYTES = 1024 * 1024
_POSITIVE = 2**63 - 1  # what a frame can hold
_DEPTH = 16  # of folders; nobody has deeper ones by accident
_POSITIVE = 2**63 - 1  # what a frame can hold
_DEPTH = 16  # of folders; nobody has deeper ones by accident
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class Unreadable(ValueError):
    """A file cannot be used; the text says why, to follow the file's name."""


def reason_of(exc: Exception) -> str:
    """Return why a file cannot be used, without what Python adds for programmers."""
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    return f"is not UTF-8 (byte {exc.start})" if isinstance(exc, UnicodeDecodeError) else str(exc)


class Content(NamedTuple):
    """A file's bytes, and what the file system says of it."""

    data: bytes
    facts: os.stat_result


class Seen(NamedTuple):
    """What tells one state of a file from every other, without reading it.

    ``ctime_ns`` changes with every write and cannot be set by anybody.
    """

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


def seen(facts: os.stat_result) -> Seen:
    """Return what *facts* tell the state of a file by."""
    return Seen(
        facts.st_dev & _POSITIVE,
        facts.st_ino & _POSITIVE,
        facts.st_size,
        facts.st_mtime_ns & _POSITIVE,
        facts.st_ctime_ns & _POSITIVE,
    )


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
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # waits for no writer
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
    """Return what *size_bytes* there are; one read takes them all but from a file that is cut."""
    data = os.read(descriptor, size_bytes)
    while len(data) < size_bytes and (more := os.read(descriptor, size_bytes - len(data))):
        data += more
    return data


class Confined:
    """A folder outside of which nothing is read, wherever links lead.

    What its folders really are is looked up once each.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = os.fspath(folder)
        self.name = os.path.basename(self.path)
        self._real = os.path.realpath(folder)
        self._folders: dict[str, str] = {}
        self._plain: dict[str, bool] = {"": True}

    def plain(self, relative: str) -> os.stat_result | None:
        """Return the facts of the regular file at *relative*, reached without any link, else None.

        It lies inside then, whatever else is true of it.
        """
        parent, _, name = relative.rpartition("/")
        if relative.count("/") > _DEPTH or not self._is_plain_folder(parent):
            return None
        try:
            facts = os.lstat(f"{self._real}/{relative}")
        except (OSError, ValueError):
            return None
        return facts if stat.S_ISREG(facts.st_mode) and name else None

    def _is_plain_folder(self, relative: str) -> bool:
        """Tell whether *relative* is a folder reached without any link; one look per parent."""
        if relative not in self._plain:
            parent, _, name = relative.rpartition("/")
            self._plain[relative] = False
            if name not in ("", os.curdir, os.pardir) and self._is_plain_folder(parent):
                self._plain |= self._folders_in(parent)
        return self._plain[relative]

    def _folders_in(self, parent: str) -> dict[str, bool]:
        prefix = f"{parent}/" if parent else ""
        try:
            with os.scandir(f"{self._real}/{parent}") as entries:
                return {
                    prefix + entry.name: entry.is_dir(follow_symlinks=False) for entry in entries
                }
        except (OSError, ValueError):
            return {}

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
