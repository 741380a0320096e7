"""Runs long work in a thread of its own, so that the notebook stays responsive."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from skillmeat_audit.base.errors import AuditError, CancelledError


class Worker:
    """Runs one piece of work at a time; calls *on_end* with its error message, or with "".

    *on_end* is also told whether the work was cancelled: its message is then no error.
    """

    def __init__(self, on_end: Callable[[str, bool], None]) -> None:
        # One thread: a second piece of work would write to the same cache at the same time.
        self._pool = ThreadPoolExecutor(1, "skillmeat-audit")
        self._on_end, self._cancel_requested, self._idle = on_end, Event(), Event()
        self._idle.set()

    def start(self, work: Callable[[], None]) -> None:
        """Start *work*; it can ask `is_cancelled` whether it should stop."""
        self._cancel_requested.clear()
        self._idle.clear()
        # The callback runs in the worker's thread, after the work, also where that raised.
        self._pool.submit(work).add_done_callback(self._finish)

    def cancel(self) -> None:
        """Request that the work stops at its next check."""
        self._cancel_requested.set()

    @property
    def is_cancelled(self) -> bool:
        """True after `cancel`, until the next start."""
        return self._cancel_requested.is_set()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the work to end; return False on time-out."""
        return self._idle.wait(timeout_seconds)

    def _finish(self, future: Future[None]) -> None:
        # An exception left in the future would only reach a log that nobody reads.
        match future.exception():
            case None:
                self._on_end("", False)
            case AuditError() as exc:
                self._on_end(str(exc), isinstance(exc, CancelledError))
            case exc:
                message = f"{type(exc).__name__}: {exc}: this is a bug of skillmeat-audit"
                self._on_end(message, False)
        self._idle.set()
