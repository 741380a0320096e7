"""The changes of a plan and the outcomes of a run, as DataFrames."""

import pandas as pd

from skillmeat_audit.model.changes import Applied, CellChange, PlanDocument, RunOutcome, Skipped
from skillmeat_audit.model.manifest_edits import ManifestEdit, cell_text
from skillmeat_audit.model.repair_tables import CHANGES, EDITS, OUTCOMES


def changes_frame(document: PlanDocument) -> pd.DataFrame:
    """Return the changes as ``CHANGES``: one row per cell, in order."""
    cells = [
        (change.op, *change.key, column, cell)
        for change in document.changes
        for column, cell in change.cells.items()
    ]
    return CHANGES.from_records(
        [
            _written(cell)
            | {"op": op, "collection_id": collection, "artifact_id": artifact, "column": column}
            for op, collection, artifact, column, cell in cells
        ]
    )


def edits_frame(document: PlanDocument) -> pd.DataFrame:
    """Return the edits of manifests as ``EDITS``: one row per key, in order."""
    return EDITS.from_records(
        [
            _written(edit)
            | {
                "file_collection": manifest.file_collection,
                "artifact_id": edit.artifact_id,
                "key": edit.key,
            }
            for manifest in document.manifests
            for edit in manifest.edits
        ]
    )


def _written(change: CellChange | ManifestEdit) -> dict[str, object]:
    return {
        "before": cell_text(change.before),
        "after": cell_text(change.after),
        "evidence": change.evidence,
        "disposition": change.disposition,
        "rules": " ".join(change.rules),
    }


def outcomes_frame(outcome: RunOutcome) -> pd.DataFrame:
    """Return one row per change as ``OUTCOMES``: applied, or skipped and why."""
    results = [
        {
            "op": result.change.op,
            "collection_id": result.change.collection_id,
            "artifact_id": result.change.artifact_id,
            "outcome": "applied" if isinstance(result, Applied) else "skipped",
            "reason": result.reason if isinstance(result, Skipped) else None,
        }
        for result in outcome.outcomes
    ]
    return OUTCOMES.from_records(results)
