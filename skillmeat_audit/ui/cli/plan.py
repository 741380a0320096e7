"""The verb ``plan``: decides what a repair would write."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import PLANNABLE, WRITABLE
from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.editing import edited_plan
from skillmeat_audit.ui.cli.filters import (
    ArtifactChoice,
    FilterOptions,
    artifact_choice,
    choice_list_option,
    filter_options,
)
from skillmeat_audit.ui.cli.legend import DISPOSITIONS, EVIDENCE
from skillmeat_audit.ui.cli.options import (
    AuditOptions,
    audit_options,
    baseline_option,
    format_option,
    limit_option,
    option_group,
    output_file_option,
    schema_option,
    whole_option,
)
from skillmeat_audit.ui.cli.output import audit_home, print_lines
from skillmeat_audit.ui.cli.pager import no_pager_option
from skillmeat_audit.ui.cli.repeated import next_commands
from skillmeat_audit.ui.cli.streams import emit

if TYPE_CHECKING:
    from skillmeat_audit.api.planning import PlanScope


@dataclass(frozen=True)
class PlanOptions:
    """What a plan repairs, and where it goes."""

    output: Path | None
    disposition: tuple[str, ...]
    deletes: bool
    rows_only: bool
    manifests_only: bool
    edit: bool
    form: str
    limit: int
    whole: bool
    baseline: Path | None

    def __post_init__(self) -> None:
        """Refuse options that contradict each other, or lack the one they depend on."""
        if self.rows_only and self.manifests_only:
            raise UsageError("--rows-only and --manifests-only together leave nothing to write")
        if self.edit and self.output is None:
            raise UsageError("--edit requires --output: the file in which the plan is saved")

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


@verb_command(
    short_help="Decide what a repair would write.",
    examples=(
        ("skillmeat-audit plan HOME -o plan.json", "save it: read it, then apply it"),
        ("skillmeat-audit plan HOME --only skill:1password -o plan.json", "one artifact"),
        ("skillmeat-audit plan HOME --edit -o plan.json", "take changes out in $EDITOR first"),
        ("skillmeat-audit plan HOME --disposition review --deletes", "what needs a decision"),
    ),
    legends=(DISPOSITIONS, EVIDENCE),
    quiets=True,
)
@home_argument
@filter_options
@option_group(
    PlanOptions,
    "planning",
    output_file_option("Save the plan in FILE."),
    choice_list_option(
        "--disposition",
        choices=[disposition.value for disposition in PLANNABLE],
        help_text="Repair findings of this disposition.  [default: safe, fill]",
    ),
    click.option("--deletes", is_flag=True, help="Delete orphaned rows (K002) as well."),
    click.option("--rows-only", is_flag=True, help="Leave the manifests as they are."),
    click.option("--manifests-only", is_flag=True, help="Leave the rows as they are."),
    click.option("--edit", is_flag=True, help="Edit the plan in VISUAL or EDITOR, then save it."),
    format_option("text", "json"),
    limit_option("changes", 40),
    whole_option,
    baseline_option,
    no_pager_option,
)
@artifact_choice
@schema_option("plan")
@audit_options
def plan(
    home: str,
    filters: FilterOptions,
    planning: PlanOptions,
    choice: ArtifactChoice,
    reading: AuditOptions,
) -> int:
    """Decide what a repair would write, before → after. Nothing is written but FILE."""
    from skillmeat_audit.api.baseline import apply_baseline
    from skillmeat_audit.api.next_steps import left_out_steps, notes_of, plan_steps
    from skillmeat_audit.base.clock import today
    from skillmeat_audit.loaders.settings import load_settings
    from skillmeat_audit.repair.plan import encode_plan
    from skillmeat_audit.reports.terminal.plan import SavedPlan, plan_text

    settings = load_settings(reading.config)
    fresh = replace(reading, no_parse_cache=True)  # a plan rests on what the files hold now
    scope = filters.scope(settings)
    audit = audit_home(home, fresh, settings, scope)
    if planning.baseline is not None:
        audit = apply_baseline(audit, scope, planning.baseline, today())
    planned = audit.plan(**vars(planning.scope)).narrowed(choice.only, choice.excluded)
    if planning.edit:
        planned = replace(planned, document=edited_plan(planned.document))
    path = planning.output
    if path is not None:
        planned.save(path)
    if planning.form == "json":
        emit(encode_plan(planned.document).decode())
    else:
        following = next_commands(audit.summary.home)
        commands = (
            *plan_steps(following, planned.document, path, len(audit.rows)),
            *left_out_steps(audit, following, planning.scope),
        )
        saved = SavedPlan(audit.names, commands, notes_of(audit), planning.whole)
        print_lines(
            lambda width: plan_text(planned.document, planned.diffs, saved, width, planning.limit)
        )
    return ExitCode.CLEAN
