"""Records the audit of a home in its history."""

from skillmeat_audit.api.compose import as_reported
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base import VERSION
from skillmeat_audit.history.store import HistoryLocation, RecordedRun, record_run
from skillmeat_audit.model.trend import fingerprints


def record_audit(audited: Audit, location: HistoryLocation, at: str) -> RecordedRun:
    """Record what *audited* found at a time; return what changed. Raises `StateError`."""
    findings = as_reported(audited.findings)
    counts, pages = audited.summary.counts, audited.headline.pages
    names = ("artifacts", "rows", "error", "warning", "info")
    facts = {name: counts[name] for name in names} | {
        # A jump in the numbers may be a new rule: then the version differs as well.
        "tool_version": VERSION,
        "blank_descriptions": None if pages is None else pages.without_description,
        "broken_sources": None if pages is None else pages.not_clickable,
    }
    return record_run(location, at, facts, findings, _hidden_fingerprints(audited))


def _hidden_fingerprints(audited: Audit) -> list[str]:
    """Return the fingerprints of the findings that are left out on request."""
    accepted = [] if audited.accepted is None else fingerprints(audited.accepted.findings)
    # They are still there: a finding that was accepted today has not been fixed.
    return [*fingerprints(audited.ignored), *accepted]
