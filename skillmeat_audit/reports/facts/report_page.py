"""What a person is shown of a report, whatever the format: bounded, in order, fit to be shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity, Status
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.baseline_notes import baseline_lines
from skillmeat_audit.reports.facts.causes import (
    AffectedRows,
    CauseGroup,
    Command,
    RuleCount,
    worst_first,
)
from skillmeat_audit.reports.facts.names import ERAS, Names
from skillmeat_audit.reports.facts.report import Report
from skillmeat_audit.reports.facts.values import display_value, plural, trim_common_prefix

# Bounds on what a page shows: every one of them is told as shown/total.
ROWS_PER_CAUSE, ROWS_IN_ALL, CHANGES_SHOWN, RUNS_SHOWN = 25, 200, 20, 12
NOTES_PER_RULE = 5  # of one cause: many notes that say the same say no more than a few
_NAME_LIMIT, _VALUE_LIMIT, _NOTE_LIMIT = 80, 100, 4000


@dataclass(frozen=True)
class FindingRow:
    """A finding as it is shown; ``actual`` and ``expected`` are None where it is about no cell."""

    rule: str
    severity: str
    artifact: str
    place: str
    column: str
    actual: str | None
    expected: str | None
    said: str
    is_new: bool


@dataclass(frozen=True)
class Listing:
    """Some of many: what is shown, and how many there are."""

    rows: tuple[FindingRow, ...]
    total: int


@dataclass(frozen=True)
class FixedArtifact:
    """An artifact of which findings are gone; ``rules`` found them, each said once."""

    artifact: str
    place: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class FixedFindings:
    """Artifacts of which findings are gone: some of ``artifacts``, with ``total`` findings."""

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


@dataclass(frozen=True)
class Card:
    """One number of the answer, what it counts, since when and through which path."""

    number: int
    label: str
    lines: tuple[str, ...]


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
    tone: str
    facts: tuple[str, ...]
    cards: tuple[Card, ...]
    difference: DeltaView | None
    sections: tuple[Section, ...]
    runs: tuple[Mapping[str, object], ...]
    notes: tuple[str, ...]
    titles: Mapping[str, str]
    version: str


def page_of(report: Report) -> Page:
    """Return what is shown of *report*."""
    summary = report.summary
    counts = summary.counts
    tone = "bad" if counts["error"] else "warn" if counts["warning"] else "good"
    return Page(
        home=_cut(summary.home, 200),
        made_at=format_utc(report.made_at),
        headline=report.headline,
        tone="failed" if report.trouble else tone,
        facts=_facts(report),
        cards=(
            _card("blank description", report.answer.descriptions),
            _card("broken source link", report.answer.sources),
        ),
        difference=_difference(report),
        sections=tuple(_sections(report)),
        runs=tuple(records(report.past.trend.tail(RUNS_SHOWN))),
        notes=tuple(_notes(report)),
        titles=report.known.names.titles,
        version=report.known.version,
    )


def format_utc(at: str) -> str:
    """Return a time as people read it; times are UTC and end in seconds."""
    return f"{at[:10]} {at[11:16]} UTC" if at else ""


def _facts(report: Report) -> tuple[str, ...]:
    summary, counts = report.summary, report.summary.counts
    size = f"{plural(counts['artifacts'], 'artifact')}, {plural(counts['rows'], 'row')}"
    wrong = f"{plural(summary.wrong_cells, 'cell')} wrong in {plural(summary.wrong_rows, 'row')}"
    rows = f"{plural(summary.missing_rows, 'row')} missing, {plural(summary.orphan_rows, 'orphan')}"
    severities = ", ".join(
        plural(counts[name], noun)
        for name, noun in (("error", "error"), ("warning", "warning"), ("info", "note"))
    )
    era = ERAS[summary.era] if summary.era else "no cache yet"
    return size, wrong, rows, severities, era


def _card(label: str, trouble: AffectedRows) -> Card:
    if not trouble.artifacts:
        return Card(0, f"artifacts with a {label}", ("none",))
    noun = "artifact" if trouble.artifacts == 1 else "artifacts"
    lines = [f"{plural(trouble.rows, 'row')}"]
    if trouble.oldest_at:
        lines[0] += f", the oldest written {trouble.oldest_at[:10]}"
    lines += [f"{number} through {writer}" for writer, number in trouble.writers[:3]]
    return Card(trouble.artifacts, f"{noun} with a {label}", tuple(lines))


def _difference(report: Report) -> DeltaView | None:
    changes = report.past.changes
    if changes is None:
        return None
    new = worst_first(report.findings[is_in(report.findings["state"], ["new"])])
    names = report.known.names
    return DeltaView(
        format_utc(changes.compared_at),
        _listing(new, names, CHANGES_SHOWN),
        _fixed(changes.fixed, names),
        changes.persisting,
    )


def _fixed(findings: pd.DataFrame, names: Names) -> FixedFindings:
    keys = findings[list(KEY)].drop_duplicates()
    shown_of = findings.merge(keys.head(CHANGES_SHOWN), on=list(KEY))
    rules: dict[tuple[str, str], Counter[str]] = {}
    for each in records(shown_of):
        rules.setdefault(_where(each, names), Counter())[str(each["rule"])] += 1
    rows = tuple(FixedArtifact(*place, _multiples(codes)) for place, codes in rules.items())
    return FixedFindings(rows, len(keys), len(findings))


def _multiples(codes: Counter[str]) -> tuple[str, ...]:
    return tuple(code if number == 1 else f"{code} ×{number}" for code, number in codes.items())


def _sections(report: Report) -> Sequence[Section]:
    left = ROWS_IN_ALL
    sections = []
    for group in report.groups:
        telling = _telling(worst_first(group.findings)).head(min(ROWS_PER_CAUSE, left))
        rows = _listing(telling, report.known.names, len(telling)).rows
        listing = Listing(rows, len(group.findings))
        left -= len(rows)
        title = group.writer or "the home itself"
        sections.append(
            Section(title, group.does, _span(group), group.rules, group.commands, listing)
        )
    return sections


def _telling(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* with a few notes of each rule only."""
    is_note = findings["severity"] == Severity.INFO
    return findings[~is_note | (findings.groupby("rule").cumcount() < NOTES_PER_RULE)]


