"""The verb ``undo``: puts back what a run changed."""

import click

from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.completers import complete_runs
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.options import RunOptions, run_options, schema_option
from skillmeat_audit.ui.cli.runs import print_run, report_interrupted_runs


@verb_command(
    short_help="Put back what a run changed.",
    examples=(
        ("skillmeat-audit undo", "the latest run on ~/.skillmeat"),
        ("skillmeat-audit undo HOME --run 20260210T120000Z-6b643e", "one of those that runs lists"),
        ("skillmeat-audit undo HOME --rehearse", "put it back, then roll that back"),
    ),
    legends=(exit_codes(0, 2, 4),),
    quiets=True,
)
@home_argument
@click.option(
    "--run",
    metavar="ID",
    shell_complete=complete_runs,
    help="Run to undo.  [default: the latest]",
)
@click.option("--rehearse", is_flag=True, help="Do everything, then roll it back.")
@schema_option("run")
@run_options
def undo(home: str, run: str | None, rehearse: bool, running: RunOptions) -> int:
    """Put back what a run changed; what changed since is skipped and listed (exit 4)."""
    from skillmeat_audit.api import repair
    from skillmeat_audit.api.interruption import reporting_writes

    # Before the run to undo is chosen: one that was interrupted may turn out to be the latest.
    report_interrupted_runs(home, running)
    options = running.options()
    with reporting_writes(home, options, running.database):
        undone = repair.undo(
            home, run, database=running.database, options=options, rehearse=rehearse
        )
    return print_run(undone, running)
