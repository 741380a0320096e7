"""Opens and lists files in a collection's folder, and nothing outside it.

A path is resolved first, and then opened without following links: a folder that is replaced by a
link in between is refused. (``openat2`` with ``RESOLVE_BENEATH`` does both at once, but Python does
not offer it.) Names are text decoded as UTF-8 with ``surrogateescape``; the file system gets bytes,
because `os.fsencode` depends on the locale and SkillMeat's manifests do not.
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from skillmeat_audit.base.files import NOWHERE, READ_FLAGS, Content, read_descriptor
from skillmeat_audit.base.text import folded

_DEPTH = 16  # folders above a file; deeper paths are resolved link by link
# With O_PATH a folder on the way needs no read permission; macOS does not have it.
_PASS_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_LIST_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_DOTS = (b"", b".", b"..")


def name_bytes(name: str) -> bytes:
    """Return *name* as the file system stores it, in any locale."""
    return name.encode("utf-8", "surrogateescape")


def name_text(name: str | bytes) -> str:
    """Return a *name* from `os`, decoded as UTF-8 in any locale."""
    return os.fsencode(name).decode("utf-8", "surrogateescape")


class Descent:
    """Opens resolved paths component by component without following links; a context manager.

    The folders on the way to the last path stay open for the next path in them. Raises `OSError`
    (``ELOOP``) for a link anywhere in a path.
    """

    def __init__(self) -> None:
        self._paths: list[
            bytes
        ] = []  # the open folders, with a slash at the end; every one is in the one before
        self._descriptors: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())
        self._paths.clear()

    def open(self, real: bytes, flags: int) -> int:
        """Return a descriptor of the file at the absolute path *real*."""
        folder, name = self._split(real)
        try:
            return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
        except NotADirectoryError:
            _refuse_link(os.stat(name, dir_fd=folder, follow_symlinks=False))
            raise

    def read(self, real: bytes, limit_bytes: int) -> Content:
        """Return the content of the regular file at *real*, as `read_regular` does."""
        return read_descriptor(self.open(real, READ_FLAGS), limit_bytes)

    def stat(self, real: bytes) -> os.stat_result | None:
        """Return the status of *real*, None if nothing is there; raise ``ELOOP`` for a link."""
        facts = self.lstat(real)
        if facts is not None:
            _refuse_link(facts)
        return facts

    def lstat(self, real: bytes) -> os.stat_result | None:
        """Return the status of *real*, which may be a link itself, None if nothing is there."""
        try:
            folder, name = self._split(real)
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as exc:
            if exc.errno not in NOWHERE:
                raise
            return None

    def entries(self, real: bytes) -> list[tuple[bytes, bool]]:
        """Return the names in the folder *real*, and whether each is a folder."""
        descriptor = self.open(real, _LIST_FLAGS)
        try:
            with os.scandir(descriptor) as entries:
                return [(os.fsencode(e.name), e.is_dir(follow_symlinks=False)) for e in entries]
        finally:
            os.close(descriptor)

    def _split(self, real: bytes) -> tuple[int, bytes]:
        """Return a descriptor of the folder of *real*, and its name in it."""
        parent, slash, name = real.rpartition(b"/")
        return self._folder(parent + slash), name or b"."

    def _folder(self, path: bytes) -> int:
        """Return a descriptor of the folder *path*, which ends with a slash."""
        # A file mostly follows others of its folder: then nothing is closed and opened again.
        while self._paths and not path.startswith(self._paths[-1]):
            self._paths.pop()
            os.close(self._descriptors.pop())
        if not self._paths:
            self._enter(b"/", b"/", None)
        passed = len(self._paths[-1])
        while passed < len(path):
            end = path.index(b"/", passed) + 1
            self._enter(path[passed : end - 1], path[:end], self._descriptors[-1])
            passed = end
        return self._descriptors[-1]

    def _enter(self, name: bytes, path: bytes, above: int | None) -> None:
        try:
            descriptor = os.open(name, _PASS_FLAGS, dir_fd=above)
        except NotADirectoryError:  # what Linux raises for a link with O_DIRECTORY
            _refuse_link(os.stat(name, dir_fd=above, follow_symlinks=False))
            raise
        self._paths.append(path)
        self._descriptors.append(descriptor)


def _refuse_link(facts: os.stat_result) -> None:
    if stat.S_ISLNK(facts.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _resolved(path: bytes) -> bytes:
    """Return *path* with its links resolved; as it is where one vanishes meanwhile.

    `os.path.realpath` looks at each link twice, and raises where it is gone at the second look. The
    path is opened without following links, so a link that comes back in it is refused.
    """
    try:
        return os.path.realpath(path)
    except OSError:
        return path


class Confined:
    """The folder of a collection; nothing outside it is read, wherever links lead.

    Links may also lead into one of *link_roots*. Resolved folders are cached; *descent* opens them.
    """

    def __init__(
        self, collections: Path, name: str, descent: Descent, link_roots: Sequence[Path] = ()
    ) -> None:
        self.name = name
        self.descent = descent
        self._path = os.path.join(os.path.realpath(os.fsencode(collections)), name_bytes(name))
        allowed = [os.path.realpath(os.fsencode(root)) for root in link_roots]
        self._real = self._path  # should it be swapped for a link: that is not followed
        self._roots = tuple(root.rstrip(b"/") + b"/" for root in (self._path, *allowed))
        self._folders: dict[bytes, bytes] = {}
        self._plain_folders: dict[bytes, bool] = {b"": True}
        self._folded: dict[bytes, dict[str, str]] = {}
        target = self.resolve_inside("") if os.path.islink(self._path) else self._path
        self.is_link_outside = target is None
        self._real = target or self._path

    def lstat_inside(self, relative: str) -> tuple[bytes, os.stat_result] | None:
        """Return path and status of the regular file at *relative*, None if a link leads to it.

        The status is a hint: only a file that was opened by `Descent` is certainly inside.
        """
        if (real := self.path_inside(relative)) is None:
            return None
        try:
            facts = os.lstat(real)
        except (OSError, ValueError):
            return None
        return (real, facts) if stat.S_ISREG(facts.st_mode) else None

    def path_inside(self, relative: str) -> bytes | None:
        """Return the path of *relative*, None if a link leads to its folder, or if that is missing.

        Nobody looked whether there is a file.
        """
        path = name_bytes(relative)
        parent, _, name = path.rpartition(b"/")
        # Every folder of the path is listed once: unbounded, a crafted path would list thousands.
        if not name or path.count(b"/") > _DEPTH or not self._is_plain_folder(parent):
            return None
        return self._real + b"/" + path

    def _is_plain_folder(self, relative: bytes) -> bool:
        """Return True if *relative* is a folder without a link on the way; lists a parent once."""
        if relative not in self._plain_folders:
            parent, _, name = relative.rpartition(b"/")
            self._plain_folders[relative] = False
            if name not in _DOTS and self._is_plain_folder(parent):
                self._plain_folders |= self._folders_in(parent)
        return self._plain_folders[relative]

    def _folders_in(self, parent: bytes) -> dict[bytes, bool]:
        prefix = parent + b"/" if parent else b""
        try:
            entries = self.descent.entries(self._real + b"/" + parent if parent else self._real)
        except (OSError, ValueError):
            return {}
        return {prefix + name: is_folder for name, is_folder in entries}

    def resolve_inside(self, relative: str) -> bytes | None:
        """Return the resolved path of *relative*, None if it is outside."""
        path = os.path.join(self._path, name_bytes(relative))
        parent, name = os.path.split(path)
        if name in _DOTS:
            real = _resolved(path)
        else:
            if parent not in self._folders:
                self._folders[parent] = _resolved(parent)
            real = os.path.join(self._folders[parent], name)
            if os.path.islink(real):
                real = _resolved(real)
        # A folder that was resolved as a child is looked up as a parent by the files in it.
        self._folders[path] = real
        return real if (real + b"/").startswith(self._roots) else None

    def is_dead_link(self, relative: str) -> bool:
        """Return True if *relative*, where nothing exists, is a link inside the collection."""
        parent, _, name = relative.rpartition("/")
        folder = self.resolve_inside(parent)
        if folder is None:
            return False
        facts = self.descent.lstat(os.path.join(folder, name_bytes(name)))
        return facts is not None and stat.S_ISLNK(facts.st_mode)

    def names(self, relative: str) -> list[str]:
        """Return the sorted names in the folder *relative*, none if it is outside."""
        return [name for name, _ in self.entries(relative)]

    def entries(self, relative: str) -> list[tuple[str, bool]]:
        """Return the sorted names in the folder *relative*, and whether each is a folder."""
        real = self.resolve_inside(relative)
        if real is None:
            return []
        return sorted((name_text(name), folder) for name, folder in self.descent.entries(real))

    def similar_name(self, relative: str) -> tuple[str, str] | None:
        """Return the first missing part of *relative*, and a name that exists in its place.

        That name differs only in case or Unicode form (`folded`); None if there is no such name.
        """
        parent = ""
        for name in relative.split("/"):
            path = f"{parent}/{name}" if parent else name
            real = self.resolve_inside(path)
            if real is None:
                return None
            if self.descent.stat(real) is None:
                similar = self._folded_names(parent).get(folded(name))
                return None if similar is None else (name, similar)
            parent = path
        return None

    def _folded_names(self, folder: str) -> dict[str, str]:
        real = self.resolve_inside(folder)
        if real is None:
            return {}
        if real not in self._folded:
            try:
                self._folded[real] = {folded(name): name for name in self.names(folder)}
            except OSError:
                self._folded[real] = {}
        return self._folded[real]
