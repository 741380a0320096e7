"""Renders an audit as JSON: ``skillmeat-audit/check/1``."""

import msgspec
import pandas as pd

from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.summary import Summary
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.findings_json import FindingRecord, finding_records
from skillmeat_audit.reports.files.live_json import LiveRecord, live_record


class BaselineCounts(msgspec.Struct, frozen=True):
    """How many findings the baseline accepts, and its entries that accept nothing any more."""

    accepted: int
    stale: list[str]
    expired: list[str]


class CheckDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/check/1"):
    """An audit of a home; ``baseline`` and ``live`` are absent where not asked for."""

    tool_version: str
    home: str
    database: str | None
    era: str | None
    counts: dict[str, int]
    findings: list[FindingRecord]
    baseline: BaselineCounts | msgspec.UnsetType = msgspec.UNSET
    live: LiveRecord | msgspec.UnsetType = msgspec.UNSET


def check_json(
    summary: Summary,
    findings: pd.DataFrame,
    version: str,
    accepted: Accepted | None = None,
    live: LiveComparison | None = None,
) -> bytes:
    """Return the audit as ``skillmeat-audit/check/1``; *findings* is ``FINDINGS``."""
    baseline: BaselineCounts | msgspec.UnsetType = msgspec.UNSET
    if accepted is not None:
        stale, expired = list(accepted.stale), list(accepted.expired)
        baseline = BaselineCounts(len(accepted.findings), stale, expired)
    return ascii_json(
        CheckDocument(
            tool_version=version,
            home=summary.home,
            database=summary.database,
            era=summary.era,
            counts=dict(summary.counts),
            findings=finding_records(findings),
            baseline=baseline,
            live=live_record(live),
        )
    )
