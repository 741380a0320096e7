"""Renders an audit as static HTML for notebooks: no script, bounded, readable untrusted."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.tables import records
from skillmeat_audit.model.text import printable, shortened
from skillmeat_audit.reports.summary import Summary

if TYPE_CHECKING:
    from skillmeat_audit.reports.artifact import ArtifactView

ROW_LIMIT, LAYER_LIMIT = 100, 20
_VALUE_LIMIT_CHARS = 80
_COLUMNS = (
    "rule",
    "severity",
    "artifact_id",
    "column",
    "actual",
    "expected",
    "disposition",
    "writer",
    "detail",
)


def audit_html(summary: Summary, findings: pd.DataFrame) -> str:
    """Return the audit as an HTML fragment: the numbers, the causes, and the first findings."""
    counts = summary.counts
    numbers = (
        f"{counts['artifacts']} artifacts, {counts['rows']} rows: "
        f"{summary.wrong_cells} cells wrong in {summary.wrong_rows} rows, "
        f"{summary.missing_rows} rows missing, {summary.orphan_rows} orphans "
        f"({counts['error']} errors, {counts['warning']} warnings, {counts['info']} notes)"
    )
    causes = [(cause.writer, cause.rows, cause.does) for cause in summary.causes]
    return "\n".join([
        '<div class="skillmeat-audit">',
        f"<p><strong>{_text(summary.home)}</strong><br>{_text(numbers)}</p>",
        table_html("Who left rows wrong", ("writer", "rows", "what it does"), causes)
        if causes else "",
        _findings_html(findings),
        "</div>",
    ])  # fmt: skip


def artifact_html(view: "ArtifactView") -> str:
    """Return one artifact as an HTML fragment: its first layers side by side, and its findings."""
    layers = view.columns[:LAYER_LIMIT]
    caption = f"{view.artifact_id}: {len(layers)} of {len(view.columns)} layers"
    header = [f"{each.title}: {each.state}" if each.state else each.title for each in layers]
    said = [each.values for each in layers]  # noqa: PD011
    cells = [(name, *(values.get(name) for values in said)) for name in COLUMNS]
    return "\n".join([
        '<div class="skillmeat-audit">',
        table_html(caption, ("column", *header), cells),
        _findings_html(view.findings),
        "</div>",
    ])  # fmt: skip


def _findings_html(findings: pd.DataFrame) -> str:
    first = records(findings.head(ROW_LIMIT))
    caption = f"{len(first)} of {len(findings)} findings; all of them in .findings"
    return table_html(caption, _COLUMNS, [[each[name] for name in _COLUMNS] for each in first])


def table_html(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> str:
    """Return an HTML table with a caption and column scopes, every value escaped and cut."""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{_text(value)}</td>' for value in row)}</tr>\n" for row in rows
    )
    return (
        f"<table><caption>{_text(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table>"
    )


def _text(value: object) -> str:
    return "" if value is None else escape(shortened(printable(value), _VALUE_LIMIT_CHARS * 3))
