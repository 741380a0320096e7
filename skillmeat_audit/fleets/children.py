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
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Self

from skillmeat_audit.fleets.packing import packed, unpacked
from skillmeat_audit.fleets.requests import (
    HomeAnswer,
    HomeRequest,
    answer_request,
    failed_answer,
)
from skillmeat_audit.model.exits import ExitCode

_LENGTH_BYTES, _READY = 8, b"ready"
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
        """Return the answer to *request* as the child packed it."""
        try:
            process = self._process = self._process or _started()
        except OSError as exc:
            reason = f"cannot start another process: {exc.strerror or exc}"
            return packed(failed_answer(request, reason))
        stopped = threading.Event()

        # Runs in the timer's thread: `answer` learns from the event why its pipe was closed.
        def stop() -> None:
            stopped.set()
            process.kill()

        limit = threading.Timer(request.home.time_limit, stop)
        limit.start()
        try:
            content = _exchanged(process, pickle.dumps(request))
        finally:
            limit.cancel()
        if content is not None:
            return content
        self.close()
        if stopped.is_set():
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
    code = _START.format(path=sys.path, module=__name__)
    # Arrow's own memory pool keeps 15 MB that the C library's gives back.
    environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", **os.environ}
    process = Popen(
        [sys.executable, "-c", code], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
    )
    assert process.stdout is not None
    # The libraries take a second to load, or ten on a busy machine: no home's time.
    process.stdout.read(len(_READY))
    return process


def _exchanged(process: Popen[bytes], content: bytes) -> bytes | None:
    """Send *content* to *process* and return what it answers, None where it has ended."""
    assert process.stdin is not None and process.stdout is not None
    try:
        _write(process.stdin, content)
        return _read(process.stdout)
    except (OSError, EOFError):
        return None


def _write(stream: IO[bytes], content: bytes) -> None:
    stream.write(len(content).to_bytes(_LENGTH_BYTES))
    stream.write(content)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    length = int.from_bytes(_read_whole(stream, _LENGTH_BYTES))
    return _read_whole(stream, length)


def _read_whole(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


def serve() -> None:
    """Answer requests from standard input until it is closed: the parent closed it, or died.

    A request that is being carried out is finished: a repair ends with its commit.
    """
    requests = sys.stdin.buffer
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(_READY)
    answers.flush()
    while True:
        try:
            # The only writer of this pipe is the parent, which is the same program.
            request: HomeRequest = pickle.loads(_read(requests))
            _write(answers, packed(answer_request(request)))
        except (EOFError, BrokenPipeError):
            os._exit(0)
