"""The page of a report, for HTML and Markdown alike: bounded, in order, printable."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.baseline_notes import baseline_lines
from skillmeat_audit.reports.facts.blank_pages import BlankArtifact
from skillmeat_audit.reports.facts.cards import Card, cards_of
from skillmeat_audit.reports.facts.causes import CauseGroup, RuleCount
from skillmeat_audit.reports.facts.first_steps import FirstStep
from skillmeat_audit.reports.facts.lines import is_about_cell
from skillmeat_audit.reports.facts.names import ERAS, HOME_LABEL, Names
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.page_blanks import blank_since, visible_blanks
from skillmeat_audit.reports.facts.report import Report
from skillmeat_audit.reports.facts.summary import (
    SEVERITY_NOUNS,
    describe_ignored,
    describe_severities,
    describe_size,
)
from skillmeat_audit.reports.facts.values import (
    display_expected,
    display_value,
    plural,
    trim_common_prefix,
)

# The limits of a page; the page shows each as "shown of total".
ROWS_PER_CAUSE, ROWS_IN_ALL, CHANGES_SHOWN, RUNS_SHOWN = 25, 200, 20, 12
NOTES_PER_RULE = 5  # of one cause: five examples per info rule are enough
_NAME_LIMIT, _VALUE_LIMIT, _NOTE_LIMIT = 80, 100, 4000


@dataclass(frozen=True)
class FindingRow:
    """A finding on a page; ``actual`` and ``expected`` are None for a finding on no cell.

    ``text`` is then its detail or title.
    """

    rule: str
    severity: str
    artifact: str
    collection: str
    column: str
    actual: str | None
    expected: str | None
    text: str
    is_new: bool


@dataclass(frozen=True)
class Listing:
    """The first findings of many, and the total."""

    rows: tuple[FindingRow, ...]
    total: int


@dataclass(frozen=True)
class FixedArtifact:
    """An artifact with fixed findings; ``rules`` are their codes, once each."""

    artifact: str
    collection: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class FixedFindings:
    """Fixed findings by artifact: the first of ``artifacts``, with ``total`` findings in all."""

    rows: tuple[FixedArtifact, ...]
    artifacts: int
    total: int


@dataclass(frozen=True)
class Section:
    """The findings of one cause."""

    title: str
    does: str
    span: str
    rules: tuple[RuleCount, ...]
    commands: tuple[Command, ...]
    listing: Listing

    @property
    def severities(self) -> tuple[tuple[str, str], ...]:
        """The number of its findings of each severity, in words, the worst first."""
        counts: Counter[str] = Counter()
        for rule in self.rules:
            counts[rule.severity] += rule.count
        return tuple(
            (severity, plural(counts[severity], noun))
            for severity, noun in SEVERITY_NOUNS.items()
            if counts[severity]
        )


@dataclass(frozen=True)
class DeltaView:
    """What changed since an earlier run."""

    compared_at: str
    new: Listing
    fixed: FixedFindings
    persisting: int

    @property
    def sentence(self) -> str:
        """The difference in one line."""
        return f"{self.new.total} new, {self.fixed.total} fixed, {self.persisting} persisting"


@dataclass(frozen=True)
class Page:
    """A report as a person reads it: the answer, what changed, the causes, the trend."""

    home: str
    made_at: str
    headline: str
    answer: tuple[str, ...]
    steps: tuple[FirstStep, ...]
    tone: str
    facts: tuple[str, ...]
    cards: tuple[Card, ...]
    blanks: tuple[BlankArtifact, ...]
    blanks_total: int
    blank_since: Mapping[str, str]
    difference: DeltaView | None
    sections: tuple[Section, ...]
    runs: tuple[Mapping[str, object], ...]
    notes: tuple[str, ...]
    titles: Mapping[str, str]
    version: str


def page_of(report: Report) -> Page:
    """Return the page of *report*."""
    summary = report.summary
    return Page(
        home=_cut(summary.home, 200),
        made_at=format_utc(report.made_at),
        headline=report.headline.sentences[0],
        answer=report.headline.sentences[1:],
        steps=report.steps,
        tone="failed" if report.warnings else report.headline.tone,
        facts=_facts(report),
        cards=tuple(cards_of(report.headline.pages)),
        blanks=visible_blanks(report.blanks),
        blanks_total=report.headline.pages.not_right if report.headline.pages else 0,
        blank_since=blank_since(report.blanks, report.findings),
        difference=_difference(report),
        sections=tuple(_sections(report)),
        runs=tuple(records(report.past.trend.tail(RUNS_SHOWN))),
        notes=tuple(_notes(report)),
        titles=report.rule_book.names.titles,
        version=report.rule_book.version,
    )


def format_utc(at: str) -> str:
    """Return the ISO time *at* (UTC) to the minute, for people."""
    return f"{at[:10]} {at[11:16]} UTC" if at else ""


def _facts(report: Report) -> tuple[str, ...]:
    summary = report.summary
    wrong = f"{plural(summary.wrong_cells, 'cell')} wrong in {plural(summary.wrong_rows, 'row')}"
    rows = f"{plural(summary.missing_rows, 'row')} missing, {plural(summary.orphan_rows, 'orphan')}"
    era = ERAS[summary.era] if summary.era else "no cache yet"
    return describe_size(summary), wrong, rows, describe_severities(summary.counts), era


def _difference(report: Report) -> DeltaView | None:
    changes = report.past.changes
    if changes is None:
        return None
    new = worst_first(report.findings[is_in(report.findings["state"], ["new"])])
    names = report.rule_book.names
    return DeltaView(
        format_utc(changes.compared_at),
        _listing(new, names, CHANGES_SHOWN),
        _fixed(changes.fixed, names),
        changes.persisting,
    )


def _fixed(findings: pd.DataFrame, names: Names) -> FixedFindings:
    keys = findings[list(KEY)].drop_duplicates()
    # Cut by artifact before the loop, so that it is bounded; then all findings of those shown.
    visible = findings.merge(keys.head(CHANGES_SHOWN), on=list(KEY))
    rules: dict[tuple[str, str], Counter[str]] = {}
    for finding in records(visible):
        rules.setdefault(_row_labels(finding, names), Counter())[str(finding["rule"])] += 1
    rows = tuple(
        FixedArtifact(
            artifact,
            collection,
            tuple(code if number == 1 else f"{code} ×{number}" for code, number in codes.items()),
        )
        for (artifact, collection), codes in rules.items()
    )
    return FixedFindings(rows, len(keys), len(findings))


def _sections(report: Report) -> Sequence[Section]:
    # A page that lists everything is read by nobody, and a mail with it is not delivered.
    remaining = ROWS_IN_ALL
    sections = []
    # What belongs to no row comes after the causes.
    for group in sorted(report.groups, key=lambda each: each.writer is None):
        visible = _limit_notes(worst_first(group.findings)).head(min(ROWS_PER_CAUSE, remaining))
        rows = _listing(visible, report.rule_book.names, len(visible)).rows
        listing = Listing(rows, len(group.findings))
        remaining -= len(rows)
        title = f"{group.does} ({group.writer})" if group.writer else HOME_LABEL
        does = "" if group.writer else group.does
        sections.append(Section(title, does, _span(group), group.rules, group.commands, listing))
    return sections


def _limit_notes(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* with at most `NOTES_PER_RULE` notes of each rule."""
    is_note = findings["severity"] == Severity.INFO
    # cumcount numbers the findings of a rule from 0, in the order of the page.
    return findings[~is_note | (findings.groupby("rule").cumcount() < NOTES_PER_RULE)]


