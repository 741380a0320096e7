"""Renders an audit as static HTML for notebooks: no script, bounded, readable untrusted."""

from collections.abc import Iterator, Sequence
from html import escape

import pandas as pd

from skillmeat_audit.model.tables import records
from skillmeat_audit.model.text import printable, shortened
from skillmeat_audit.reports.summary import Summary

ROW_LIMIT = 100
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
    shown = findings.head(ROW_LIMIT)
    caption = f"{len(shown)} of {len(findings)} findings; all of them in .findings"
    return "\n".join([
        '<div class="skillmeat-audit">',
        f"<p><strong>{_text(summary.home)}</strong><br>{_text(numbers)}</p>",
        table_html("Who left rows wrong", ("writer", "rows", "what it does"), causes)
        if causes else "",
        table_html(caption, _COLUMNS, ([row[name] for name in _COLUMNS] for row in records(shown))),
        "</div>",
    ])  # fmt: skip


def table_html(
    caption: str,
    header: Sequence[str],
    rows: Iterator[Sequence[object]] | Sequence[Sequence[object]],
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
