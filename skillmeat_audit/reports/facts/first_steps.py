"""Decides what an audit says to do first: the plan that repairs, what is left to a person."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Disposition, Severity
from skillmeat_audit.reports.facts.headline import BLOCKS_UPGRADE, FAILS
from skillmeat_audit.reports.facts.lines import Finding, describe_location
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.next_commands import Command, NextCommands
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.values import plural

_NAMED, _DETAIL_CHARS = 2, 80  # findings by hand that are described, and how much of their detail


@dataclass(frozen=True)
class FirstStep:
    """A command that matters most after an audit: what it is for, and what it does or lists."""

    label: str
    line: str
    why: str


def first_steps(
    repairs: Sequence[Command], findings: pd.DataFrame, names: Names, commands: NextCommands
) -> tuple[FirstStep, ...]:
    """Return what to do first: the plan among *repairs* that repairs most, and what no plan does.

    *findings* is ``FINDINGS``. Where only review is left to a plan, the findings by hand are first.
    """
    plan = next((each for each in repairs if each.size), None)
    if plan is None or plan.review:
        by_hand = _by_hand(findings, names, commands)
        review = () if plan is None else (_review(plan, is_all=by_hand is None),)
        return (*review,) if by_hand is None else (by_hand, *review)
    others = [each.review for each in repairs if each.review]
    fix = FirstStep("Fix", plan.line, "; ".join((plan.size, *others)))
    # Warnings that no plan repairs, and details, can wait until the others are repaired.
    errors = findings[findings["severity"] == Severity.ERROR]
    by_hand = _by_hand(errors, names, commands, named=0)
    return (fix,) if by_hand is None else (fix, by_hand)


def _review(plan: Command, *, is_all: bool) -> FirstStep:
    what = "only review is left" if is_all else "needs review"
    return FirstStep("Review", plan.line, f"{what}: {plan.size}")


def _by_hand(
    findings: pd.DataFrame, names: Names, commands: NextCommands, named: int = _NAMED
) -> FirstStep | None:
    """Return the command that lists the errors and warnings that no plan repairs, None without any.

    One of each of the *named* worst rules is described; for 0, only the rules are named.
    """
    is_left = (findings["disposition"] == Disposition.NONE) & (
        findings["severity"] != Severity.INFO
    )
    left = findings[is_left]
    # Of errors those that pages answer first.
    left = worst_first(left.sort_values("rule", key=lambda codes: codes != FAILS, kind="stable"))
    codes = left["rule"].unique()
    line = commands.line("check", options=[("--select", ",".join(codes))])
    if left.empty or line is None:
        return None
    errors = int((left["severity"] == Severity.ERROR).sum())
    counts = ((errors, "error"), (len(left) - errors, "warning"))
    size = ", ".join(plural(number, noun) for number, noun in counts if number)
    if not named:
        return FirstStep("By hand", line, f"{size} that no plan repairs: {', '.join(codes)}")
    by_rule = left.drop_duplicates("rule")
    described = [_described(each, names) for each in records(by_rule.head(named))]
    more = ["…"] if len(left) > len(described) else []
    return FirstStep("By hand", line, f"{size}: {'; '.join([*described, *more])}")


def _described(finding: Finding, names: Names) -> str:
    """Return the rule, the artifact or collection, and the beginning of the detail."""
    code, collection = str(finding["rule"]), finding["collection_id"]
    title = names.titles.get(code, "")
    if code == BLOCKS_UPGRADE:  # its detail is a list of columns
        return f"{code} {title}"
    what = shortened(printable(finding["detail"] or title), _DETAIL_CHARS)
    if finding["artifact_id"] is not None:
        return f"{code} {describe_location(finding, names)}: {what}"
    return (
        f"{code} {what}" if collection is None else f"{code} {names.collection(collection)}: {what}"
    )
