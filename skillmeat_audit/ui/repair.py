"""The verbs that repair: plan, apply, undo, runs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.options import (
    TEXT_OR_JSON,
    audit_home,
    common,
    common_to_all,
    filters,
    print_lines,
    scope_of,
    state_dir,
    with_options,
)
from skillmeat_audit.ui.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.options import Options
    from skillmeat_audit.api.values import Run

Command = Callable[..., Any]


def _run(command: Command) -> Command:
    """Add the options of the verbs that write, or tell what was written."""
    options = [
        state_dir,
        click.option(
            "--wait",
            type=click.FloatRange(0),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for a lock.",
        ),
        click.option("--format", "form", **TEXT_OR_JSON),
        click.option("--database", metavar="URL", help="The cache's place, where it moved."),
        *common_to_all,
    ]
    return with_options(command, options)


@click.command()
@click.argument("home", default="~/.skillmeat")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Save it.")
@filters
@click.option(
    "--disposition",
    multiple=True,
    type=click.Choice(["safe", "fill", "review"]),
    help="Mend findings of this disposition. Repeatable.  [default: safe, fill]",
)
@click.option("--deletes", is_flag=True, help="Delete orphans (K002) as well.")
@click.option("--format", "form", **TEXT_OR_JSON)
@click.option(
    "--limit", type=click.IntRange(0), default=40, show_default=True, help="Changes listed; 0: all."
)
@click.option("--schema", is_flag=True, help="Print the JSON plan_schema of plans, and stop.")
@common
def plan(home: str, **options: Any) -> int:
    """Decide what a repair would write, before → after. Nothing is written but FILE."""
    from skillmeat_audit.loaders.settings import load_settings
    from skillmeat_audit.repair.plan import encode_plan, plan_schema
    from skillmeat_audit.reports.terminal.runs import SavedPlan, plan_text

    if options["schema"]:
        emit(plan_schema().decode())
        return ExitCode.CLEAN
    settings = load_settings(options["config"])
    reading = options | {"no_parse_cache": True}  # what is written rests on what the files hold now
    audit = audit_home(home, reading, settings, scope_of(options, settings))
    planned = audit.plan(
        dispositions=options["disposition"] or ("safe", "fill"),
        deletes=options["deletes"],
    )
    output = options["output"]
    if output is not None:
        planned.save(output)
    if options["form"] == "json":
        emit(encode_plan(planned.document).decode())
    else:
        saved = SavedPlan(None if output is None else str(output), audit.names)
        print_lines(lambda width: plan_text(planned.document, saved, width, options["limit"]))
    return ExitCode.CLEAN


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rehearse", is_flag=True, help="Do everything, then roll it back.")
@click.option(
    "--max-overwrites",
    type=click.IntRange(0),
    metavar="N",
    help="Rows that may be overwritten or deleted.  [default: a fifth, at least 5]",
)
@click.option(
    "--service",
    type=click.Choice(["embedded", "skillmeat"]),
    default="embedded",
    show_default=True,
    help="Who writes the rows.",
)
@_run
def apply(file: Path, **options: Any) -> int:
    """Write the plan in FILE: rows that moved since are skipped and listed (exit 4)."""
    from skillmeat_audit.api.interruption import reporting_writes
    from skillmeat_audit.api.values import Plan

    planned = Plan.load(file, options["database"])
    home = planned.home
    _tell_interrupted(home, options)
    with reporting_writes(home, _options(options), options["database"]):
        run_options = _options(options)
        run = planned.rehearse(run_options) if options["rehearse"] else planned.apply(run_options)
    return _told(run, options)


@click.command()
@click.argument("home", default="~/.skillmeat")
@click.option("--run", metavar="ID", help="The run to undo.  [default: the latest]")
@_run
def undo(home: str, **options: Any) -> int:
    """Put back what a run changed; rows that moved since are skipped and listed (exit 4)."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.api.interruption import reporting_writes

    _tell_interrupted(home, options)
    with reporting_writes(home, _options(options), options["database"]):
        run = repair.undo(
            home, options["run"], database=options["database"], options=_options(options)
        )
    return _told(run, options)


@click.command()
@click.argument("home", default="~/.skillmeat")
@_run
def runs(home: str, **options: Any) -> int:
    """List the runs on a home, the latest first, with what became of each."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.reports.terminal.runs import runs_json, runs_text

    listed = repair.runs(home, database=options["database"], options=_options(options))
    if options["form"] == "json":
        emit(runs_json(listed) + "\n")
    else:
        emit("\n".join(runs_text(listed)) + "\n")
    return ExitCode.CLEAN


def _options(options: dict[str, Any]) -> "Options":
    from skillmeat_audit.api.options import Options
    from skillmeat_audit.loaders.settings import load_settings

    settings = load_settings(options["config"])
    return Options(
        options["state_dir"],
        options.get("max_overwrites"),
        options["wait"],
        options.get("service", "embedded"),
        settings.keep_backups,
        allow_links=settings.allow_links,
    )


def _tell_interrupted(home: str, options: dict[str, Any]) -> None:
    """Say on stderr what became of runs that were interrupted, and which are damaged."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.reports.terminal.runs import settled_text

    for run in repair.settle(home, database=options["database"], options=_options(options)):
        print_error(f"skillmeat-audit: {settled_text(run)}")


def _told(run: "Run", options: dict[str, Any]) -> int:
    from skillmeat_audit.reports.facts.names import Names
    from skillmeat_audit.reports.terminal.runs import run_json, run_text

    if options["form"] == "json":
        emit(run_json(run.outcome, run.recheck) + "\n")
    else:
        state_dir = None if options["state_dir"] is None else str(options["state_dir"])
        print_lines(lambda _: run_text(run.outcome, run.recheck, Names({}, {}), state_dir))
    return ExitCode.CONFLICT if run.outcome.conflicts else ExitCode.CLEAN
