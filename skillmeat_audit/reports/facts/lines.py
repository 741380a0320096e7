"""Renders a finding on one line, for formats that have no tables: where it is, what is wrong."""

from collections.abc import Mapping

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import display_value, trim_common_prefix

Finding = Mapping[str, object]


def describe_location(finding: Finding, names: Names) -> str:
    """Return the artifact that *finding* is about, and the collection of its row."""
    parts = [finding["artifact_id"] or "the home"]
    if finding["collection_id"] is not None:
        parts.append(names.collection(finding["collection_id"]))
    return printable(" · ".join(map(str, parts)))


def describe_difference(finding: Finding, value_limit: int = 100) -> str:
    """Return what the row says and what it should say, or the detail; empty where neither is."""
    if finding["column"] is None or finding["status"] is None:
        return printable(finding["detail"] or "")
    values = trim_common_prefix(
        display_value(finding["actual"]), display_value(finding["expected"]), value_limit // 2
    )
    actual, expected = (shortened(each, value_limit) for each in values)
    return printable(f"{finding['column']}: {actual} → {expected}")
