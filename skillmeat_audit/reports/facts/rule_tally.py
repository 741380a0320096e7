"""Counts findings by rule: how many, on how many rows, and what repairs them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from skillmeat_audit.model.findings import Disposition, Severity
from skillmeat_audit.reports.facts.lines import Finding

_ORDER = tuple(map(str, Disposition))
BY_HAND = "by hand"
# What the words in the column of repairs mean, in the order in which they are explained.
REPAIRS = {
    str(Disposition.SAFE): "the manifest has the value",
    str(Disposition.FILL): "only a file or the catalogue has it, the manifest gets it too",
    str(Disposition.REVIEW): "a person decides",
    BY_HAND: "no plan repairs it",
}


@dataclass(frozen=True)
class RuleTally:
    """What a rule found with one severity, on how many cache ``rows``.

    ``repair`` names the dispositions, or `BY_HAND`.
    """

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


def repair_legend(used: Collection[str]) -> str:
    """Return what the words mean that are *used* for repairs."""
    return " · ".join(f"{word} = {meaning}" for word, meaning in REPAIRS.items() if word in used)


def _tally(
    code: str, severity: str, findings: list[Finding], titles: Mapping[str, str]
) -> RuleTally:
    rows = {
        (each["collection_id"], each["artifact_id"])
        for each in findings
        if each["collection_id"] is not None
    }
    repairs = {str(each["disposition"]) for each in findings} - {str(Disposition.NONE)}
    repair = ", ".join(sorted(repairs, key=_ORDER.index)) or BY_HAND
    return RuleTally(code, severity, titles[code], len(findings), len(rows), repair)
