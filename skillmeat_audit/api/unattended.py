"""Repairs a home without a person, before it is reported on."""

from dataclasses import dataclass

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.planning import TARGETS
from skillmeat_audit.api.repair import apply
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import DatabaseError, PlanError, StateError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.model.findings import WRITABLE, Disposition
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.reports.facts.next_commands import command_on
from skillmeat_audit.reports.facts.run_sentences import written_sentence
from skillmeat_audit.reports.facts.values import plural

Lines = tuple[str, ...]


@dataclass(frozen=True)
class UnattendedRun:
    """What became of an unattended repair: ``diffs`` are what it wrote into manifests."""

    is_written: bool = False
    notes: Lines = ()
    warnings: Lines = ()
    diffs: tuple[ManifestDiff, ...] = ()


def apply_unattended(
    audited: Audit, state_dir: PathLike | None, *, fill: bool = False
) -> UnattendedRun:
    """Apply what is safe in *audited*.

    Only rows are written, and only with what manifests say; with *fill* also what other layers
    know, in manifests and rows. A plan that changes too much, or a locked cache, is a warning: the
    report is made all the same.
    """
    dispositions = WRITABLE if fill else (Disposition.SAFE,)
    try:
        planned = audited.plan(dispositions=dispositions, targets=TARGETS if fill else ("rows",))
        if planned.document.is_empty:
            return UnattendedRun()
        diffs = planned.diffs  # of the manifests as they are before the run
        # The report that follows audits the home again anyhow.
        outcome = apply(planned, options=Options(state_dir), recheck=False).outcome
    except (PlanError, DatabaseError, StateError) as exc:
        return UnattendedRun(warnings=(f"the safe changes were not applied: {exc}",))
    reasons = [f"{each.change.artifact_id}: {each.reason}" for each in outcome.conflicts]
    reasons += [
        f"{each.edit.artifact_id}, {each.edit.key or 'entry'}: {each.reason}"
        for each in outcome.edit_conflicts
    ]
    skipped = (f"{plural(len(reasons), 'change')} skipped: {'; '.join(reasons[:3])}",)
    notes = (*(skipped if reasons else ()), *outcome.notes)
    if outcome.run is None:
        return UnattendedRun(notes=notes)
    command = command_on(planned.document.home, state_dir, "undo", "--run", outcome.run)
    applied = f"{written_sentence(outcome)} in run {outcome.run}"
    notes = (f"{applied}; '{command}' puts them back", *notes)
    return UnattendedRun(is_written=True, notes=notes, diffs=diffs)
