"""The verb ``apply``: writes a saved plan."""

from dataclasses import dataclass, replace
from pathlib import Path

import click

from skillmeat_audit.model.choices import SERVICES
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.completers import complete_plans
from skillmeat_audit.ui.cli.filters import ArtifactChoice, artifact_choice
from skillmeat_audit.ui.cli.interactive import choose_artifacts, require_terminal
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.options import RunOptions, option_group, run_options, schema_option
from skillmeat_audit.ui.cli.runs import print_run, report_interrupted_runs
from skillmeat_audit.ui.cli.streams import emit


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is written."""

    rehearse: bool
    interactive: bool
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
    quiets=True,
)
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_plans)
@option_group(
    ApplyOptions,
    "applying",
    click.option("--rehearse", is_flag=True, help="Do everything, then roll it back."),
    click.option(
        "--interactive", "-i", is_flag=True, help="Ask for every artifact, with a diff by words."
    ),
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
@artifact_choice
@schema_option("run")
@run_options
def apply(file: Path, applying: ApplyOptions, choice: ArtifactChoice, running: RunOptions) -> int:
    """Write the plan in FILE; rows that changed since are skipped and listed (exit 4)."""
    from skillmeat_audit.api.interruption import reporting_writes
    from skillmeat_audit.api.plan_selection import part_of
    from skillmeat_audit.api.values import Plan
    from skillmeat_audit.loaders.name_lookup import collection_names
    from skillmeat_audit.reports.facts.names import Names

    if applying.interactive:
        require_terminal(running.form)
    plan = Plan.load(file, running.database).narrowed(choice.only, choice.excluded)
    report_interrupted_runs(plan.home, running)
    if applying.interactive:
        names = Names({}, collection_names(plan.home, running.database))
        plan = replace(plan, document=part_of(plan.document, choose_artifacts(plan, names)))
        if plan.document.is_empty:
            emit("no artifact was chosen; nothing was written\n")
            return ExitCode.CLEAN
    options = running.options(applying.max_overwrites, applying.service)
    # Around the run and not the load: an interruption before it has written nothing.
    with reporting_writes(plan.home, options, running.database):
        run = plan.rehearse(options) if applying.rehearse else plan.apply(options)
    return print_run(run, running)
