"""The verb ``runs``, and what the verbs that write print of runs."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit.base import TOOL
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.arguments import absolute_path, default_home, home_argument_with
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.completers import complete_runs
from skillmeat_audit.ui.cli.options import RunOptions, run_options, schema_option, whole_option
from skillmeat_audit.ui.cli.output import print_document, print_lines
from skillmeat_audit.ui.cli.repeated import next_commands
from skillmeat_audit.ui.cli.streams import print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Run


# The beginning of a run's id: 20260210T09
_RUN = re.compile(r"[0-9]{4,8}(T[0-9]{0,6}(Z(-[0-9a-f]{0,6})?)?)?")


@verb_command(
    short_help="List the runs that wrote to a home.",
    examples=(
        ("skillmeat-audit runs HOME", "the latest first"),
        ("skillmeat-audit runs HOME 20260210T12", "what one of them changed"),
    ),
    saves=True,
)
@home_argument_with(lambda _context, _parameter, value: value)  # it may be a RUN
@click.argument("run", required=False, is_eager=True, shell_complete=complete_runs)
@schema_option("runs", "run-detail", "run")
@whole_option
@run_options
def runs(home: str, run: str | None, running: RunOptions, *, whole: bool) -> int:
    """List the runs on a home, or what RUN changed, cell by cell and key by key.

    RUN is the id of a run, or the beginning of one. Without HOME, the default home is meant.
    """
    from skillmeat_audit.api import repair
    from skillmeat_audit.api.views import list_runs
    from skillmeat_audit.loaders.name_lookup import collection_names
    from skillmeat_audit.reports.facts.names import Names
    from skillmeat_audit.reports.files.runs_json import run_detail_json, runs_json
    from skillmeat_audit.reports.terminal.runs import run_detail_text, runs_text

    if _RUN.fullmatch(home) and not Path(home).exists():
        home, run = run or default_home(), home
    home = absolute_path(home)
    journals = repair.runs(home, database=running.database, options=running.options())
    if run is not None:
        detail = journals.show(run)
        if running.form == "json":
            print_document(run_detail_json(detail))
        else:
            names = Names({}, collection_names(home, running.database))
            print_lines(lambda width: run_detail_text(detail, names, width, whole=whole))
    elif running.form == "json":
        print_document(runs_json(list_runs(journals)))
    else:
        print_lines(lambda width: runs_text(list_runs(journals), width))
    return ExitCode.CLEAN


def report_interrupted_runs(home: str, running: RunOptions) -> None:
    """Print on stderr what interrupted runs had written, and which runs are damaged."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.api.views import list_runs
    from skillmeat_audit.reports.facts.run_sentences import describe_settled

    settled = repair.settle(home, database=running.database, options=running.options())
    for run in list_runs(settled):
        print_error(f"{TOOL}: {describe_settled(run)}")


def print_run(run: "Run", running: RunOptions) -> int:
    """Print *run*; return the exit code, 4 where rows were skipped."""
    from skillmeat_audit.api.next_steps import run_steps
    from skillmeat_audit.loaders.name_lookup import collection_names
    from skillmeat_audit.reports.files.runs_json import run_json
    from skillmeat_audit.reports.terminal.runs import run_text

    names = run.names if run.after is None else run.after.names
    if not names.collections:  # a plan from a file holds no names
        names = replace(names, collections=collection_names(run.outcome.home, running.database))
    if running.form == "json":
        print_document(run_json(run.outcome, run.recheck, names))
    else:
        commands = run_steps(run, next_commands(run.outcome.home))
        print_lines(lambda width: run_text(run.outcome, run.recheck, names, width, commands))
    return ExitCode.CONFLICT if run.outcome.has_conflicts else ExitCode.CLEAN
