"""The changes of a plan and the outcomes of a run, as DataFrames."""

import pandas as pd

from skillmeat_audit.model.changes import Applied, Change, PlanDocument, RunOutcome, Skipped
from skillmeat_audit.model.tables import CHANGES, OUTCOMES


def changes_frame(document: PlanDocument) -> pd.DataFrame:
    """Return the changes as ``CHANGES``: one row per cell (per row for deletes), in order."""
    cells = [
        _row_of(change)
        | {
            "column": column or None,
            "before": change.before.get(column),
            "after": change.after.get(column),
            "disposition": change.disposition,
            "rules": " ".join(change.rules),
        }
        for change in document.changes
        for column in (list(change.after) or [""])
    ]
    return CHANGES.from_records(cells)


def outcomes_frame(outcome: RunOutcome) -> pd.DataFrame:
    """Return one row per change as ``OUTCOMES``: applied, or skipped and why."""
    results = [
        _row_of(result.change)
        | {
            "outcome": "applied" if isinstance(result, Applied) else "skipped",
            "reason": result.reason if isinstance(result, Skipped) else None,
        }
        for result in outcome.outcomes
    ]
    return OUTCOMES.from_records(results)


def _row_of(change: Change) -> dict[str, object]:
    row = {"collection_id": change.collection_id, "artifact_id": change.artifact_id}
    return {"op": change.op, **row}
