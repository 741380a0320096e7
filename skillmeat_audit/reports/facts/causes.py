"""Groups findings by cause: the code path that wrote the rows, since when, the repair."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import WRITABLE, Disposition, Severity, Status
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.next_commands import Command, NextCommands, Option
from skillmeat_audit.reports.facts.ordering import severity_ranks
from skillmeat_audit.reports.facts.values import plural

_NO_ROW = "manifests, files, names and catalogue: findings on no single row"


@dataclass(frozen=True)
class RuleCount:
    """The number of findings of one rule."""

    code: str
    severity: str
    count: int


@dataclass(frozen=True)
class CauseGroup:
    """Findings with one cause: ``writer`` last wrote their rows; it is None without a row."""

    writer: str | None
    does: str
    rows: int
    oldest_at: str | None
    newest_at: str | None
    rules: tuple[RuleCount, ...]
    commands: tuple[Command, ...]
    findings: pd.DataFrame = field(repr=False)


def group_by_cause(
    findings: pd.DataFrame, rows: pd.DataFrame, paths: Mapping[str, str], commands: NextCommands
) -> tuple[CauseGroup, ...]:
    """Return *findings* by cause, the worst first; *paths* describes each writer.

    *commands* makes the commands that repair them.
    """
    writers = findings["writer"].fillna("")
    groups = [
        _group(str(writer), findings[writers == writer], rows, paths, commands)
        for writer in sorted(writers.unique())
    ]
    return tuple(sorted(groups, key=_weight))


def _weight(group: CauseGroup) -> tuple[int, int, str]:
    worst = min(Severity(rule.severity).rank for rule in group.rules)
    # The gravest first, of those the largest; the name makes the order the same each time.
    return worst, -sum(rule.count for rule in group.rules), group.writer or ""


def _group(
    writer: str,
    findings: pd.DataFrame,
    rows: pd.DataFrame,
    paths: Mapping[str, str],
    commands: NextCommands,
) -> CauseGroup:
    times = _times(findings, rows)
    # By severity too: F002 has two (see its page).
    rules = findings[["rule", "severity"]].value_counts(sort=False).sort_index()
    does = paths.get(writer, "") if writer else _NO_ROW
    return CauseGroup(
        writer=writer or None,
        does=does,
        rows=len(findings.drop_duplicates(list(KEY))) if writer else 0,
        oldest_at=min(times, default=None),
        newest_at=max(times, default=None),
        rules=tuple(
            RuleCount(str(code), str(severity), int(n))
            for (code, severity), n in zip(rules.index, rules, strict=True)
        ),
        commands=tuple(commands_for(findings, commands, [("--writer", writer)] if writer else [])),
        findings=findings,
    )


def _times(findings: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return when the rows of *findings* were last written, of rows that have a time."""
    keys = findings[list(KEY)].dropna().drop_duplicates()
    # Rows that were never synced have the time at which they were inserted.
    affected = rows[[*KEY, "synced_at", "added_at"]].merge(keys, on=list(KEY))
    times = affected["synced_at"].fillna(affected["added_at"]).dropna()
    # 2026-02-10 09:15:00: as text it sorts, and minutes are more than a summary needs.
    return [printable(time)[:19] for time in times.unique()]


def commands_for(
    findings: pd.DataFrame, commands: NextCommands, narrowed: Sequence[Option] = ()
) -> Iterator[Command]:
    """Yield the commands that repair *findings*, or explain the worst where no repair exists.

    *narrowed* are the options that select these findings; without any, they are selected by rule.
    """
    # A finding on a page or a file is repaired by that of its cell, unless it has a value itself.
    plannable = findings[findings["status"].notna() | findings["expected"].notna()]
    repairable = plannable[is_in(plannable["disposition"], WRITABLE)]
    review = plannable[plannable["disposition"] == Disposition.REVIEW]
    if len(repairable):
        options = (*(narrowed or _selected(repairable)), ("-o", "plan.json"))
        why = f"plans the repair of {plural(len(repairable), 'finding')}; apply plan.json writes it"
        yield from _command(commands, options, why)
    if len(review):
        # Without the option a plan leaves orphans alone, and this command would plan nothing.
        orphans = is_in(review["status"], [Status.ROW_ORPHAN]).any()
        options = (*(narrowed or _selected(review)), ("--disposition", "review"))
        options = (*options, *([("--deletes", None)] if orphans else []), ("-o", "review.json"))
        needs = "1 finding needs" if len(review) == 1 else f"{len(review):,} findings need"
        yield from _command(commands, options, f"{needs} review")
    if not len(repairable) and not len(review) and len(findings):
        _, code = min(zip(severity_ranks(findings["severity"]), findings["rule"], strict=True))
        yield Command(f"{TOOL} rules {code}", "explains the rule and what to do")


def _command(commands: NextCommands, options: Sequence[Option], why: str) -> Iterator[Command]:
    if (line := commands.line("plan", options=options)) is not None:
        yield Command(line, why)


def _selected(findings: pd.DataFrame) -> list[Option]:
    return [("--select", str(code)) for code in sorted(findings["rule"].unique())]
