"""Turns signals that end the process into an exception, so that temporary files are removed."""

# What the module `signal` wraps in enums, which take 15 ms to load: before signals are handled, an
# interruption prints a traceback.
import _signal as signal  # type: ignore[import-not-found]
import os
import sys

TYPE_CHECKING = False  # not typing's: this module is loaded before signals are handled
if TYPE_CHECKING:
    from collections.abc import Callable
    from sys import UnraisableHookArgs
    from types import FrameType

NOTHING_CHANGED = "nothing was changed"
ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


# Not an Exception: no handler on the way may take it for an error of the audit.
class Stopped(BaseException):
    """A signal asked the process to end; ``number`` is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


_CALLBACK_SECONDS = 0.001
_received: list[int] = []


def received_signal() -> int | None:
    """Return the signal that asked the process to end, None where none did."""
    return _received[-1] if _received else None


def last_signal() -> int:
    """Return the signal that asked the process to end: libraries pass on that there was one."""
    return received_signal() or signal.SIGINT


def leave_on_signals() -> None:
    """End the process at the first signal that ends it, in one line: while our modules load.

    A signal that the process was started to ignore (``nohup``, ``&``) stays ignored.
    """
    _handle(_leave)


def stop_on_signals() -> None:
    """Raise `Stopped` at the first signal that ends the process; a second one ends it at once.

    A signal that the process was started to ignore stays ignored.
    """
    _handle(_stop)
    # Python drops what is raised in a callback of the garbage collector, as importing has them.
    sys.unraisablehook = _raise_again


def _handle(act: "Callable[[int, FrameType | None], None]") -> None:
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, act)


def _leave(number: int, _frame: "FrameType | None") -> None:
    os.write(2, f"interrupted; {NOTHING_CHANGED}\n".encode())
    os._exit(128 + number)


def _raise_again(dropped: "UnraisableHookArgs") -> None:
    """Raise a `Stopped` that Python dropped again, shortly after the callback that it was in."""
    stopped = dropped.exc_value
    if not isinstance(stopped, Stopped):
        sys.__unraisablehook__(dropped)
        return

    def stop(_number: int, _frame: "FrameType | None") -> None:
        raise stopped

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _CALLBACK_SECONDS)


def _stop(number: int, _frame: "FrameType | None") -> None:
    for ending in ENDING:
        # Cleaning up may hang (a dead network file system): the second signal ends it.
        signal.signal(ending, signal.SIG_DFL)
    _received.append(number)
    raise Stopped(number)
