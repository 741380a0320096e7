"""The noun of a notice: what people are told of an audit."""

from dataclasses import dataclass

from skillmeat_audit.model.findings import Severity


@dataclass(frozen=True)
class Notice:
    """What people are told: ``severity`` is that of the worst new finding, error for a failure."""

    title: str
    body: str
    severity: Severity
