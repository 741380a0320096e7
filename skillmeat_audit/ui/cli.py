"""The command line: a thin face of `skillmeat_audit.commands`.

Nothing heavier than click is imported before a verb runs, so that ``--help`` answers at once.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

import click

from skillmeat_audit import __version__
from skillmeat_audit.model.errors import AuditError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.text import printable
from skillmeat_audit.ui.check import check, rules, show
from skillmeat_audit.ui.lab import lab
from skillmeat_audit.ui.repair import apply, plan, runs, undo


def entry() -> None:
    """Run the command line and leave with its exit code, at once.

    Taking an interpreter full of frames apart takes longer than some of the rules.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on *argv* (default: the process's) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    try:
        code = cli.main(arguments, prog_name="skillmeat-audit", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.NoArgsIsHelpError as exc:
        click.echo(exc.format_message(), err=True)
        return ExitCode.FAILED
    except click.ClickException as exc:
        return _failed(f"{exc.format_message()[:1].lower()}{exc.format_message()[1:]}")
    except AuditError as exc:
        if "--traceback" in arguments:
            raise
        return _failed(str(exc))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.CLEAN
    except OSError as exc:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what is buffered cannot be written
        return _failed(f"cannot write the output: {exc.strerror or exc}")
    except (KeyboardInterrupt, click.Abort):
        writes = any(verb in arguments for verb in ("apply", "undo"))
        told = "'skillmeat-audit runs' says what was written" if writes else "nothing was changed"
        click.echo(f"\ninterrupted; {told}", err=True)
        return ExitCode.INTERRUPTED


def _prepare_streams() -> None:
    """Make streams that are closed swallow, and streams that cannot encode escape."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for the process's life
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _failed(message: str) -> int:
    click.echo(f"skillmeat-audit: {printable(message)}", err=True)
    return ExitCode.FAILED


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="skillmeat-audit", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit SkillMeat's artifact cache: which rows are wrong, why, and what would mend them.

    HOME is a .skillmeat folder or the folder that holds it; the default is ~/.skillmeat.

    \b
    Exit codes: 0 clean · 1 findings · 2 could not check, or bad usage
                4 conflict or partly applied · 6 report not delivered · 130 interrupted
    """  # noqa: D301


for verb in (check, show, rules, plan, apply, undo, runs, lab):
    cli.add_command(verb)
