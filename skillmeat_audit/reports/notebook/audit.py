"""Renders an audit as static HTML for notebooks: the answer, the cause, the gravest findings."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import SEVERITIES, Status
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.summary import Summary, answer
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import (
    Markup,
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
_HEADER = ("rule", "severity", "column", "now", "should be", "evidence", "repair")


def audit_html(summary: Summary, findings: pd.DataFrame, names: Names) -> str:
    """Return the audit as an HTML fragment; *findings* is ``FINDINGS``, the gravest are shown."""
    counts = summary.counts
    causes = [(cause.writer, cause.rows, cause.does) for cause in summary.causes]
    return fragment(
        paragraph(
            strong(summary.home), plural(counts["artifacts"], "artifact"),
            plural(counts["rows"], "row"),
        ),
        paragraph(strong(answer(summary))),
        paragraph(_wrong(summary), *severities(counts), _ignored(summary)),
        table_html("Who left rows wrong", ("writer", "rows", "what it does"), causes)
        if causes else "",
        findings_html(gravest(findings).head(FINDING_LIMIT), names, len(findings))
        if len(findings) else "",
        next_calls(*_NEXT if len(findings) else _NEXT[:1]),
    )  # fmt: skip


def findings_html(shown: pd.DataFrame, names: Names, total: int) -> str:
    """Return a table of the findings *shown* (``FINDINGS``), of *total*, by the row they are on."""
    caption = f"{len(shown)} of {plural(total, 'finding')}"
    if len(shown) < total:
        caption += ", the gravest; all of them in .findings"
    groups: dict[str, list[Sequence[object]]] = {}
    for finding in records(shown):
        cells = finding_cells(finding, names)
        groups.setdefault(_title(cells), []).append([cells[name] for name in _HEADER])
    return grouped_html(caption, _HEADER, groups.items())


def finding_cells(finding: Mapping[str, object], names: Names) -> dict[str, object]:
    """Return a finding's cells by the heading of their column."""
    place = finding["collection_id"]
    now, expected = _values(finding, names)
    return {
        "rule": finding["rule"], "severity": tag(str(finding["severity"])),
        "artifact": finding["artifact_id"],
        "collection": None if place is None else names.collection(place),
        "column": finding["column"], "now": now, "should be": expected,
        "evidence": finding["evidence"], "repair": finding["disposition"],
        "writer": finding["writer"],
    }  # fmt: skip


def _title(cells: Mapping[str, object]) -> Markup:
    """Return what a group of findings is on: artifact, collection, and who wrote the row last."""
    written = f"last written by {cells['writer']}" if cells["writer"] else ""
    return join_parts(cells["artifact"] or "the home itself", cells["collection"], written)


def _values(finding: Mapping[str, object], names: Names) -> tuple[object, object]:
    """Return what is there and what should be; a finding on no cell tells its title."""
    if finding["column"] is None or finding["status"] is None:
        return names.titles.get(str(finding["rule"])), finding["detail"]
    actual, expected = marked_difference(finding["actual"], finding["expected"])
    unknown = finding["status"] == Status.EXTRA
    return actual, empty_sign("(no layer knows one)") if unknown else expected


def gravest(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* with the gravest first, in their own order otherwise."""
    rank = {severity.value: number for number, severity in enumerate(SEVERITIES)}
    order = pd.Series([rank[each] for each in to_objects(findings["severity"])], dtype="int64")
    return findings.iloc[order.argsort(kind="stable").to_numpy()]


def _wrong(summary: Summary) -> str:
    parts = [f"{plural(summary.wrong_cells, 'cell')} wrong in {plural(summary.wrong_rows, 'row')}"]
    parts += [f"{plural(summary.missing_rows, 'row')} missing"] if summary.missing_rows else []
    parts += [plural(summary.orphan_rows, "orphan")] if summary.orphan_rows else []
    return ", ".join(parts)


def severities(counts: Mapping[Any, int]) -> list[Markup]:
    """Return how many findings there are of each severity, in words."""
    nouns = {"error": "error", "warning": "warning", "info": "note"}
    return [tag(plural(counts.get(each, 0), noun), each) for each, noun in nouns.items()]


def _ignored(summary: Summary) -> str:
    listed = ", ".join(f"{code} ×{number}" for code, number in summary.ignored.items())
    return f"ignored on request: {listed}" if listed else ""
