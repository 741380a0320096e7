"""Sentences about the audit after a run: what is new, what would not last, what to do next."""

from collections.abc import Iterator, Mapping

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import WRITABLE
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import HOME_LABEL, Names
from skillmeat_audit.reports.facts.values import plural

_UNREADABLE = "L001"


def lasting_sentence(delta: AuditDelta) -> str:
    """Return in a line how many of the written cells SkillMeat will blank again."""
    if not delta.fading:
        return "all written cells last: SkillMeat's next restart or refresh keeps them"
    return (
        f"would not last: {plural(len(delta.fading), 'written cell')}, which no manifest holds: "
        "SkillMeat's next restart or refresh that writes the row blanks it again"
    )


def describe_fading(delta: AuditDelta, names: Names) -> Iterator[str]:
    """Yield each written cell that would not last, as a text that is not yet printable."""
    for collection_id, artifact_id, column in delta.fading:
        yield f"{artifact_id} · {names.collection(collection_id)}: {column}"


def describe_new(delta: AuditDelta, names: Names) -> Iterator[str]:
    """Yield the new findings by rule, with its title, as texts that are not yet printable."""
    for rule, findings in delta.new.groupby("rule"):
        yield f"{len(findings)} × {rule}  {names.titles.get(str(rule), '')}"
        yield from (f"  {_where(finding, names)}" for finding in records(findings))


def _where(finding: Mapping[str, object], names: Names) -> str:
    collection, column = finding["collection_id"], finding["column"]
    artifact = str(finding["artifact_id"] or HOME_LABEL)
    row = f"{artifact} · {names.collection(collection)}" if collection else artifact
    return ": ".join(str(part) for part in (row, column or finding["detail"]) if part)


def plan_again_sentence(delta: AuditDelta) -> str:
    """Return that a mended manifest has more to repair, empty where none has."""
    is_mended = (delta.fixed["rule"] == _UNREADABLE).any()
    open_findings = sum(
        int(is_in(findings["disposition"], WRITABLE).sum())
        for findings in (delta.remaining, delta.new)
    )
    if not (is_mended and open_findings):
        return ""
    return (
        "a manifest that SkillMeat could not read is mended: plan again, for "
        f"{plural(open_findings, 'finding')} that can be repaired now"
    )
