"""The command line as a process: signals, streams, errors and the exit code.

Nothing heavy is imported before a verb runs, so that ``--help`` answers at once.
"""

import os
import resource
import sys
from collections.abc import Sequence

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import AuditError, BusyError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import secrets_in
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.signals import (
    NOTHING_CHANGED,
    Stopped,
    received_signal,
    stop_on_signals,
)
from skillmeat_audit.ui.cli.streams import prepare_streams, print_error

_NEEDED_BYTES = 256 * 1024 * 1024  # of address space, to load pandas and pyarrow
_EXITS: dict[type[BaseException], ExitCode] = {BusyError: ExitCode.CONFLICT}


def entry() -> None:
    """Run the command line and leave with its exit code, at once.

    Shutting down an interpreter full of DataFrames takes longer than some of the rules.
    """
    code = None
    try:
        code = _run()
    finally:  # where reporting a crash fails: Python's exit code 1 would mean findings
        if code is None:
            os.write(
                2, b"skillmeat-audit: crashed; the reason cannot be printed: not enough memory?\n"
            )
        os._exit(ExitCode.CRASHED if code is None else code)


def _run() -> int:
    """Return the exit code of `main`; the one boundary where every exception is caught."""
    try:
        stop_on_signals()
        return main()
    except Stopped as stopped:
        return _interrupted(stopped, stopped.number)
    except Exception as exc:  # noqa: BLE001 - see the docstring
        # A library may raise an error of its own instead: numpy does while it is imported.
        if (number := received_signal()) is not None:
            return _interrupted(exc, number)
        from skillmeat_audit.ui.cli.crash import report_crash

        report_crash(exc, sys.argv[1:])
        return ExitCode.CRASHED


def _interrupted(exc: BaseException, number: int) -> int:
    """Print what a run had written before the signal *number*; return the exit code."""
    written = "; ".join(getattr(exc, "__notes__", ())) or NOTHING_CHANGED
    print_error(f"interrupted; {printable(written)}")
    return ExitCode(128 + number)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on *argv* (default: the process's) and return its exit code."""
    prepare_streams()
    # OpenBLAS reserves memory per thread and, where that fails, exits 1; nothing here uses threads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrow's default keeps much of what it frees: 310 MB instead of 240 at 10,000 artifacts.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # With less, pyarrow and OpenBLAS do not raise MemoryError but end the process.
    available = resource.getrlimit(resource.RLIMIT_AS)[0]
    if available != resource.RLIM_INFINITY and available < _NEEDED_BYTES:
        return _failed(f"not enough memory: raise 'ulimit -v' to {_NEEDED_BYTES // 1024} or more")
    import click

    from skillmeat_audit.ui.cli.verbs import cli

    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        # standalone_mode=False: click returns and raises instead of exiting with its own codes.
        return int(cli.main(arguments, prog_name=TOOL, standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as exc:
        print_error(exc.format_message())
        return ExitCode.FAILED
    except click.ClickException as exc:
        # click's messages begin with a capital and end with a full stop; ours do not.
        message = exc.format_message().removesuffix(".")
        # They repeat what was typed: an address as a surplus argument, with its password.
        for secret in set[str]().union(*map(secrets_in, arguments)):
            message = message.replace(secret, "…")
        context = getattr(exc, "ctx", None)
        command = TOOL if context is None else context.command_path
        return _failed(f"{message[:1].lower()}{message[1:]}; see '{command} --help'")
    # OSError: the output cannot be written (`emit`); all others are AuditErrors by now.
    except (AuditError, OSError) as exc:
        if "--traceback" in arguments:
            from skillmeat_audit.ui.cli.crash import traceback_of

            print_error(traceback_of(exc, arguments))
        lines = exc.args if isinstance(exc, AuditError) else (str(exc),)
        return _failed(*lines, code=_EXITS.get(type(exc), ExitCode.FAILED))
    except SystemExit:  # so click says that the reader of its help went away
        return ExitCode.CLEAN


def _failed(*messages: str, code: ExitCode = ExitCode.FAILED) -> int:
    for message in messages:
        print_error(f"{TOOL}: {printable(message)}")
    return code
