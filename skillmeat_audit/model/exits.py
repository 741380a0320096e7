"""The exit codes of the command line."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command, the same in every output format."""

    CLEAN = 0
    FINDINGS = 1
    FAILED = 2
    CONFLICT = 4
    UNDELIVERED = 6
    CRASHED = 70  # EX_SOFTWARE of sysexits.h
    # 128 + the number of the signal, as shells report it: SIGHUP 1, SIGINT 2, SIGTERM 15.
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143
