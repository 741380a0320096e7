"""The exit codes of the command line."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command, the same in every output format."""

    CLEAN = 0  # nothing at or above --fail-on; written or decided as asked
    FINDINGS = 1  # findings at or above --fail-on
    FAILED = 2  # could not check, or bad usage: nothing was changed
    CONFLICT = 4  # something was skipped, because it changed since it was planned
    UNDELIVERED = 6  # a report was made and not delivered
    CRASHED = 70  # EX_SOFTWARE of sysexits.h: a fault of this program
    # 128 + the number of the signal, as shells report it: SIGHUP 1, SIGINT 2, SIGTERM 15.
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143
