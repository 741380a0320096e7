"""The verb ``plan``: decides what a repair would write."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import WRITABLE, Disposition
from skillmeat_audit.ui.cli.options import (
    AuditOptions,
    FilterOptions,
    audit_options,
    baseline_option,
    filter_options,
    format_option,
    home_argument,
    limit_option,
    option_group,
    path_option,
    schema_option,
)
from skillmeat_audit.ui.cli.output import audit_home, print_lines
from skillmeat_audit.ui.cli.pager import no_pager_option
from skillmeat_audit.ui.cli.repeated import next_commands
from skillmeat_audit.ui.cli.streams import emit

if TYPE_CHECKING:
    from skillmeat_audit.api.planning import PlanScope

_PLANNABLE = (Disposition.SAFE, Disposition.FILL, Disposition.REVIEW)


@dataclass(frozen=True)
class PlanOptions:
    """What a plan repairs, and where it goes."""

    output: Path | None
    disposition: tuple[str, ...]
    deletes: bool
    rows_only: bool
    manifests_only: bool
    form: str
    limit: int
    baseline: Path | None

    @property
    def targets(self) -> tuple[str, ...]:
        """What the plan writes: rows, manifests or both."""
        rows = () if self.manifests_only else ("rows",)
        return rows if self.rows_only else ("manifests", *rows)

    @property
    def scope(self) -> "PlanScope":
        """What the plan repairs, and where."""
        from skillmeat_audit.api.planning import PlanScope

        return PlanScope(self.disposition or WRITABLE, self.deletes, self.targets)


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
    click.option("--rows-only", is_flag=True, help="Leave the manifests as they are."),
    click.option("--manifests-only", is_flag=True, help="Leave the rows as they are."),
    format_option("text", "json"),
    limit_option("changes", 40),
    baseline_option,
    no_pager_option,
)
@schema_option("plan")
@audit_options
def plan(home: str, filters: FilterOptions, planning: PlanOptions, reading: AuditOptions) -> int:
    """Decide what a repair would write, before → after. Nothing is written but FILE."""
    from skillmeat_audit.api.baseline import apply_baseline
    from skillmeat_audit.api.next_steps import left_out_steps, notes_of, plan_steps
    from skillmeat_audit.base.clock import today
    from skillmeat_audit.loaders.settings import load_settings
    from skillmeat_audit.repair.plan import encode_plan
    from skillmeat_audit.reports.terminal.plan import SavedPlan, plan_text

    settings = load_settings(reading.config)
    fresh = replace(reading, no_parse_cache=True)  # a plan rests on what the files hold now
    if planning.rows_only and planning.manifests_only:
        raise UsageError("--rows-only and --manifests-only together leave nothing to write")
    scope = filters.scope(settings)
    audit = audit_home(home, fresh, settings, scope)
    if planning.baseline is not None:
        audit = apply_baseline(audit, scope, planning.baseline, today())
    planned = audit.plan(**vars(planning.scope))
    path = planning.output
    if path is not None:
        planned.save(path)
    if planning.form == "json":
        emit(encode_plan(planned.document).decode())
    else:
        following = next_commands(audit.summary.home)
        commands = plan_steps(following, planned.document, path)
        left_out = left_out_steps(audit, following, planning.scope)
        saved = SavedPlan(audit.names, (*commands, *left_out), notes_of(audit))
        print_lines(
            lambda width: plan_text(planned.document, planned.diffs, saved, width, planning.limit)
        )
    return ExitCode.CLEAN
