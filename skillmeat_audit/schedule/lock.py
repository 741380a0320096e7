"""The lock file that keeps runs on one home from overlapping."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillmeat_audit.base.atomic_write import make_folder
from skillmeat_audit.base.errors import BusyError, StateError
from skillmeat_audit.base.text import printable


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock file at *path*; the kernel releases it when the process ends, however it ends.

    Raises `BusyError` where another run holds it, `StateError` where it cannot be created.
    """
    try:
        make_folder(path.parent, mode=0o700)
        # "a": opening must not empty the file of the run that holds it.
        file = path.open("a")
    except OSError as exc:
        raise StateError(f"cannot open {printable(path)}: {exc.strerror or exc}") from exc
    with file:
        try:
            # flock, not lockf: its lock is the open file's, so no other part of this process can
            # drop it.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"another run on this home is in progress (it holds {printable(path)}); "
                "nothing was done"
            ) from None
        yield
