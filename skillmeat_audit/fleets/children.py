"""A child process that carries out requests on homes, one after the other, with a time limit each.

A home that hangs (a dead network file system) or brings its process down (not enough memory) costs
that process and nothing else. The children are plain processes that receive requests and send
answers through pipes: `multiprocessing` would run the main module of a user's script again, and a
pool of `concurrent.futures` ends as a whole with any process of it.
"""

import os
import pickle
import sys
import threading
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Self

from skillmeat_audit.api.answer_cache import CheckInputs
from skillmeat_audit.fleets.addresses import is_path
from skillmeat_audit.fleets.packing import packed, unpacked
from skillmeat_audit.fleets.requests import (
    HomeAnswer,
    HomeRequest,
    failed_answer,
)
from skillmeat_audit.fleets.serving import read_message, serve, write_message
from skillmeat_audit.model.exits import ExitCode

# The parent's own path: the package may be in a checkout or a zip that is not installed.
_START = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve()"


def time_limit_answer(request: HomeRequest) -> HomeAnswer:
    """Return the answer for a home that was stopped at its time limit."""
    return failed_answer(
        request,
        f"it did not finish within {request.home.time_limit:g} s and was stopped; "
        "raise its time-limit in the fleet file if it is only slow",
    )


class Child:
    """A child process; it is started with the first request, and again after it has ended."""

    def __init__(self) -> None:
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()  # a child that a thread of Dask's holds ends with the thread

    def answer(self, request: HomeRequest) -> HomeAnswer:
        """Return the answer to *request*, also where the child did not survive it."""
        return unpacked(self.packed_answer(request))

    def packed_answer(self, request: HomeRequest) -> bytes:
        """Return the answer to *request* as the child packed it, or had it in its cache."""
        try:
            process = self._process = self._process or _started()
        except OSError as exc:
            reason = f"cannot start another process: {exc.strerror or exc}"
            return packed(failed_answer(request, reason))
        limit = _TimeLimit(process, request.home.time_limit)
        content = _cached(process, request, limit) or _exchanged(
            process, pickle.dumps(request), limit
        )
        if content is not None:
            return content
        self.close()
        if limit.is_reached:
            return packed(time_limit_answer(request))
        reason = f"its process ended ({process.returncode}): perhaps not enough memory"
        return packed(failed_answer(request, reason, ExitCode.CRASHED))

    def close(self) -> None:
        """End the child process at once, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            # Reaps the process and closes both pipes; it was killed, so this does not wait.
            process.communicate()


def _started() -> Popen[bytes]:
    code = _START.format(path=sys.path, module=serve.__module__)
    # Arrow's own memory pool keeps 15 MB that the C library's gives back.
    environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", **os.environ}
    process = Popen(
        [sys.executable, "-c", code], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
    )
    assert process.stdout is not None
    # A start takes a while on a busy machine: no home's time.
    with suppress(EOFError):
        read_message(process.stdout)
    return process


class _TimeLimit:
    """Kills a process that takes longer than so many seconds; a context of each wait for it."""

    def __init__(self, process: Popen[bytes], seconds: float) -> None:
        self._process, self._seconds = process, seconds
        self.is_reached = False

    def __enter__(self) -> None:
        self._timer = threading.Timer(self._seconds, self._stop)
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    # Runs in the timer's thread: who waits learns from the closed pipe.
    def _stop(self) -> None:
        self.is_reached = True
        self._process.kill()


def _cached(process: Popen[bytes], request: HomeRequest, limit: _TimeLimit) -> bytes | None:
    """Return the answer to *request* that the child has in its cache, None or empty without one."""
    home, address = request.home, request.home.database
    if request.verb != "check" or not (address is None or is_path(address)):
        return None
    inputs = CheckInputs(
        home.path,
        address,
        None if request.state_dir is None else Path(request.state_dir),
        [Path(folder) for folder in home.settings.allow_links],
        None,
        repr((home, request.fail_on)),
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        with limit:
            write_message(process.stdin, pickle.dumps(inputs))
            return read_message(process.stdout)
    except (OSError, EOFError):
        return None


def _exchanged(process: Popen[bytes], content: bytes, limit: _TimeLimit) -> bytes | None:
    """Send *content* to *process* and return what it answers, None where it has ended."""
    assert process.stdin is not None and process.stdout is not None
    try:
        write_message(process.stdin, content)
        # The libraries take a second to load, or ten on a busy machine: no home's time.
        read_message(process.stdout)
        with limit:
            return read_message(process.stdout)
    except (OSError, EOFError):
        return None
