"""The verb ``undo``: puts back what a run changed."""

import click

from skillmeat_audit.ui.cli.options import RunOptions, home_argument, run_options, schema_option
from skillmeat_audit.ui.cli.runs import print_run, report_interrupted_runs


@click.command()
@home_argument
@click.option("--run", metavar="ID", help="Run to undo.  [default: the latest]")
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
