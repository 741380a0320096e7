"""A finding as JSON, as the documents of `check`, `show` and `report` hold it."""

import json
from typing import Any, Literal

import msgspec
import pandas as pd

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import LIST_COLUMNS
from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status


class FindingRecord(msgspec.Struct, frozen=True):
    """One disagreement; ``expected`` and ``actual`` of a list column are lists where they parse."""

    rule: str
    severity: Severity
    collection_id: str | None
    artifact_id: str | None
    column: str | None
    status: Status | None
    expected: str | list[Any] | None
    actual: str | list[Any] | None
    evidence: Evidence | None
    disposition: Disposition
    writer: str | None
    writer_confidence: Literal["certain", "likely", "unknown"] | None
    detail: str | None


class ReportedFinding(FindingRecord, frozen=True):
    """A finding with what earlier runs add.

    ``fingerprint`` stays the same from run to run; ``state`` is null without an earlier run.
    """

    fingerprint: str
    state: Literal["new", "persisting"] | None
    since_at: str | None


def finding_records(findings: pd.DataFrame) -> list[FindingRecord]:
    """Return *findings* (``FINDINGS``) as records, in their order."""
    return [FindingRecord(**_with_lists(finding)) for finding in records(findings)]


def reported_findings(findings: pd.DataFrame) -> list[ReportedFinding]:
    """Return *findings* (``REPORTED``) as records, in their order."""
    return [ReportedFinding(**_with_lists(finding)) for finding in records(findings)]


def _with_lists(finding: dict[str, Any]) -> dict[str, Any]:
    """Return *finding* with the values of list columns as lists, where they are lists."""
    if finding["column"] not in LIST_COLUMNS:
        return finding
    return finding | {name: _list_or_text(finding[name]) for name in ("expected", "actual")}


def _list_or_text(value: object) -> object:
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
    return content if isinstance(content, list) else value
