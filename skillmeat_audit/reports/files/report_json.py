"""Renders a report as JSON: ``skillmeat-audit/report/1``."""

import msgspec

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.trend import Accepted, Delta
from skillmeat_audit.reports.facts.blank_pages import BlankArtifact
from skillmeat_audit.reports.facts.causes import CauseGroup
from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.findings_json import ReportedFinding, reported_findings
from skillmeat_audit.reports.files.history_json import HistoryRun, history_runs
from skillmeat_audit.reports.files.live_json import LiveRecord, live_record
from skillmeat_audit.reports.files.page_json import (
    CommandRecord,
    HeadlineRecord,
    command_records,
    headline_record,
)


class FixedFinding(msgspec.Struct, frozen=True):
    """A finding of the earlier run that this run no longer has."""

    fingerprint: str
    rule: str
    severity: Severity
    collection_id: str | None
    artifact_id: str | None
    column: str | None
    since_at: str | None


class CauseRecord(msgspec.Struct, frozen=True):
    """Findings with one cause; ``commands`` repair them."""

    writer: str | None
    does: str
    rows: int
    oldest_at: str | None
    newest_at: str | None
    rules: dict[str, int]
    commands: list[str]


class DeltaRecord(msgspec.Struct, frozen=True):
    """What changed since an earlier run."""

    compared_at: str
    new: int
    persisting: int
    fixed: list[FixedFinding]


class BaselineRecord(msgspec.Struct, frozen=True):
    """What the baseline accepts, and its entries that accept nothing any more."""

    accepted: list[ReportedFinding]
    stale: list[str]
    expired: list[str]


class ReportDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/report/1"
):
    """A report; with ``failure``, why the home could not be checked, all later keys are null.

    ``repairs`` are the plans that repair it, the one to begin with first; ``live`` is absent where
    no server was asked.
    """

    tool_version: str
    made_at: str
    home: str
    failure: str | None = None
    database: str | None = None
    era: str | None = None
    headline: HeadlineRecord | None = None
    counts: dict[str, int] | None = None
    ignored: dict[str, int] | None = None
    repairs: list[CommandRecord] | None = None
    blank_artifacts: list[BlankArtifact] | None = None
    causes: list[CauseRecord] | None = None
    changes: DeltaRecord | None = None
    baseline: BaselineRecord | None = None
    runs: list[HistoryRun] | None = None
    notes: list[str] | None = None
    findings: list[ReportedFinding] | None = None
    live: LiveRecord | msgspec.UnsetType = msgspec.UNSET


def report_json(report: Report) -> bytes:
    """Return *report* as ``skillmeat-audit/report/1``, with every finding."""
    summary, past = report.summary, report.past
    return ascii_json(
        ReportDocument(
            tool_version=report.rule_book.version,
            made_at=report.made_at,
            home=summary.home,
            database=summary.database,
            era=summary.era,
            headline=headline_record(report.headline),
            counts=dict(summary.counts),
            ignored=dict(summary.ignored),
            repairs=command_records(report.repairs),
            blank_artifacts=list(report.blanks),
            causes=[_cause(group) for group in report.groups],
            changes=None if past.changes is None else _delta(past.changes),
            baseline=None if past.accepted is None else _baseline(past.accepted),
            runs=history_runs(past.trend),
            notes=[*report.notes, *report.warnings],
            findings=reported_findings(report.findings),
            live=live_record(report.live),
        )
    )


def failure_json(failure: Failure) -> bytes:
    """Return *failure* as ``skillmeat-audit/report/1``."""
    return ascii_json(
        ReportDocument(
            tool_version=failure.version,
            made_at=failure.made_at,
            home=failure.home,
            failure=failure.reason,
        )
    )


def _delta(delta: Delta) -> DeltaRecord:
    fixed = [FixedFinding(**finding) for finding in records(delta.fixed)]
    return DeltaRecord(delta.compared_at, delta.new, delta.persisting, fixed)


def _baseline(accepted: Accepted) -> BaselineRecord:
    findings = reported_findings(accepted.findings)
    return BaselineRecord(findings, list(accepted.stale), list(accepted.expired))


def _cause(group: CauseGroup) -> CauseRecord:
    return CauseRecord(
        writer=group.writer,
        does=group.does,
        rows=group.rows,
        oldest_at=group.oldest_at,
        newest_at=group.newest_at,
        rules={rule.code: rule.count for rule in group.rules},
        commands=[command.line for command in group.commands],
    )
