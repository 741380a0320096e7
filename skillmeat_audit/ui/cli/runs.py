"""The verb ``runs``, and what the verbs that write print of runs."""

from typing import TYPE_CHECKING

import click

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.options import RunOptions, home_argument, run_options, schema_option
from skillmeat_audit.ui.cli.output import print_lines
from skillmeat_audit.ui.cli.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Run


@click.command()
@home_argument
@schema_option("runs")
@run_options
def runs(home: str, running: RunOptions) -> int:
    """List the runs on a home, the latest first, with the state of each."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.reports.terminal.runs import runs_json, runs_text

    journals = repair.runs(home, database=running.database, options=running.options())
    if running.form == "json":
        emit(runs_json(journals) + "\n")
    else:
        emit("\n".join(runs_text(journals)) + "\n")
    return ExitCode.CLEAN


def report_interrupted_runs(home: str, running: RunOptions) -> None:
    """Print on stderr what interrupted runs had written, and which runs are damaged."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.reports.terminal.runs import settled_text

    for run in repair.settle(home, database=running.database, options=running.options()):
        print_error(f"skillmeat-audit: {settled_text(run)}")


def print_run(run: "Run", running: RunOptions) -> int:
    """Print *run*; return the exit code, 4 where rows were skipped."""
    from skillmeat_audit.reports.facts.names import Names
    from skillmeat_audit.reports.terminal.runs import run_json, run_text

    if running.form == "json":
        emit(run_json(run.outcome, run.recheck) + "\n")
    else:
        state_dir = None if running.state_dir is None else str(running.state_dir)
        print_lines(lambda _: run_text(run.outcome, run.recheck, Names({}, {}), state_dir))
    return ExitCode.CONFLICT if run.outcome.conflicts else ExitCode.CLEAN
