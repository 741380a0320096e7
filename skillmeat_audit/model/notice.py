"""The notice that an audit sends to people."""

from dataclasses import dataclass

from skillmeat_audit.model.findings import Severity


@dataclass(frozen=True)
class Notice:
    """A notice; ``severity`` is that of the worst new finding, error for a failure."""

    title: str
    body: str
    severity: Severity
