"""Writes files completely or not at all, and makes their folders."""

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MTIME_STEP_NS = 10_000_000  # 10 ms: what every file system keeps, but for FAT


def write_whole(path: Path, data: bytes, *, mode: int = 0o666, durable: bool = False) -> None:
    """Write *data* to *path*: a reader sees the earlier content or all of *data*, never a part.

    The data go to a temporary file in the same folder, which then takes the name of *path*; a link
    at *path* is replaced, not followed. *mode* is subject to the umask. With *durable* the data and
    the name are on disk when this returns. On any failure (no space, an interruption) the temporary
    file is removed and *path* is as it was. Raises `OSError`.
    """
    temporary = path.with_name(f".skillmeat-audit-{secrets.token_hex(8)}.tmp")
    try:
        with open(os.open(temporary, _NEW_FILE, mode), "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is raised
            temporary.unlink()
        raise
    if durable:
        fsync_folder(path.parent)


def replace_unchanged(folder: int, name: bytes, before: bytes, after: bytes) -> bool:
    """Replace the content *before* of the regular file *name* by *after*; False if it changed.

    *folder* is a descriptor of the file's folder: nothing that is swapped in on the way there is
    followed. Mode and owner stay as they are. The comparison comes directly before the rename,
    because other programs write the file without a lock; the time between the two is microseconds,
    and what they write in it is lost. The modification time always differs from the earlier one,
    by which other programs tell a changed file. Raises `OSError`; then the file is as it was.
    """
    temporary = f".skillmeat-audit-{secrets.token_hex(8)}.tmp".encode()
    facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    handle = os.open(temporary, _NEW_FILE, 0o600, dir_fd=folder)
    try:
        with open(handle, "wb") as file:
            file.write(after)
            file.flush()
            # A new file belongs to whoever makes it: a manifest that root repairs would lock its
            # owner out. The owner changes first, because fchown clears set-user-id bits (chown(2)).
            if (facts.st_uid, facts.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(handle, facts.st_uid, facts.st_gid)
            os.fchmod(handle, stat.S_IMODE(facts.st_mode))
            _advance_mtime(handle, facts)
            os.fsync(handle)
        unchanged = _content(folder, name) == before
        if unchanged:
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    if not unchanged:
        os.unlink(temporary, dir_fd=folder)
        return False
    os.fsync(folder)
    return True


def _content(folder: int, name: bytes) -> bytes:
    with open(
        os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb"
    ) as file:
        return file.read()


def _advance_mtime(handle: int, earlier: os.stat_result) -> None:
    """Make the modification time of *handle* another one than *earlier*, also as a float."""
    if abs(os.fstat(handle).st_mtime_ns - earlier.st_mtime_ns) < _MTIME_STEP_NS:
        later = earlier.st_mtime_ns + _MTIME_STEP_NS
        os.utime(handle, ns=(later, later))


def make_folder(folder: Path, *, mode: int = 0o777, durable: bool = False) -> None:
    """Make *folder* and the parents that are missing, all with *mode*; raise `OSError`.

    With *durable* their names are on disk when this returns.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=mode, exist_ok=True)  # another process may make it at the same time
        if durable:
            fsync_folder(path.parent)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def fsync_folder(folder: Path) -> None:
    """Put the names in *folder* on disk; fsync of a file does not do that (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
