"""Renders an audit for a terminal: the answer first, then the cause, then the next command."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.audited import AuditFacts
from skillmeat_audit.reports.facts.causes import Command
from skillmeat_audit.reports.facts.headline import NOTHING_WRONG, Headline
from skillmeat_audit.reports.facts.lines import Finding
from skillmeat_audit.reports.facts.names import ERAS, HOME_LABEL, Names
from skillmeat_audit.reports.facts.summary import (
    CAUSES_TITLE,
    Summary,
    describe_counts,
    describe_ignored,
    describe_severities,
    describe_size,
)
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.terminal.finding import finding_lines
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

NAME_CHARS = 200


@dataclass(frozen=True)
class Layout:
    """The width of lines, whether notes are listed, and the number of artifacts (0: all)."""

    width: int
    verbose: bool = False
    limit: int = 0


def check_text(audit: AuditFacts, layout: Layout) -> Iterator[Text]:
    """Yield the lines of *audit*."""
    summary, findings, names = audit.summary, audit.findings, audit.names
    yield from wrapped(_home_line(summary), layout.width, 2, "bold")
    yield Text()
    yield from _answer(audit.headline, layout.width)
    yield from _causes(summary, layout.width)
    listed = records(
        findings if layout.verbose else findings[findings["severity"] != Severity.INFO]
    )
    # Findings come by collection; a person looks for an artifact.
    groups = [list(group) for _, group in groupby(sorted(listed, key=_row_key), key=_row_key)]
    visible = groups[: layout.limit] if layout.limit else groups
    for group in visible:
        yield from _group_title(group[0], names, layout.width)
        for finding in group:
            yield from finding_lines(finding, names, layout.width)
        yield Text()
    if len(visible) < len(groups):
        yield Text(f"… and {len(groups) - len(visible)} more groups (--limit 0 lists all)\n", "dim")
    yield from _totals(summary, layout)
    yield from _next(summary, listed, layout.width)


def _row_key(finding: Finding) -> tuple[str, str]:
    return str(finding["artifact_id"] or ""), str(finding["collection_id"] or "")


def _home_line(summary: Summary) -> str:
    cache = ERAS[summary.era] if summary.era else "the cache has no rows table"
    if summary.database is None:
        cache = "no cache yet: only the manifests and files were checked"
    return f"{printable(summary.home)} · {describe_size(summary)} · {cache}"


def _answer(headline: Headline, width: int) -> Iterator[Text]:
    """Yield the headline: a line per sentence, the first in bold."""
    first, *others = headline.sentences
    is_clean = first == NOTHING_WRONG
    yield from wrapped(first, width, 2, "bold green" if is_clean else "bold")
    for sentence in others:
        yield from wrapped(sentence, width, 2)
    yield Text()


def _causes(summary: Summary, width: int) -> Iterator[Text]:
    """Yield the writers of the rows that are wrong, as a block whose numbers add up."""
    if not summary.causes:
        return
    yield from wrapped(f"{CAUSES_TITLE} ({plural(summary.wrong_rows, 'row')}):", width, 2)
    for cause in summary.causes:
        yield from wrapped(f"{cause.rows:5}  {cause.does} ({cause.writer})", width, 7)
    yield Text()


def _group_title(first: Finding, names: Names, width: int) -> Iterator[Text]:
    title = Text(shortened(printable(first["artifact_id"] or HOME_LABEL), NAME_CHARS), "bold")
    if first["collection_id"] is not None:
        title.append(f" · {printable(names.collection(first['collection_id']))}", "not bold")
    if first["writer"] is not None:
        writer = f"last written by {names.writer(first['writer'], first['writer_confidence'])}"
        gap = width - cell_len(title.plain) - len(writer)
        if gap < 3:
            yield title
            yield from wrapped(f"  {writer}", width, 4, "dim")
            return
        title.append(" " * gap + writer, "not bold dim")
    yield title


def _totals(summary: Summary, layout: Layout) -> Iterator[Text]:
    counts = summary.counts
    hint = "" if layout.verbose or not counts["info"] else " (--verbose)"
    severities = f"{describe_severities(counts)}{hint}"
    yield from wrapped(f"{describe_counts(summary)} · {severities}", layout.width, 2, "bold")
    if ignored := describe_ignored(summary):
        yield from wrapped(ignored, layout.width, 2, "dim")


def _next(summary: Summary, listed: Sequence[Finding], width: int) -> Iterator[Text]:
    """Yield the next commands: the repair, and the first artifact whose row is wrong."""
    if not listed:
        return
    by_use = sorted(listed, key=lambda each: (each["artifact_id"] is None, each["status"] is None))
    first, home = by_use[0], shlex.quote(printable(summary.home))
    repairs = [f"repairs {plural(summary.repairable_cells, 'cell')}"]
    repairs += [f"inserts {plural(summary.missing_rows, 'row')}"] if summary.missing_rows else []
    needs = "needs" if summary.review == 1 else "need"
    review = f"; {summary.review} {needs} review" if summary.review else ""
    commands = [Command(f"{TOOL} rules {first['rule']}", "what the rule looks for")]
    if first["artifact_id"] is not None:
        artifact = shlex.quote(shortened(printable(first["artifact_id"]), NAME_CHARS))
        line = f"{TOOL} show {artifact} {home}"
        commands.insert(0, Command(line, "all layers of one artifact"))
    if summary.repairable_cells or summary.missing_rows:
        line = f"{TOOL} plan {home} -o plan.json"
        commands.insert(0, Command(line, " and ".join(repairs) + review))
    yield from next_commands(commands, width)
