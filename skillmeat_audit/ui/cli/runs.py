"""The verb ``runs``, and what the verbs that write print of runs."""

from typing import TYPE_CHECKING

from skillmeat_audit.base import TOOL
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.options import RunOptions, run_options, schema_option
from skillmeat_audit.ui.cli.output import print_document, print_lines
from skillmeat_audit.ui.cli.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Run


@verb_command(
    short_help="List the runs that wrote to a home.",
    examples=(("skillmeat-audit runs HOME", "the latest first"),),
    saves=True,
)
@home_argument
@schema_option("runs")
@run_options
def runs(home: str, running: RunOptions) -> int:
    """List the runs on a home, the latest first, with the state of each."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.api.views import list_runs
    from skillmeat_audit.reports.files.runs_json import runs_json
    from skillmeat_audit.reports.terminal.runs import runs_text

    listed = list_runs(repair.runs(home, database=running.database, options=running.options()))
    if running.form == "json":
        print_document(runs_json(listed))
    else:
        emit("\n".join(runs_text(listed)) + "\n")
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
    from skillmeat_audit.loaders.name_lookup import collection_names
    from skillmeat_audit.reports.facts.names import Names
    from skillmeat_audit.reports.files.runs_json import run_json
    from skillmeat_audit.reports.terminal.runs import run_text

    if running.form == "json":
        print_document(run_json(run.outcome, run.recheck))
    else:
        state_dir = None if running.state_dir is None else str(running.state_dir)
        # The plan is from a file, which holds no names of collections.
        names = Names({}, collection_names(run.outcome.home, running.database))
        print_lines(lambda _: run_text(run.outcome, run.recheck, names, state_dir))
    return ExitCode.CONFLICT if run.outcome.has_conflicts else ExitCode.CLEAN
