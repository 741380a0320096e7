"""The lock file that keeps runs on one home from overlapping."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from skillmeat_audit.base.atomic_write import make_folder
from skillmeat_audit.base.errors import BusyError, StateError
from skillmeat_audit.base.text import printable

_RETRY_SECONDS = 0.05  # flock(2) has no time limit of its own


@contextmanager
def exclusive_lock(path: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock file at *path*; the kernel releases it when the process ends, however it ends.

    Raises `BusyError` where another run holds it for longer than *wait_seconds*, `StateError` where
    it cannot be created.
    """
    try:
        make_folder(path.parent, mode=0o700)
        # "a": opening must not empty the file of the run that holds it.
        file = path.open("a")
    except OSError as exc:
        raise StateError(f"cannot open {printable(path)}: {exc.strerror or exc}") from exc
    with file:
        deadline = time.monotonic() + wait_seconds
        while not _is_acquired(file):
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"another run on this home is in progress (it holds {printable(path)}); "
                    "nothing was done"
                )
            time.sleep(_RETRY_SECONDS)
        yield


def _is_acquired(file: IO[str]) -> bool:
    try:
        # flock, not lockf: its lock is the open file's, so no other part of this process can
        # drop it.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
