"""Which values of a plan its layers no longer hold."""

from skillmeat_audit.api.inspection import Inspection
from skillmeat_audit.api.planning import TARGETS, PlanScope, PlanSources, planned_changes
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.reports.facts.values import plural


def outdated_note(document: PlanDocument, now: Inspection) -> str:
    """Return what to say of values in *document* that no plan would write *now*; "" if none.

    The preconditions of a plan are about what it overwrites. A manifest, a file or a catalogue may
    have been edited as well since the plan was made, or a person edited the plan: only that person
    knows which, so it is said, and nothing is skipped for it.
    """
    draft = planned_changes(PlanSources(now.comparison), now.findings, _scope_of(document))
    texts = {
        (*change.key, column): cell.after
        for change in draft.changes
        for column, cell in change.cells.items()
    }
    # A cell that no plan would write now is right already, or its row has changed: that is judged
    # when the row is locked.
    outdated = [
        (change.artifact_id, column)
        for change in document.changes
        for column, cell in change.cells.items()
        if texts.get((*change.key, column), cell.after) != cell.after
    ]
    if not outdated:
        return ""
    artifact_id, column = outdated[0]
    more = f" and {plural(len(outdated) - 1, 'more cell')}" if len(outdated) > 1 else ""
    return (
        f"the plan is not up to date: its {column} of {artifact_id}{more} is not what "
        "the manifest, file or catalogue holds now; plan again"
    )


def _scope_of(document: PlanDocument) -> PlanScope:
    """Return the scope that *document* was made with, as far as its entries tell."""
    edits = (edit for manifest in document.manifests for edit in manifest.edits)
    cells = (cell for change in document.changes for cell in change.cells.values())
    dispositions = {edit.disposition for edit in edits} | {cell.disposition for cell in cells}
    return PlanScope(
        sorted(dispositions),
        deletes=any(change.op == "delete" for change in document.changes),
        targets=TARGETS if document.manifests else ("rows",),
    )
