"""Renders an audit as JSON: ``skillmeat-audit/check/1``."""

from collections.abc import Sequence

import msgspec

from skillmeat_audit.reports.facts.audited import AuditFacts
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.findings_json import FindingRecord, finding_records
from skillmeat_audit.reports.files.live_json import LiveRecord, live_record
from skillmeat_audit.reports.files.page_json import (
    CommandRecord,
    HeadlineRecord,
    PageRecord,
    command_records,
    headline_record,
    page_records,
)


class BaselineCounts(msgspec.Struct, frozen=True):
    """How many findings the baseline accepts, and its entries that accept nothing any more."""

    accepted: int
    stale: list[str]
    expired: list[str]


class CheckDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/check/1"):
    """An audit of a home; ``pages`` is what SkillMeat's pages show of each row.

    ``repairs`` are the plans that repair it, the one to begin with first; ``baseline`` and ``live``
    are absent where they were not asked for.
    """

    tool_version: str
    home: str
    database: str | None
    era: str | None
    headline: HeadlineRecord
    counts: dict[str, int]
    repairs: list[CommandRecord]
    pages: list[PageRecord]
    findings: list[FindingRecord]
    baseline: BaselineCounts | msgspec.UnsetType = msgspec.UNSET
    live: LiveRecord | msgspec.UnsetType = msgspec.UNSET


def check_json(audit: AuditFacts, version: str, commands: Sequence[Command] = ()) -> bytes:
    """Return *audit* as ``skillmeat-audit/check/1``; *commands* are the plans that repair it."""
    summary, accepted = audit.summary, audit.accepted
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
            headline=headline_record(audit.headline),
            counts=dict(summary.counts),
            repairs=command_records(commands),
            pages=page_records(audit.pages),
            findings=finding_records(audit.findings),
            baseline=baseline,
            live=live_record(audit.live),
        )
    )
