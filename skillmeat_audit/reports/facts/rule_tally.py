"""Counts findings by rule: how many, on how many rows, and what repairs them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skillmeat_audit.model.findings import Disposition, Severity
from skillmeat_audit.reports.facts.lines import Finding

_ORDER = tuple(map(str, Disposition))


@dataclass(frozen=True)
class RuleTally:
    """What a rule found with one severity; ``rows`` are cache rows, ``repair`` dispositions."""

    code: str
    severity: str
    title: str
    count: int
    rows: int
    repair: str


def tally_rules(listed: Iterable[Finding], titles: Mapping[str, str]) -> list[RuleTally]:
    """Return the rules of *listed* findings, the worst and then the most frequent first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in listed:
        # By severity too: F002 has two (see its page).
        groups.setdefault((str(finding["rule"]), str(finding["severity"])), []).append(finding)
    tallies = [_tally(*key, findings, titles) for key, findings in groups.items()]
    return sorted(tallies, key=lambda each: (Severity(each.severity).rank, -each.count, each.code))


def _tally(
    code: str, severity: str, findings: list[Finding], titles: Mapping[str, str]
) -> RuleTally:
    rows = {
        (each["collection_id"], each["artifact_id"])
        for each in findings
        if each["collection_id"] is not None
    }
    repairs = {str(each["disposition"]) for each in findings} - {str(Disposition.NONE)}
    repair = ", ".join(sorted(repairs, key=_ORDER.index))
    return RuleTally(code, severity, titles[code], len(findings), len(rows), repair)
