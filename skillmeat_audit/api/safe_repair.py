"""Applies the safe changes of a home, before it is reported on."""

import os
import shlex
from collections.abc import Sequence

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.repair import apply
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import DatabaseError, PlanError, StateError
from skillmeat_audit.model.findings import Disposition
from skillmeat_audit.reports.facts.values import plural

Said = tuple[str, ...]


def apply_safe(audited: Audit, state_dir: str | os.PathLike[str] | None) -> tuple[bool, Said, Said]:
    """Apply what is safe in *audited*; return whether rows were written, notes, and trouble.

    A plan that would change too much, or a cache that is held by others, is trouble: the report is
    made all the same.
    """
    try:
        planned = audited.plan(dispositions=(Disposition.SAFE,))
        if not planned.document.changes:
            return False, (), ()
        outcome = apply(planned, options=Options(state_dir), recheck=False).outcome
    except (PlanError, DatabaseError, StateError) as exc:
        return False, (), (f"the safe changes were not applied: {exc}",)
    said = f"{plural(len(outcome.applied), 'safe change')} applied in run {outcome.run}"
    skipped = len(outcome.conflicts)
    way_back = f"undo {shlex.quote(planned.document.home)} --run {outcome.run}"
    if state_dir is not None:
        way_back += f" --state-dir {shlex.quote(os.path.abspath(os.path.expanduser(state_dir)))}"
    notes: Sequence[str] = [f"{said}; 'skillmeat-audit {way_back}' puts them back"]
    if skipped:
        notes = [*notes, f"{plural(skipped, 'change')} skipped: the rows moved meanwhile"]
    return True, (*notes, *outcome.notes), ()
