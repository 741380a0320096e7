"""Renders a report as JSON, ``skillmeat-audit/report/1``, and publishes the schema of that."""

from typing import Any, Literal

import msgspec
import pandas as pd

from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status
from skillmeat_audit.model.tables import records
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.causes import AffectedRows, CauseGroup
from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.tabular import with_lists

REPORT_SCHEMA: Literal["skillmeat-audit/report/1"] = "skillmeat-audit/report/1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
Text = str | None


class Finding(msgspec.Struct, frozen=True):
    """One disagreement; ``expected`` and ``actual`` of a list column are lists where they parse.

    ``fingerprint`` stays the same from run to run; ``state`` is null without an earlier run.
    """

    rule: str
    severity: Severity
    collection_id: Text
    artifact_id: Text
    column: Text
    status: Status | None
    expected: str | list[Any] | None
    actual: str | list[Any] | None
    evidence: Evidence | None
    disposition: Disposition
    writer: Text
    writer_confidence: Literal["certain", "likely", "unknown"] | None
    detail: Text
    fingerprint: str
    state: Literal["new", "persisting"] | None
    since_at: Text


class Gone(msgspec.Struct, frozen=True):
    """A finding of the run compared with that is not there any more."""

    fingerprint: str
    rule: str
    severity: Severity
    collection_id: Text
    artifact_id: Text
    column: Text
    since_at: Text


class Affected(msgspec.Struct, frozen=True):
    """One kind of trouble: how many have it, since when, and the rows by writer."""

    artifacts: int
    rows: int
    oldest_at: Text
    writers: dict[str, int]


class Cause(msgspec.Struct, frozen=True):
    """Findings with one cause; ``commands`` mend them."""

    writer: Text
    does: str
    rows: int
    oldest_at: Text
    newest_at: Text
    rules: dict[str, int]
    commands: list[str]


class Compared(msgspec.Struct, frozen=True):
    """What changed since an earlier run."""

    compared_at: str
    new: int
    persisting: int
    fixed: list[Gone]


class Baseline(msgspec.Struct, frozen=True):
    """What the baseline accepts, and which of its entries are of no use any more."""

    accepted: list[Finding]
    stale: list[str]
    expired: list[str]


class Document(msgspec.Struct, frozen=True, rename={"schema_": "schema"}):
    """A report; ``failure`` says why the home could not be checked, and all else is then null."""

    schema_: Literal["skillmeat-audit/report/1"]
    tool_version: str
    made_at: str
    home: str
    failure: Text = None
    database: Text = None
    era: Text = None
    headline: str = ""
    counts: dict[str, int] | None = None
    ignored: dict[str, int] | None = None
    blank_descriptions: Affected | None = None
    broken_sources: Affected | None = None
    causes: list[Cause] | None = None
    changes: Compared | None = None
    baseline: Baseline | None = None
    runs: list[dict[str, str | int | bool | None]] | None = None
    notes: list[str] | None = None
    findings: list[Finding] | None = None


def report_json(report: Report) -> bytes:
    """Return *report* as ``skillmeat-audit/report/1``; every finding is in it."""
    summary, past = report.summary, report.past
    changes = past.changes
    return ascii_json(Document(
        schema_=REPORT_SCHEMA, tool_version=report.known.version, made_at=report.made_at,
        home=summary.home, database=summary.database, era=summary.era, headline=report.headline,
        counts=dict(summary.counts), ignored=dict(summary.ignored),
        blank_descriptions=_affected(report.answer.descriptions),
        broken_sources=_affected(report.answer.sources),
        causes=[_cause(group) for group in report.groups],
        changes=None if changes is None else Compared(
            changes.compared_at, changes.new, changes.persisting,
            [Gone(**each) for each in records(changes.fixed)],
        ),
        baseline=_baseline(past.accepted),
        runs=records(past.trend), notes=[*report.notes, *report.trouble],
        findings=_findings(report.findings),
    ))  # fmt: skip


def failure_json(failure: Failure) -> bytes:
    """Return *failure* as ``skillmeat-audit/report/1``."""
    return ascii_json(
        Document(
            schema_=REPORT_SCHEMA,
            tool_version=failure.version,
            made_at=failure.made_at,
            home=failure.home,
            failure=failure.reason,
            headline=failure.headline,
        )
    )


def report_schema() -> bytes:
    """Return the JSON schema of ``skillmeat-audit/report/1``."""
    return ascii_json({"$schema": _DIALECT, "$id": REPORT_SCHEMA} | msgspec.json.schema(Document))


def _findings(findings: pd.DataFrame) -> list[Finding]:
    return [Finding(**with_lists(each)) for each in records(findings)]


def _baseline(accepted: Accepted | None) -> Baseline | None:
    if accepted is None:
        return None
    return Baseline(_findings(accepted.findings), list(accepted.stale), list(accepted.expired))


def _affected(trouble: AffectedRows) -> Affected:
    return Affected(trouble.artifacts, trouble.rows, trouble.oldest_at, dict(trouble.writers))


def _cause(group: CauseGroup) -> Cause:
    return Cause(
        writer=group.writer,
        does=group.does,
        rows=group.rows,
        oldest_at=group.oldest_at,
        newest_at=group.newest_at,
        rules={rule.code: rule.count for rule in group.rules},
        commands=[command.line for command in group.commands],
    )
