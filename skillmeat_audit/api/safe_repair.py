"""Applies the safe changes of a home, before it is reported on."""

import os
import shlex
from collections.abc import Sequence

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.repair import apply
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import DatabaseError, PlanError, StateError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.model.findings import Disposition
from skillmeat_audit.reports.facts.values import plural

Lines = tuple[str, ...]


def apply_safe(audited: Audit, state_dir: PathLike | None) -> tuple[bool, Lines, Lines]:
    """Apply what is safe in *audited*; return whether rows were written, notes, and warnings.

    A plan that changes too much, or a locked cache, is a warning: the report is made all the same.
    """
    try:
        planned = audited.plan(dispositions=(Disposition.SAFE,))
        if not planned.document.changes:
            return False, (), ()
        outcome = apply(planned, options=Options(state_dir), recheck=False).outcome
    # HomeError and UsageError are raised: with them there is nothing to report on either.
    except (PlanError, DatabaseError, StateError) as exc:
        return False, (), (f"the safe changes were not applied: {exc}",)
    applied = f"{plural(len(outcome.applied), 'safe change')} applied in run {outcome.run}"
    skipped = len(outcome.conflicts)
    undo_command = f"undo {shlex.quote(planned.document.home)} --run {outcome.run}"
    if state_dir is not None:
        undo_command += (
            f" --state-dir {shlex.quote(os.path.abspath(os.path.expanduser(state_dir)))}"
        )
    notes: Sequence[str] = [f"{applied}; 'skillmeat-audit {undo_command}' puts them back"]
    if skipped:
        notes = [*notes, f"{plural(skipped, 'change')} skipped: the rows changed meanwhile"]
    return True, (*notes, *outcome.notes), ()
