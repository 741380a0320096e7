"""The command line as a process: a thin face of `skillmeat_audit.commands`.

Nothing heavy is imported before a verb runs, so that ``--help`` answers at once, and nothing at all
before signals are heard.
"""

import os
import sys
from collections.abc import Sequence

from skillmeat_audit.model.errors import AuditError, BusyError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.text import printable
from skillmeat_audit.ui.signals import Stopped, stop_on_signals
from skillmeat_audit.ui.streams import complain, prepare_streams

_EXITS: dict[type[BaseException], ExitCode] = {BusyError: ExitCode.CONFLICT}


def entry() -> None:
    """Run the command line and leave with its exit code, at once.

    Taking an interpreter full of frames apart takes longer than some of the rules.
    """
    try:
        stop_on_signals()
        code = main()
    except Stopped as stopped:
        writes = any(verb in sys.argv for verb in ("apply", "undo"))
        told = "'skillmeat-audit runs' says what was written" if writes else "nothing was changed"
        complain(f"interrupted; {told}")
        code = ExitCode(128 + stopped.number)
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on *argv* (default: the process's) and return its exit code."""
    prepare_streams()
    import click

    from skillmeat_audit.ui.verbs import cli

    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return int(cli.main(arguments, prog_name="skillmeat-audit", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as exc:
        complain(exc.format_message())
        return ExitCode.FAILED
    except click.ClickException as exc:
        return _failed(f"{exc.format_message()[:1].lower()}{exc.format_message()[1:]}")
    except (AuditError, OSError) as exc:
        if "--traceback" in arguments:
            raise
        return _failed(str(exc), _EXITS.get(type(exc), ExitCode.FAILED))
    except SystemExit:  # so click says that the reader of its help went away
        return ExitCode.CLEAN


def _failed(message: str, code: ExitCode = ExitCode.FAILED) -> int:
    complain(f"skillmeat-audit: {printable(message)}")
    return code
