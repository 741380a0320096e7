"""Carries plans out and undoes runs, with an inspection of the home before and after."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from skillmeat_audit.api.inspection import Inspection, inspect_database
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.outdated import outdated_note
from skillmeat_audit.api.planning import native_path
from skillmeat_audit.api.recheck import compare_findings, fading_cells
from skillmeat_audit.api.views import list_runs
from skillmeat_audit.base.errors import AuditError, StateError, UsageError
from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.loaders.snapshot import Reading
from skillmeat_audit.model.changes import PlanDocument, RunOutcome
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.repair.apply import apply_plan, rehearse_plan
from skillmeat_audit.repair.run_folders import JournaledRun, read_runs
from skillmeat_audit.repair.run_settings import RunSettings
from skillmeat_audit.repair.undo import undo_run
from skillmeat_audit.reports.facts.run_sentences import why_no_undo


class Execution(NamedTuple):
    """What a run did; ``recheck`` and ``after`` are None unless the home was inspected again."""

    outcome: RunOutcome
    settings: RunSettings
    recheck: AuditDelta | None = None
    after: Inspection | None = None


def execute_plan(
    document: PlanDocument, url: str, options: Options | None, *, recheck: bool = True
) -> Execution:
    """Apply the plan to the cache at *url*; with *recheck*, say what that fixed."""
    options = options or Options()
    settings = options.run_settings(native_path(document.home))
    # Before the run, not from the plan: since it was made, SkillMeat may have fixed or broken more.
    before = _inspect(document, url, options) if recheck else None
    outcome = apply_plan(document, url, settings)
    if before is None:
        return Execution(outcome, settings)
    outcome = _noted(outcome, outdated_note(document, before))
    try:
        # Where nothing was written, the home need not be read a second time.
        after = _inspect(document, url, options) if outcome.run else before
    except AuditError as exc:  # the rows stay written, and the caller has to be informed of that
        return Execution(_noted(outcome, f"could not audit again: {exc}"), settings)
    delta = compare_findings(before.findings, after.findings)
    delta = replace(delta, fading=fading_cells(outcome, after.comparison))
    return Execution(outcome, settings, delta, after)


def execute_rehearsal(document: PlanDocument, url: str, options: Options | None) -> Execution:
    """Do all that applying does, and roll it back."""
    options = options or Options()
    # The plan's home, not the caller's: the journal belongs to the cache that is written.
    settings = options.run_settings(native_path(document.home))
    outcome = rehearse_plan(document, url, settings)
    note = outdated_note(document, _inspect(document, url, options))
    return Execution(_noted(outcome, note), settings)


def _noted(outcome: RunOutcome, note: str) -> RunOutcome:
    return replace(outcome, notes=(*outcome.notes, note)) if note else outcome


def _inspect(document: PlanDocument, url: str, options: Options) -> Inspection:
    reading = Reading(progress=False, state_dir=options.state_dir, allow_links=options.allow_links)
    return inspect_database(native_path(document.home), url, **reading)


@without_gc()
def execute_undo(
    run: str | None, url: str, settings: RunSettings, *, rehearsed: bool = False
) -> RunOutcome:
    """Undo the run with the id *run*; raise `UsageError` if it wrote nothing or is undone."""
    journals = read_runs(settings.folder)
    journal = next((each for each in journals if each.run == run), None)
    if journal is None:
        raise UsageError("this run wrote nothing: there is nothing to undo")
    if journal.state == "damaged":
        raise StateError(why_no_undo(*list_runs([journal])))
    if undo := _complete_undo(journal, journals):
        raise UsageError(
            f"run {run} is undone already, by run {undo}; to write its changes again, undo that run"
        )
    return undo_run(journal, url, settings, rehearsed=rehearsed)


def _complete_undo(run: JournaledRun, journals: Sequence[JournaledRun]) -> str:
    """Return the id of the undo that put back all of *run* and stands; "" if there is none."""
    committed = [each for each in journals if each.state == "committed"]
    undone = {each.undoes for each in committed}
    for undo in committed:
        # An undo that was undone itself, or that skipped something, leaves work for another.
        if undo.undoes == run.run and undo.run not in undone and _written(run) <= _written(undo):
            return undo.run
    return ""


def _written(run: JournaledRun) -> set[tuple[str, ...]]:
    """Return the keys of the rows, and of the edits of manifests, that *run* wrote."""
    edits = {
        (manifest.path, edit.artifact_id, edit.key)
        for manifest in run.manifests
        for edit in manifest.edits
    }
    return edits | {entry.key for entry in run.entries}
