"""Renders an audit for a terminal: the answer first, then the cause, then the next command."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.text import Text

from skillmeat_audit.base.folders import short_path
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.audited import AuditFacts
from skillmeat_audit.reports.facts.finding_groups import FindingGroup, group_findings
from skillmeat_audit.reports.facts.first_steps import FirstStep
from skillmeat_audit.reports.facts.headline import NOTHING_WRONG
from skillmeat_audit.reports.facts.lines import Finding
from skillmeat_audit.reports.facts.names import ERAS
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.page_counts import KNOWING
from skillmeat_audit.reports.facts.rule_tally import tally_rules
from skillmeat_audit.reports.facts.summary import (
    CAUSES_TITLE,
    Summary,
    describe_counts,
    describe_ignored,
    describe_severities,
    describe_size,
)
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.terminal.groups import group_lines, rule_table
from skillmeat_audit.reports.terminal.wrapping import (
    command_lines,
    first_step_lines,
    next_commands,
    wrapped,
)

_MEMBERS_ON_SCREEN = 3  # names of a group's rows
_TALL = 40  # lines: on a lower screen one command is enough
_LEAST_RULES = 3  # however small the screen is
_NAME_CHARS = 80
_BLANKS_NAMED = 3  # artifacts that a page shows without a description


@dataclass(frozen=True)
class Layout:
    """The width of lines, which findings are listed, and how many.

    Parameters
    ----------
    width : int
        Cells of a line.
    verbose : bool
        Whether keys and whole values are shown, and notes listed.
    notes : bool
        Whether notes are listed.
    limit : int or None
        The number of groups, 0 for all; None for as many as fit in ``height``.
    height : int or None
        Lines of the screen, None where there is none.
    group_by : str or None
        One of `GROUPINGS`.
    """

    width: int
    verbose: bool = False
    notes: bool = False
    limit: int | None = None
    height: int | None = None
    group_by: str | None = None


@dataclass(frozen=True)
class Guide:
    """The commands beside an audit: what to do first, what lists blank pages, what comes next."""

    steps: tuple[FirstStep, ...] = ()
    blank_pages: str | None = None
    following: tuple[Command, ...] = ()


def check_text(audit: AuditFacts, layout: Layout, guide: Guide | None = None) -> Iterator[Text]:
    """Yield the lines of *audit*, with the commands of *guide*."""
    summary, width, guide = audit.summary, layout.width, guide or Guide()
    commands = guide.following
    listed = listed_findings(audit, layout)
    head = [*wrapped(_home_line(summary, layout), width, 2, "bold"), Text()]
    head += _answer(audit, guide, width)
    if layout.height is not None and layout.height < _TALL:
        # In a small terminal the next commands would push the findings off the screen.
        commands = commands[:1]
    foot = [*_totals(summary, layout), *next_commands(commands, width)]
    yield from head
    # A pipe or a file has no end of the screen, and a limit says how much is wanted.
    if layout.height is None or layout.limit is not None:
        yield from _causes(summary, width)
        yield from rule_table(tally_rules(listed, audit.names.titles), width)
        yield from _groups(audit, listed, layout)
    else:  # 1 for the prompt
        yield from _screen(audit, listed, layout, layout.height - len(head) - len(foot) - 1)
    yield from foot


def statistics_text(audit: AuditFacts, layout: Layout) -> Iterator[Text]:
    """Yield the number of findings by rule, notes included, and the totals."""
    yield from rule_table(tally_rules(records(audit.findings), audit.names.titles), layout.width)
    yield from _totals(audit.summary, layout)


def listed_findings(audit: AuditFacts, layout: Layout) -> list[Finding]:
    """Return the findings that are listed: without notes, unless they were asked for."""
    findings = audit.findings
    if not (layout.verbose or layout.notes):
        findings = findings[findings["severity"] != Severity.INFO]
    return list(records(findings))


def worst_first(audit: AuditFacts, listed: Sequence[Finding], by: str | None) -> list[FindingGroup]:
    """Return *listed* findings in groups, the worst first."""
    blank = audit.page_facts[audit.page_facts["blank"]]
    ids, collections = (blank[name].fillna("") for name in ("artifact_id", "collection_id"))
    return group_findings(listed, set(zip(ids, collections, strict=True)), by)


def _home_line(summary: Summary, layout: Layout) -> str:
    cache = ERAS[summary.era] if summary.era else "the cache has no rows table"
    if layout.verbose and str(summary.era).startswith("artifact_"):
        cache = f"{cache} (keyed by {summary.era})"
    if summary.database is None:
        cache = "no cache yet: only the manifests and files were checked"
    return f"{printable(short_path(summary.home))} · {describe_size(summary)} · {cache}"


def _answer(audit: AuditFacts, guide: Guide, width: int) -> Iterator[Text]:
    """Yield the headline, a line per sentence, the first in bold; then what to do, if anything."""
    for number, sentence in enumerate(audit.headline.sentences):
        style = "bold green" if sentence == NOTHING_WRONG else "" if number else "bold"
        yield from wrapped(sentence, width, 2, style)
        if sentence == audit.headline.blank_sentence:
            yield from _blank_names(audit, guide.blank_pages, width)
    for step in guide.steps:
        yield from first_step_lines(step, width)
    yield Text()


def _blank_names(audit: AuditFacts, command: str | None, width: int) -> Iterator[Text]:
    """Yield the first artifacts that a page shows without a description, and what lists all."""
    blank = audit.page_facts[audit.page_facts["blank"]]
    # Those whose description a layer knows first: they can be repaired.
    is_known = blank[list(KNOWING)].any(axis=1).sort_values(ascending=False, kind="stable")
    ids = blank["artifact_id"].loc[is_known.index].dropna().drop_duplicates()
    named = ", ".join(shortened(printable(each), _NAME_CHARS) for each in ids.head(_BLANKS_NAMED))
    more = len(ids) - _BLANKS_NAMED
    if more <= 0 or command is None:
        yield from wrapped(f"  {named}", width, 2)
        return
    text = f"  {named}, and {more:,} more:"
    if len(text) + len(command) + 1 <= width:
        yield Text(f"{text} {command}")
        return
    yield from wrapped(text, width, 2)
    yield from command_lines("", command, width, 4, "")


def _causes(summary: Summary, width: int) -> Iterator[Text]:
    """Yield the writers of the rows that are wrong, as a block whose numbers add up."""
    if not summary.causes:
        return
    yield from wrapped(f"{CAUSES_TITLE} ({plural(summary.wrong_rows, 'row')}):", width, 2)
    for cause in summary.causes:
        yield from wrapped(f"{cause.rows:7,}  {cause.does} ({cause.writer})", width, 9)
    yield Text()


def _groups(audit: AuditFacts, listed: Sequence[Finding], layout: Layout) -> Iterator[Text]:
    groups = worst_first(audit, listed, layout.group_by)
    visible = groups[: layout.limit] if layout.limit else groups
    for writer, members in groupby(visible, lambda group: group.first["writer"]):
        if layout.group_by == "cause":
            title = "on no row" if writer is None else audit.names.writer(writer)
            yield from wrapped(f"── {title}", layout.width, 3, "bold underline")
        for group in members:
            yield from group_lines(group, audit.names, layout.width, whole=layout.verbose)
    if len(visible) < len(groups):
        yield from _left_out(0, len(groups) - len(visible), layout.width)


def _screen(
    audit: AuditFacts, listed: Sequence[Finding], layout: Layout, room: int
) -> Iterator[Text]:
    """Yield rules, causes and groups in at most *room* lines, and what is left out."""
    tallies = tally_rules(listed, audit.names.titles)
    room -= 2  # for what is left out
    rules = len(tallies)
    # Titles wrap in a narrow terminal, so the lines of a table are only known once it is drawn.
    while len(table := list(rule_table(tallies, layout.width, rules))) > room:
        if rules <= _LEAST_RULES:
            break
        rules -= 1
    # Which rules is more than who wrote the rows: the causes are the first to be left out.
    causes = list(_causes(audit.summary, layout.width))
    if len(causes) + len(table) > room:
        causes = []
    yield from (*causes, *table)
    room -= len(causes) + len(table)
    groups = worst_first(audit, listed, layout.group_by)
    shown = _fitting(groups, audit, layout, room)
    for lines in shown:
        yield from lines
    yield from _left_out(len(tallies) - rules, len(groups) - len(shown), layout.width)


def _left_out(rules: int, groups: int, width: int) -> Iterator[Text]:
    """Yield how many rules and groups of findings are not shown, and how to see them."""
    counts = [plural(rules, "more rule")] if rules else []
    counts += [f"{plural(groups, 'more group')} of findings"] if groups else []
    if counts:
        see = "it" if rules + groups == 1 else "them"
        text = f"… and {', '.join(counts)}: add --limit 0 to see {see}"
        yield from wrapped(text, width, 2, "dim")
        yield Text()


def _fitting(
    groups: Sequence[FindingGroup], audit: AuditFacts, layout: Layout, room: int
) -> list[list[Text]]:
    """Return the lines of the first *groups* that fit into *room* lines."""
    shown: list[list[Text]] = []
    for group in groups:
        lines = list(
            group_lines(group, audit.names, layout.width, _MEMBERS_ON_SCREEN, whole=layout.verbose)
        )
        room -= len(lines)
        if room < 0:
            break
        shown.append(lines)
    return shown


def _totals(summary: Summary, layout: Layout) -> Iterator[Text]:
    counts = summary.counts
    are_listed = layout.verbose or layout.notes
    hint = "" if are_listed or not counts["info"] else " (--verbose)"
    severities = f"{describe_severities(counts)}{hint}"
    yield from wrapped(f"{describe_counts(summary)} · {severities}", layout.width, 2, "bold")
    if ignored := describe_ignored(summary):
        yield from wrapped(ignored, layout.width, 2, "dim")
