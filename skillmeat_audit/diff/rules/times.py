"""T: times."""

import numpy as np
import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import differs, is_true
from skillmeat_audit.diff.registry import NOTHING, rule
from skillmeat_audit.diff.rules.select import per_row, row_findings
from skillmeat_audit.model.fields import FIELDS
from skillmeat_audit.model.findings import Evidence, Severity


@rule("T001", Severity.INFO)
def T001(comparison: Comparison) -> pd.DataFrame:
    """Row was never synced: ``synced_at`` is NULL.

    SkillMeat serves such a row from the manifest, one look-up per row. Adding to a collection
    clears the time of all its rows; the server's start since 0.9.0 never sets it (§7.32).
    """
    return row_findings(
        comparison, comparison.snapshot.rows["synced_at"].isna() & comparison.usable
    )


@rule("T002", Severity.INFO)
def T002(comparison: Comparison) -> pd.DataFrame:
    """Artifact was edited after the row was synced, and says something else now.

    SkillMeat never reads the front matter again after an artifact was added, so an edit reaches
    neither manifest nor row. The detail names the columns in which the file contradicts both.
    """
    newer = is_true(
        per_row(comparison, comparison.snapshot.frontmatter["modified_at"])
        > comparison.snapshot.rows["synced_at"]
    )
    if not newer.any():
        return NOTHING
    names = per_row(comparison, _contradictions(comparison))
    return row_findings(
        comparison, newer & is_true(names != ""), detail="the file differs in " + names
    )


def _contradictions(comparison: Comparison) -> pd.Series:
    """Return, per manifest entry, the columns in which entry and front matter differ."""
    layers = comparison.layers
    names = np.full(len(comparison.snapshot.manifest), "", dtype=object)
    for field in FIELDS:
        if Evidence.FRONTMATTER in field.layers:
            said = layers.layer(Evidence.MANIFEST, field.column).normal
            written = layers.layer(Evidence.FRONTMATTER, field.column).normal
            names[said.notna() & written.notna() & differs(said, written)] += f", {field.column}"
    return pd.Series(names, dtype="string").str.removeprefix(", ")
