"""The changes of a plan and the outcomes of a run, as DataFrames."""

import pandas as pd

from skillmeat_audit.model.changes import Applied, PlanDocument, RunOutcome, Skipped
from skillmeat_audit.model.tables import CHANGES, OUTCOMES


def changes_frame(document: PlanDocument) -> pd.DataFrame:
    """Return the changes as ``CHANGES``: one row per cell (per row for deletes), in order."""
    return CHANGES.from_records([
        {
            "op": change.op, "collection_id": change.collection_id,
            "artifact_id": change.artifact_id, "column": column or None,
            "before": change.before.get(column), "after": change.after.get(column),
            "disposition": change.disposition, "rules": " ".join(change.rules),
        }
        for change in document.changes
        for column in (list(change.after) or [""])
    ])  # fmt: skip


def outcomes_frame(outcome: RunOutcome) -> pd.DataFrame:
    """Return one row per change as ``OUTCOMES``: applied, or skipped and why."""
    return OUTCOMES.from_records([
        {
            "op": result.change.op, "collection_id": result.change.collection_id,
            "artifact_id": result.change.artifact_id,
            "outcome": "applied" if isinstance(result, Applied) else "skipped",
            "reason": result.reason if isinstance(result, Skipped) else None,
        }
        for result in outcome.outcomes
    ])  # fmt: skip
