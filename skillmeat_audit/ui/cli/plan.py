"""The verb ``plan``: decides what a repair would write."""

from dataclasses import dataclass, replace
from pathlib import Path

import click

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import WRITABLE, Disposition
from skillmeat_audit.ui.cli.options import (
    AuditOptions,
    FilterOptions,
    audit_options,
    filter_options,
    format_option,
    home_argument,
    limit_option,
    option_group,
    path_option,
    schema_option,
)
from skillmeat_audit.ui.cli.output import audit_home, print_lines
from skillmeat_audit.ui.cli.streams import emit

_PLANNABLE = (Disposition.SAFE, Disposition.FILL, Disposition.REVIEW)


@dataclass(frozen=True)
class PlanOptions:
    """What a plan repairs, and where it goes."""

    output: Path | None
    disposition: tuple[str, ...]
    deletes: bool
    form: str
    limit: int


@click.command()
@home_argument
@filter_options
@option_group(
    PlanOptions,
    "planning",
    path_option("--output", "-o", help_text="Save the plan in FILE."),
    click.option(
        "--disposition",
        multiple=True,
        type=click.Choice([disposition.value for disposition in _PLANNABLE]),
        help="Repair findings of this disposition. Repeatable.  [default: safe, fill]",
    ),
    click.option("--deletes", is_flag=True, help="Delete orphaned rows (K002) as well."),
    format_option("text", "json"),
    limit_option("changes", 40),
)
@schema_option("plan")
@audit_options
def plan(home: str, filters: FilterOptions, planning: PlanOptions, reading: AuditOptions) -> int:
    """Decide what a repair would write, before → after. Nothing is written but FILE."""
    from skillmeat_audit.loaders.settings import load_settings
    from skillmeat_audit.repair.plan import encode_plan
    from skillmeat_audit.reports.terminal.plan import SavedPlan, plan_text

    settings = load_settings(reading.config)
    fresh = replace(reading, no_parse_cache=True)  # a plan rests on what the files hold now
    audit = audit_home(home, fresh, settings, filters.scope(settings))
    planned = audit.plan(dispositions=planning.disposition or WRITABLE, deletes=planning.deletes)
    path = planning.output
    if path is not None:
        planned.save(path)
    if planning.form == "json":
        emit(encode_plan(planned.document).decode())
    else:
        saved = SavedPlan(None if path is None else str(path), audit.names)
        print_lines(lambda width: plan_text(planned.document, saved, width, planning.limit))
    return ExitCode.CLEAN
