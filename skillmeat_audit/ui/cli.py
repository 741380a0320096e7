"""The command line: a thin face of `skillmeat_audit.commands`.

Nothing heavier than click is imported before a verb runs, so that ``--help`` answers at once.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit import __version__
from skillmeat_audit.model.errors import AuditError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.text import printable

if TYPE_CHECKING:
    from rich.text import Text

    from skillmeat_audit.commands import Audit, Scope

Command = Callable[..., Any]
_PIPE_WIDTH = 110


def entry() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on *argv* (default: the process's) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(arguments, prog_name="skillmeat-audit", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as exc:
        return _failed(f"{exc.format_message()[:1].lower()}{exc.format_message()[1:]}")
    except AuditError as exc:
        if "--traceback" in arguments:
            raise
        return _failed(str(exc))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.CLEAN
    except (KeyboardInterrupt, click.Abort):
        click.echo("\ninterrupted; nothing was changed", err=True)
        return ExitCode.INTERRUPTED


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


def _common(command: Command) -> Command:
    """Add the options that every verb on a home has."""
    options = [
        click.option(
            "--database",
            metavar="URL",
            help="The cache's place: a file, sqlite:///… or postgresql://…",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Settings file (rules ignored, and why).",
        ),
        click.option("--traceback", is_flag=True, help="On an error, show where it was raised."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _filters(command: Command) -> Command:
    """Add the options that say which findings are asked for."""
    listed: dict[str, Any] = {"multiple": True, "metavar": "CODE"}
    options = [
        click.option(
            "--select",
            **listed,
            help="Only rules with this code or prefix, e.g. D or S001. Repeatable.",
        ),
        click.option(
            "--ignore", **listed, help="Leave out these rules; they stay counted. Repeatable."
        ),
        click.option(
            "--collection",
            multiple=True,
            metavar="ID|NAME",
            help="Only this DB collection. Repeatable.",
        ),
        click.option(
            "--artifact",
            multiple=True,
            metavar="ID",
            help="Only this artifact, type:name or name. Repeatable.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@click.argument("home", default="~/.skillmeat")
@_filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Exit 1 from this severity on.  [default: warning]",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 even with findings; errors still exit 2.")
@click.option("--verbose", "-v", is_flag=True, help="List notes as well.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing; the exit code tells.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=40,
    show_default=True,
    help="Groups listed; 0 lists all.",
)
@_common
def check(home: str, **options: Any) -> int:
    """Audit a home: print its findings and a summary. Nothing is written."""
    from skillmeat_audit.loaders.settings import load_settings

    settings = load_settings(options["config"])
    scope = _scope(options, settings.ignore)
    audit = _audit(home, options, scope)
    if not options["quiet"]:
        _print_check(audit, options)
    fail_on = Severity(options["fail_on"]) if options["fail_on"] else settings.fail_on
    return ExitCode.CLEAN if options["exit_zero"] else audit.summary.exit_code(fail_on)


@cli.command()
@click.argument("artifact")
@click.argument("home", default="~/.skillmeat")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--full", is_flag=True, help="Whole values, one under the other.")
@_common
def show(artifact: str, home: str, **options: Any) -> int:
    """Show one ARTIFACT (type:name, or a name that is unique) through all its layers."""
    from skillmeat_audit.commands import Scope
    from skillmeat_audit.reports.tabular import artifact_json
    from skillmeat_audit.reports.text import Layout, artifact_text

    audit = _audit(home, options, Scope())
    view = audit.show(artifact)
    if options["form"] == "json":
        click.echo(artifact_json(view, __version__))
    else:
        _print_lines(lambda width: artifact_text(view, audit.names, Layout(width, options["full"])))
    return ExitCode.CLEAN


@cli.command()
@click.argument("code", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def rules(code: str | None, form: str) -> int:
    """List the rules, or explain those with this CODE or prefix."""
    from skillmeat_audit.commands import rules_of
    from skillmeat_audit.diff.rules import FAMILIES, RULES
    from skillmeat_audit.reports.manual import rules_json, rules_text

    chosen = rules_of([code]) if code else list(RULES)
    if form == "json":
        click.echo(rules_json(chosen))
    else:
        click.echo("\n".join(rules_text(chosen, FAMILIES, pages=code is not None)))
    return ExitCode.CLEAN


def _scope(options: dict[str, Any], ignored: Iterable[str]) -> "Scope":
    from skillmeat_audit.commands import Scope

    return Scope(
        select=options["select"],
        ignore=(*options["ignore"], *ignored),
        collections=options["collection"],
        artifacts=options["artifact"],
    )


def _audit(home: str, options: dict[str, Any], scope: "Scope") -> "Audit":
    gc.disable()  # while a thousand modules load there is nothing to collect, and looking costs
    from skillmeat_audit.commands import audit

    gc.freeze()
    gc.enable()
    quiet = True if options.get("quiet") else None
    return audit(home, database=options["database"], scope=scope, progress=False if quiet else None)


def _print_check(audit: "Audit", options: dict[str, Any]) -> None:
    from skillmeat_audit.reports.tabular import check_json, findings_csv
    from skillmeat_audit.reports.text import Layout, check_text

    if options["form"] == "json":
        click.echo(check_json(audit.summary, audit.findings, __version__))
    elif options["form"] == "csv":
        click.echo(findings_csv(audit.findings), nl=False)
    else:
        limit, verbose = options["limit"], options["verbose"]
        _print_lines(
            lambda width: check_text(
                audit.summary, audit.findings, audit.names, Layout(width, verbose, limit)
            )
        )


def _print_lines(lines: Callable[[int], Iterable["Text"]]) -> None:
    """Print *lines*, made for the width of the terminal, or for a fixed one where there is none."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS") or _PIPE_WIDTH)
    console = Console(width=width, highlight=False, soft_wrap=True)
    for line in lines(console.width):
        console.print(line, soft_wrap=True)