def _span(group: CauseGroup) -> str:
    if not group.rows:
        return ""
    span = plural(group.rows, "row")
    if group.oldest_at and group.newest_at:
        first, last = group.oldest_at[:10], group.newest_at[:10]
        span += f", written {first}" + (f" to {last}" if last != first else "")
    return span


def _listing(findings: pd.DataFrame, names: Names, limit: int) -> Listing:
    rows = tuple(_row(each, names) for each in records(findings.head(limit)))
    return Listing(rows, len(findings))


def _row(finding: Mapping[str, object], names: Names) -> FindingRow:
    actual = expected = None
    text = ""
    if is_about_cell(finding):
        actual, expected = (
            _cut(value, _VALUE_LIMIT)
            for value in trim_common_prefix(
                display_value(finding["actual"]), display_expected(finding), _VALUE_LIMIT // 2
            )
        )
    else:
        text = str(finding.get("detail") or names.titles.get(str(finding["rule"]), ""))
    artifact, collection = _row_labels(finding, names)
    return FindingRow(
        rule=str(finding["rule"]),
        severity=str(finding["severity"]),
        artifact=artifact,
        collection=collection,
        column=str(finding["column"] or ""),
        actual=actual,
        expected=expected,
        text=_cut(text, 2 * _VALUE_LIMIT),
        is_new=finding.get("state") == "new",
    )


def _row_labels(finding: Mapping[str, object], names: Names) -> tuple[str, str]:
    """Return the artifact of *finding* and the collection of its row, empty for none."""
    collection_id = finding["collection_id"]
    return (
        _cut(finding["artifact_id"] or HOME_LABEL, _NAME_LIMIT),
        "" if collection_id is None else _cut(names.collection(collection_id), _NAME_LIMIT),
    )


def _notes(report: Report) -> Sequence[str]:
    notes = (*report.warnings, *report.notes, describe_ignored(report.summary))
    notes += tuple(baseline_lines(report.past.accepted))
    return [_cut(note, _NOTE_LIMIT) for note in notes if note]


def _cut(text: object, width: int) -> str:
    return shortened(printable(text), width)
