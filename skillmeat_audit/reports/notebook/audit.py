"""Renders an audit as static HTML for notebooks: the answer, the causes, the worst findings."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import WRITABLE, Disposition, Status
from skillmeat_audit.reports.facts.audited import AuditFacts
from skillmeat_audit.reports.facts.lines import Finding, is_about_cell
from skillmeat_audit.reports.facts.names import HOME_LABEL, Names, layer_name
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.summary import (
    CAUSES_TITLE,
    SEVERITY_NOUNS,
    Summary,
    describe_counts,
    describe_ignored,
)
from skillmeat_audit.reports.facts.values import display_expected, plural
from skillmeat_audit.reports.notebook.html import (
    empty_sign,
    fragment,
    grouped_html,
    join_parts,
    next_calls,
    paragraph,
    strong,
    table_html,
    tag,
)
from skillmeat_audit.reports.notebook.word_diff import marked_difference

FINDING_LIMIT = 20
_NEXT = ("audit.show('type:name')", "audit.findings", "sma.explore(audit)", "audit.plan()")
_REVIEW = "audit.plan(dispositions=['review'], deletes=True)"
_HEADER = ("rule", "severity", "column", "now", "should be", "evidence", "repair")


def audit_html(audit: AuditFacts) -> str:
    """Return *audit* as an HTML fragment; the worst findings are shown."""
    summary, findings, names = audit.summary, audit.findings, audit.names
    counts = summary.counts
    first, *others = audit.headline.sentences
    size = plural(counts["artifacts"], "artifact"), plural(counts["rows"], "row")
    return fragment(
        paragraph(strong(summary.home), *size),
        paragraph(strong(first)),
        *map(paragraph, others),
        _first_call(findings),
        paragraph(describe_counts(summary), *severities(counts), describe_ignored(summary)),
        _causes(summary),
        _worst_findings(findings, names),
        next_calls(*(_NEXT if len(findings) else _NEXT[:1])),
    )


def findings_html(findings: pd.DataFrame, names: Names, total: int) -> Markup:
    """Return a table of *findings* (``FINDINGS``), the first of *total*, by row."""
    caption = f"{len(findings)} of {plural(total, 'finding')}"
    if len(findings) < total:
        caption += ", the worst; all of them in .findings"
    groups: dict[Markup, list[Sequence[object]]] = {}
    for finding in records(findings):
        cells = finding_cells(finding, names)
        # Grouped by heading: a name is said once for all findings of a row.
        groups.setdefault(_title(cells, names), []).append([cells[name] for name in _HEADER])
    return grouped_html(caption, _HEADER, groups.items())


def finding_cells(finding: Finding, names: Names) -> dict[str, object]:
    """Return a finding's cells by the heading of their column."""
    collection_id = finding["collection_id"]
    now, expected = _values(finding, names)
    return {
        "rule": finding["rule"],
        "severity": tag(str(finding["severity"])),
        "artifact": finding["artifact_id"],
        "collection": None if collection_id is None else names.collection(collection_id),
        "column": finding["column"],
        "now": now,
        "should be": expected,
        "evidence": finding["evidence"] and layer_name(finding["evidence"]),
        "repair": finding["disposition"],
        "writer": finding["writer"],
    }


def severities(counts: Mapping[Any, int]) -> list[Markup]:
    """Return the number of findings of each severity, in words."""
    nouns = SEVERITY_NOUNS.items()
    return [tag(plural(counts.get(name, 0), noun), name) for name, noun in nouns]


def _first_call(findings: pd.DataFrame) -> Markup:
    """Return the call that plans the repair, or what needs review; nothing where neither exists."""
    # A plan is not drafted to be shown: what a finding says of its repair is enough.
    plannable = findings[findings["status"].notna() | findings["expected"].notna()]
    if is_in(plannable["disposition"], WRITABLE).any():
        return next_calls("audit.plan()", label="Fix")
    if is_in(plannable["disposition"], [Disposition.REVIEW]).any():
        return next_calls(_REVIEW, label="Review")
    return Markup()


def _causes(summary: Summary) -> Markup:
    rows = [(f"{cause.does} ({cause.writer})", cause.rows) for cause in summary.causes]
    caption = f"{CAUSES_TITLE} ({plural(summary.wrong_rows, 'row')})"
    return table_html(caption, ("path", "rows"), rows) if rows else Markup()


def _worst_findings(findings: pd.DataFrame, names: Names) -> Markup:
    if findings.empty:
        return Markup()
    return findings_html(worst_first(findings).head(FINDING_LIMIT), names, len(findings))


def _title(cells: Mapping[str, object], names: Names) -> Markup:
    """Return the heading of a group of findings: artifact, collection, writer of the row."""
    writer = f"last written by {names.writer(cells['writer'])}" if cells["writer"] else ""
    return join_parts(cells["artifact"] or HOME_LABEL, cells["collection"], writer)


def _values(finding: Finding, names: Names) -> tuple[object, object]:
    """Return actual and expected value; title and detail of a finding that is not on a cell."""
    if not is_about_cell(finding):
        return names.titles.get(str(finding["rule"])), finding["detail"]
    actual, expected = marked_difference(finding["actual"], finding["expected"])
    is_extra = finding["status"] == Status.EXTRA
    return actual, empty_sign(display_expected(finding)) if is_extra else expected
