"""Where the requests of a fleet run: this process, a pool of processes, or Dask's workers.

Whichever it is, the answers are the same and in the order of the requests. The queue of the pool is
that of `concurrent.futures`; on Dask its scheduler distributes the homes, and repeats those of
workers that were lost.
"""

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import SimpleQueue
from types import FrameType

from skillmeat_audit.fleets.children import Child, time_limit_answer
from skillmeat_audit.fleets.processors import processors
from skillmeat_audit.fleets.requests import HomeAnswer, HomeRequest, answer_request
from skillmeat_audit.loaders.snapshot import with_progress

# A child takes as long to start as this process to check three homes of 300 artifacts.
FEW_HOMES = 4


@dataclass(frozen=True)
class Engine:
    """Where requests run: ``workers`` processes (default: one per processor).

    With ``dask`` they are Dask's on this machine, with ``scheduler`` those of its cluster.
    """

    workers: int | None = None
    dask: bool = False
    scheduler: str | None = None
    progress: bool | None = None

    def answers(self, requests: Sequence[HomeRequest]) -> list[HomeAnswer]:
        """Return the answers to *requests*, in their order."""
        if self.dask or self.scheduler is not None:
            from skillmeat_audit.fleets.dask_engine import answers_on_dask  # noqa: PLC0415 - slow

            return answers_on_dask(requests, self.workers, self.scheduler, self.progress)
        workers = min(self.workers or processors(), len(requests))
        is_small = len(requests) <= FEW_HOMES if self.workers is None else self.workers == 1
        # Only the main thread can be interrupted at a time limit.
        if is_small and threading.current_thread() is threading.main_thread():
            return [_limited(each) for each in with_progress(requests, self.progress, "homes")]
        return _answers_of_pool(requests, workers, self.progress)


class _TimeLimitError(BaseException):
    """The time limit of a home was reached; not an Exception, which the audit might handle."""


def _limited(request: HomeRequest) -> HomeAnswer:
    try:
        with _alarm(request.home.time_limit):
            # Only a child caches answers: the snapshots of all homes would not fit.
            return replace(answer_request(request), snapshot=None)
    except _TimeLimitError:
        return time_limit_answer(request)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `_TimeLimitError` in the block after *seconds*."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TimeLimitError

    # An alarm also interrupts a system call that hangs, for which a thread would wait.
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _answers_of_pool(
    requests: Sequence[HomeRequest], workers: int, progress: bool | None
) -> list[HomeAnswer]:
    """Return the answers of *workers* child processes, each of which a thread waits for."""
    # Not a process pool of the library's: that one cannot end a single child at its time limit.
    children = [Child() for _ in range(workers)]
    idle: SimpleQueue[Child] = SimpleQueue()
    for child in children:
        idle.put(child)

    def answer(request: HomeRequest) -> HomeAnswer:
        child = idle.get()
        try:
            return child.answer(request)
        finally:
            idle.put(child)

    executor = ThreadPoolExecutor(workers)
    try:
        futures = [executor.submit(answer, request) for request in requests]
        return [future.result() for future in with_progress(futures, progress, "homes")]
    finally:
        # After an interruption the children are ended first, for which the threads wait.
        executor.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.close()
        executor.shutdown()
