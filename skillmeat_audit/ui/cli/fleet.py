"""The verbs of ``fleet``: what the other verbs do with one home, for all homes of a file."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.choices import REPORT_FORMATS
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import PLANNABLE, WRITABLE
from skillmeat_audit.ui.cli.command import Verb
from skillmeat_audit.ui.cli.fleet_options import (
    EngineOptions,
    FleetListing,
    FleetPlanOptions,
    FleetRepairOptions,
    FleetReportOptions,
    fleet_verb,
    group_option,
    homes_limit_option,
)
from skillmeat_audit.ui.cli.options import (
    exit_zero_option,
    fail_on_option,
    format_option,
    github_option,
    history_url_option,
    option_group,
    path_option,
    report_format_option,
)
from skillmeat_audit.ui.cli.output import print_document, print_lines
from skillmeat_audit.ui.cli.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.reports.facts.fleet import FleetFacts

_MEANINGS = {
    "file": "A TOML file that names homes, groups and caps.",
    "folder": "A folder of plans that 'skillmeat-audit fleet plan' has made.",
}
_file_argument = click.argument("file", type=click.Path(path_type=Path))
_folder_argument = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def fleet() -> None:
    """Check, report on and repair the homes that a TOML file defines.

    A home that fails, hangs or is locked never stops the others; the exit code is the worst of all.
    """


@fleet.command(
    cls=Verb,
    short_help="Audit all homes, the worst first.",
    examples=(("skillmeat-audit fleet check fleet.toml", "every home of the file"),),
    meanings=_MEANINGS,
)
@_file_argument
@option_group(
    FleetListing,
    "listing",
    format_option("text", "json", "csv"),
    homes_limit_option,
    group_option,
    fail_on_option,
    exit_zero_option,
)
@fleet_verb
def check(file: Path, listing: FleetListing, running: EngineOptions) -> int:
    """Audit all homes and print the worst first. Nothing of them is written."""
    from skillmeat_audit.fleets.operations import check_fleet

    facts = check_fleet(listing.homes(file), running.session(listing.fail_on))
    return _print_fleet(facts, listing)


@fleet.command(
    cls=Verb,
    short_help="Write one report of all homes.",
    examples=(
        (
            "skillmeat-audit fleet report fleet.toml -o fleet.html",
            "a page with the worst homes first",
        ),
    ),
    meanings=_MEANINGS,
)
@_file_argument
@option_group(
    FleetReportOptions,
    "reporting",
    click.option(
        "--output",
        "-o",
        "paths",
        multiple=True,
        metavar="FILE",
        help="Write FILE: .html .md .json .csv .parquet .xml (JUnit) .sarif .prom, - for "
        "standard output. Repeatable.",
    ),
    report_format_option(REPORT_FORMATS),
    github_option,
    group_option,
    fail_on_option,
    exit_zero_option,
    history_url_option,
    click.option("--no-history", is_flag=True, help="Do not record this run, nor compare it."),
)
@fleet_verb
def report(file: Path, reporting: FleetReportOptions, running: EngineOptions) -> int:
    """Audit all homes and write one report: what is new, the worst homes, the causes."""
    from skillmeat_audit.api.history import HistorySettings
    from skillmeat_audit.fleets.definition import load_definition
    from skillmeat_audit.fleets.operations import report_fleet
    from skillmeat_audit.fleets.outputs import fleet_outputs

    homes = load_definition(file).in_groups(reporting.group)
    outputs = fleet_outputs(reporting.paths, reporting.form, github=reporting.github)
    history = None if reporting.no_history else HistorySettings(reporting.history_url)
    session = running.session(reporting.fail_on)
    facts, delivery = report_fleet(homes, session, outputs, history)
    if not running.quiet:
        print_error(facts.sentence)
    for problem in delivery.problems:
        print_error(f"skillmeat-audit: {printable(problem)}")
    code = facts.exit_code
    if delivery.problems and code in (ExitCode.CLEAN, ExitCode.FINDINGS):
        return ExitCode.UNDELIVERED
    return ExitCode.CLEAN if reporting.exit_zero and code is ExitCode.FINDINGS else code


@fleet.command(
    cls=Verb,
    short_help="Decide what would be written, home by home.",
    examples=(
        ("skillmeat-audit fleet plan fleet.toml -o plans", "a plan per home, in the folder plans"),
    ),
    meanings=_MEANINGS,
)
@_file_argument
@option_group(
    FleetPlanOptions,
    "planning",
    path_option(
        "--output",
        "-o",
        "folder",
        help_text="New folder of the plans.  [default: plans]",
        metavar="DIR",
    ),
    click.option(
        "--disposition",
        multiple=True,
        type=click.Choice([each.value for each in PLANNABLE]),
        help="Repair findings of this disposition. Repeatable.  [default: safe, fill]",
    ),
    click.option("--deletes", is_flag=True, help="Delete orphaned rows (K002) as well."),
)
@option_group(
    FleetListing, "listing", format_option("text", "json"), homes_limit_option, group_option
)
@fleet_verb
def plan(
    file: Path,
    planning: FleetPlanOptions,
    listing: FleetListing,
    running: EngineOptions,
) -> int:
    """Write a plan per home to a new folder, for review. Nothing else is written."""
    from skillmeat_audit.api.planning import PlanScope
    from skillmeat_audit.fleets.operations import plan_fleet

    target = planning.folder or Path("plans")
    scope = PlanScope(planning.disposition or WRITABLE, planning.deletes)
    facts = plan_fleet(listing.homes(file), running.session(), target, scope)
    code = _print_fleet(facts, listing)
    if listing.form == "text":
        emit(f"\nnext:  skillmeat-audit fleet apply {shlex.quote(str(target))}\n")
    return code


_rehearse_option = click.option(
    "--rehearse", is_flag=True, help="Do everything, then roll it back."
)


@fleet.command(
    cls=Verb,
    short_help="Write the plans of a folder.",
    examples=(("skillmeat-audit fleet apply plans --resume", "go on after an interruption"),),
    meanings=_MEANINGS,
)
@_folder_argument
@option_group(
    FleetRepairOptions,
    "repairing",
    _rehearse_option,
    click.option(
        "--resume",
        is_flag=True,
        help="Go on after an interruption: what a run has committed is not repeated.",
    ),
)
@option_group(FleetListing, "listing", format_option("text", "json"), homes_limit_option)
@fleet_verb
def apply(
    folder: Path, repairing: FleetRepairOptions, listing: FleetListing, running: EngineOptions
) -> int:
    """Apply the plans in a folder that ``fleet plan`` wrote, each home by itself."""
    from skillmeat_audit.fleets.operations import apply_fleet
    from skillmeat_audit.fleets.repair_options import RepairOptions

    options = RepairOptions(repairing.resume, repairing.rehearse)
    return _print_fleet(apply_fleet(folder, running.session(), options), listing)


@fleet.command(
    cls=Verb,
    short_help="Put back what apply wrote.",
    examples=(("skillmeat-audit fleet undo plans", "the runs of these plans"),),
    meanings=_MEANINGS,
)
@_folder_argument
@option_group(FleetRepairOptions, "repairing", _rehearse_option)
@option_group(FleetListing, "listing", format_option("text", "json"), homes_limit_option)
@fleet_verb
def undo(
    folder: Path, repairing: FleetRepairOptions, listing: FleetListing, running: EngineOptions
) -> int:
    """Put back what the plans in a folder wrote."""
    from skillmeat_audit.fleets.operations import undo_fleet
    from skillmeat_audit.fleets.repair_options import RepairOptions

    options = RepairOptions(rehearse=repairing.rehearse)
    return _print_fleet(undo_fleet(folder, running.session(), options), listing)


@fleet.command(
    cls=Verb,
    short_help="List the runs of all homes.",
    examples=(("skillmeat-audit fleet runs fleet.toml", "the latest first"),),
    meanings=_MEANINGS,
)
@_file_argument
@option_group(
    FleetListing, "listing", format_option("text", "json"), homes_limit_option, group_option
)
@fleet_verb
def runs(file: Path, listing: FleetListing, running: EngineOptions) -> int:
    """List the runs of all homes, the latest first."""
    from skillmeat_audit.fleets.operations import list_fleet_runs

    return _print_fleet(list_fleet_runs(listing.homes(file), running.session()), listing)


def _print_fleet(facts: "FleetFacts", listing: FleetListing) -> int:
    """Print *facts*; return the exit code."""
    from skillmeat_audit.reports.files.fleet_json import fleet_json
    from skillmeat_audit.reports.files.tabular import findings_csv
    from skillmeat_audit.reports.terminal.fleet import fleet_text

    match listing.form:
        case "json":
            print_document(fleet_json(facts))
        case "csv":
            emit(findings_csv(facts.findings))
        case _:
            print_lines(lambda width: fleet_text(facts, width, listing.limit))
    code = facts.exit_code
    return ExitCode.CLEAN if listing.exit_zero and code is ExitCode.FINDINGS else code
