"""Does long work beside the kernel's thread, so that the page goes on answering."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from skillmeat_audit.base.errors import AuditError


class Worker:
    """One piece of work at a time, in a thread of its own; *on_end* is told its error, or None."""

    def __init__(self, on_end: Callable[[str | None], None]) -> None:
        self._pool = ThreadPoolExecutor(1, "skillmeat-audit")
        self._on_end, self._cancelled, self._idle = on_end, Event(), Event()
        self._idle.set()

    def start(self, work: Callable[[], None]) -> None:
        """Start *work*; it may ask `going_on` whether it has been cancelled."""
        self._cancelled.clear()
        self._idle.clear()
        self._pool.submit(work).add_done_callback(self._ended)

    def cancel(self) -> None:
        """Ask the work to stop at the next chance."""
        self._cancelled.set()

    def going_on(self) -> bool:
        """Tell whether the work has not been cancelled."""
        return not self._cancelled.is_set()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the work to end; tell whether it did."""
        return self._idle.wait(timeout_seconds)

    def _ended(self, done: Future[None]) -> None:
        """Tell how the work ended: nothing may end up as a traceback in a log nobody reads."""
        match done.exception():
            case None:
                self._on_end(None)
            case AuditError() as exc:
                self._on_end(str(exc))
            case exc:
                self._on_end(f"{type(exc).__name__}: {exc}: this is a fault of skillmeat-audit")
        self._idle.set()
