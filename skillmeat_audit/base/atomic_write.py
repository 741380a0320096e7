"""Writes files completely or not at all, and makes their folders."""

import contextlib
import errno
import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes, *, mode: int = 0o666, durable: bool = False) -> None:
    """Write *data* to *path*: a reader sees the earlier content or all of *data*, never a part.

    The data go to a temporary file in the same folder, which then takes the name of *path*; a link
    at *path* is replaced, not followed. *mode* is subject to the umask. With *durable* the data and
    the name are on disk when this returns. On any failure (no space, an interruption) the temporary
    file is removed and *path* is as it was. Raises `OSError`.
    """
    temporary = path.with_name(f".skillmeat-audit-{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, mode), "wb") as file:
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