def _span(group: CauseGroup) -> str:
    if not group.rows:
        return ""
    said = plural(group.rows, "row")
    if group.oldest_at and group.newest_at:
        first, last = group.oldest_at[:10], group.newest_at[:10]
        said += f", written {first}" + (f" to {last}" if last != first else "")
    return said


def _listing(findings: pd.DataFrame, names: Names, limit: int) -> Listing:
    rows = tuple(_row(each, names) for each in records(findings.head(limit)))
    return Listing(rows, len(findings))


def _row(finding: Mapping[str, object], names: Names) -> FindingRow:
    in_cell = finding["column"] is not None and finding.get("status") is not None
    actual = expected = None
    if in_cell:
        actual, expected = trim_common_prefix(
            display_value(finding["actual"]), _expected(finding), _VALUE_LIMIT // 2
        )
    title = names.titles.get(str(finding["rule"]), "")
    said = "" if in_cell else str(finding.get("detail") or title)
    artifact, place = _where(finding, names)
    return FindingRow(
        rule=str(finding["rule"]),
        severity=str(finding["severity"]),
        artifact=artifact,
        place=place,
        column=str(finding["column"] or ""),
        actual=None if actual is None else _cut(actual, _VALUE_LIMIT),
        expected=None if expected is None else _cut(expected, _VALUE_LIMIT),
        said=_cut(said, 2 * _VALUE_LIMIT),
        is_new=finding.get("state") == "new",
    )


def _where(finding: Mapping[str, object], names: Names) -> tuple[str, str]:
    """Return the artifact of *finding* and the collection of its row, as they are shown."""
    collection = finding["collection_id"]
    return (
        _cut(finding["artifact_id"] or "the home", _NAME_LIMIT),
        "" if collection is None else _cut(names.collection(collection), _NAME_LIMIT),
    )


def _expected(finding: Mapping[str, object]) -> str:
    if finding["status"] == Status.EXTRA:
        return "(no layer knows one)"
    return display_value(finding["expected"])


def _notes(report: Report) -> Sequence[str]:
    past, ignored = report.past, report.summary.ignored
    said = [*report.trouble, *report.notes]
    if ignored:
        said.append("ignored on request: " + ", ".join(f"{c} ×{n}" for c, n in ignored.items()))
    said += baseline_lines(past.accepted)
    return [_cut(each, _NOTE_LIMIT) for each in said]


def _cut(text: object, width: int) -> str:
    return shortened(printable(text), width)
