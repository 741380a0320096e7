"""T: times."""

import numpy as np
import pandas as pd

from skillmeat_audit.diff.compare import differs, is_true
from skillmeat_audit.diff.comparison import NO_FINDINGS, Comparison
from skillmeat_audit.diff.registry import check
from skillmeat_audit.model.fields import FIELDS
from skillmeat_audit.model.findings import Evidence, Severity


@check("T001", Severity.INFO)
def never_synced(comparison: Comparison) -> pd.DataFrame:
    """Row was never synced: ``synced_at`` is NULL.

    SkillMeat serves such a row from the manifest, one look-up per row. Adding to a collection
    clears the time of all its rows; the server's start since 0.9.0 never sets it.

    See docs/skillmeat.md#server-start-drops-columns and docs/skillmeat.md#what-pages-show.

    Do: nothing: the next repair or refresh of the row sets the time. V003 says where none does.
    """
    never = comparison.snapshot.rows["synced_at"].isna()
    return comparison.row_findings(never & comparison.usable)


@check("T002", Severity.INFO)
def edited_after_sync(comparison: Comparison) -> pd.DataFrame:
    """Artifact was edited after the row was synced, and now says something else.

    SkillMeat never reads the front matter again after an artifact was added, so an edit reaches
    neither manifest nor row. The detail names the columns in which the file contradicts both.

    See docs/skillmeat.md#refresh.

    Do: bring the edit into the manifest: skillmeat-audit plan HOME --select F008 --disposition
    review -o plan.json
    """
    modified_at = comparison.per_row(comparison.snapshot.frontmatter["modified_at"])
    # Both are texts of the same form, UTC to microseconds: they sort as their times do.
    newer = is_true(modified_at > comparison.snapshot.rows["synced_at"])
    if not newer.any():
        return NO_FINDINGS
    columns = comparison.per_row(_contradictions(comparison))
    detail = "the file differs in " + columns
    return comparison.row_findings(newer & is_true(columns != ""), detail=detail)


def _contradictions(comparison: Comparison) -> pd.Series:
    """Return, per manifest entry, the columns in which entry and front matter differ."""
    layers = comparison.layers
    columns = np.full(len(comparison.snapshot.manifest), "", dtype=object)
    for field in FIELDS:
        if Evidence.FRONTMATTER in field.layers:
            manifest = layers.layer(Evidence.MANIFEST, field.column).normal
            file = layers.layer(Evidence.FRONTMATTER, field.column).normal
            both = manifest.notna() & file.notna()
            columns[both & differs(manifest, file)] += f", {field.column}"
    return pd.Series(columns, dtype="string").str.removeprefix(", ")
