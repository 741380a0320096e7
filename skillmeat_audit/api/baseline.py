"""Leaves accepted findings out of an audit, and updates the baseline."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.values import Audit
from skillmeat_audit.history.baseline import (
    AcceptanceTerms,
    BaselineEntry,
    accept_findings,
    load_baseline,
    save_baseline,
    update_entries,
)


def apply_baseline(audited: Audit, scope: Scope, path: Path, today: date) -> Audit:
    """Return *audited* without the findings that the baseline at *path* accepts *today*.

    They are in its ``accepted``. Only an audit of everything reports stale entries. Raises
    `UsageError`.
    """
    findings, accepted = accept_findings(
        load_baseline(path), audited.findings, audited.ignored, today
    )
    if not scope.is_whole:
        # In a part of the findings most entries accept nothing; that does not make them stale.
        accepted = replace(accepted, stale=())
    return replace(audited, findings=findings, accepted=accepted)


def update_baseline(
    audited: Audit, scope: Scope, path: Path, terms: AcceptanceTerms, today: date
) -> tuple[int, int]:
    """Write the baseline that accepts what *audited* found; return its size, and that before.

    Accepted findings keep reason and owner, and the expiry unless it has passed; entries without a
    finding are dropped where the audit was of everything. Raises `UsageError`, `StateError`.
    """
    before: list[BaselineEntry] = load_baseline(path) if path.exists() else []
    # A rule that is ignored is not checked off: its entries stay.
    whole = scope.is_whole and audited.ignored.empty
    now = update_entries(before, audited.findings, terms, today, whole=whole)
    save_baseline(path, now)
    return len(now), len(before)
