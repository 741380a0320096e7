"""The verb ``apply``: writes a saved plan."""

from dataclasses import dataclass
from pathlib import Path

import click

from skillmeat_audit.model.choices import SERVICES
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.completers import complete_plans
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.options import RunOptions, option_group, run_options, schema_option
from skillmeat_audit.ui.cli.runs import print_run, report_interrupted_runs


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is written."""

    rehearse: bool
    max_overwrites: int | None
    service: str


@verb_command(
    short_help="Write a saved plan to the home.",
    examples=(
        ("skillmeat-audit apply plan.json --rehearse", "write everything, then roll it back"),
        ("skillmeat-audit apply plan.json --interactive", "decide artifact by artifact"),
        ("skillmeat-audit apply plan.json --except skill:draft", "all but one artifact"),
    ),
    legends=(exit_codes(0, 2, 4),),
)
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_plans)
@option_group(
    ApplyOptions,
    "applying",
    click.option("--rehearse", is_flag=True, help="Do everything, then roll it back."),
    click.option(
        "--max-overwrites",
        type=click.IntRange(0),
        metavar="N",
        help="Maximum number of rows to overwrite or delete.  [default: 20 %, at least 5]",
    ),
    click.option(
        "--service",
        type=click.Choice(SERVICES),
        default=SERVICES[0],
        show_default=True,
        help="Code that writes the rows: this program's, or an installed SkillMeat's.",
    ),
)
@schema_option("run")
@run_options
def apply(file: Path, applying: ApplyOptions, running: RunOptions) -> int:
    """Write the plan in FILE; rows that changed since are skipped and listed (exit 4)."""
    from skillmeat_audit.api.interruption import reporting_writes
    from skillmeat_audit.api.values import Plan

    plan = Plan.load(file, running.database)
    report_interrupted_runs(plan.home, running)
    options = running.options(applying.max_overwrites, applying.service)
    # Around the run and not the load: an interruption before it has written nothing.
    with reporting_writes(plan.home, options, running.database):
        run = plan.rehearse(options) if applying.rehearse else plan.apply(options)
    return print_run(run, running)
