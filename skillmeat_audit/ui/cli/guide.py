"""The commands that ``check`` prints beside its findings."""

from typing import TYPE_CHECKING

from skillmeat_audit.ui.cli.repeated import next_commands

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.reports.terminal.check import Guide, Layout


def guide_of(audit: "Audit", layout: "Layout") -> "Guide":
    """Return the commands beside the audit: the worst artifact, else its rule, is explained."""
    from skillmeat_audit.api.next_steps import failing_steps, repair_steps
    from skillmeat_audit.reports.facts.first_steps import first_steps
    from skillmeat_audit.reports.facts.next_commands import explain_commands
    from skillmeat_audit.reports.terminal.check import Guide, listed_findings, worst_first

    commands = next_commands(audit.summary.home)
    groups = worst_first(audit, listed_findings(audit, layout), layout.group_by)
    repairs = repair_steps(audit, commands)
    steps = first_steps(repairs, audit.findings, audit.names, commands)
    printed = {step.line for step in steps}
    following = (
        *failing_steps(audit, commands),
        *(each for each in repairs if each.line not in printed),
        *explain_commands(commands, [group.first for group in groups]),
    )
    blank = commands.line("check", options=[("--select", "D004,K002,V001")])
    return Guide(steps, blank, following)
