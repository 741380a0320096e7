"""Describes a finding on one line, for formats without tables: its location and its difference."""

from collections.abc import Mapping

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.names import HOME_LABEL, Names
from skillmeat_audit.reports.facts.values import display_expected, display_value, trim_common_prefix

Finding = Mapping[str, object]


def is_about_cell(finding: Finding) -> bool:
    """Return True for a finding on a cell: it has an actual and an expected value."""
    # V001 names a column and has no status: it is about the page of a cell, not the cell.
    return finding["column"] is not None and finding.get("status") is not None


def describe_location(finding: Finding, names: Names) -> str:
    """Return the artifact that *finding* is about, and the collection of its row."""
    parts = [finding["artifact_id"] or HOME_LABEL]
    if finding["collection_id"] is not None:
        parts.append(names.collection(finding["collection_id"]))
    return printable(" · ".join(map(str, parts)))


def describe_difference(finding: Finding, value_limit: int = 100) -> str:
    """Return actual → expected of a cell, else the detail of *finding*, empty without one."""
    if not is_about_cell(finding):
        return printable(finding["detail"] or "")
    values = trim_common_prefix(
        display_value(finding["actual"]), display_expected(finding), value_limit // 2
    )
    actual, expected = (shortened(value, value_limit) for value in values)
    return printable(f"{finding['column']}: {actual} → {expected}")
