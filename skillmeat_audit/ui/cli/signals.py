"""Turns signals that end the process into an exception, so that temporary files are removed."""

import signal
from types import FrameType

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


# Not an Exception: no handler on the way may take it for an error of the audit.
class Stopped(BaseException):
    """A signal asked the process to end; ``number`` is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


_received: list[int] = []


def last_signal() -> int:
    """Return the signal that asked the process to end: libraries pass on that there was one."""
    return _received[-1] if _received else signal.SIGINT


def stop_on_signals() -> None:
    """Raise `Stopped` at the first signal that ends the process; a second one ends it at once.

    A signal that the process was started to ignore (``nohup``, ``&``) stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    for ending in ENDING:
        # Cleaning up may hang (a dead network file system): the second signal ends it.
        signal.signal(ending, signal.SIG_DFL)
    _received.append(number)
    raise Stopped(number)
