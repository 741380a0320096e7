"""T: times."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, to_mask
from skillmeat_audit.base.columns import is_present, join_texts, unequal
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts
from skillmeat_audit.model.fields import FIELDS
from skillmeat_audit.model.findings import Evidence, Severity


@check("T001", Severity.INFO)
def never_synced(comparison: Comparison) -> Parts:
    """Row was never synced: ``synced_at`` is NULL.

    SkillMeat serves such a row from the manifest, one look-up per row. Adding to a collection
    clears the time of all its rows; the server's start since 0.9.0 never sets it.

    See docs/skillmeat.md#server-start-drops-columns and docs/skillmeat.md#what-pages-show.

    Do: nothing: the next repair or refresh of the row sets the time. V003 says where none does.
    """
    never = ~is_present(comparison.row_texts["synced_at"])
    return comparison.row_findings(never & comparison.usable)


@check("T002", Severity.INFO)
def edited_after_sync(comparison: Comparison) -> Parts:
    """Artifact was edited after the row was synced, and now says something else.

    SkillMeat never reads the front matter again after an artifact was added, so an edit reaches
    neither manifest nor row. The detail names the columns in which the file contradicts both.

    See docs/skillmeat.md#refresh.

    Do: bring the edit into the manifest: skillmeat-audit plan HOME --select F008 --disposition
    review -o plan.json
    """
    modified_at = comparison.per_row(comparison.file_texts["modified_at"])
    # Both are texts of the same form, UTC to microseconds: they sort as their times do.
    newer = to_mask(pc.greater(modified_at, comparison.row_texts["synced_at"]))
    if not newer.any():
        return NO_FINDINGS
    columns = comparison.per_row(_contradictions(comparison))
    detail = join_texts("the file differs in ", columns)
    return comparison.row_findings(newer & unequal(columns, ""), detail=detail)


def _contradictions(comparison: Comparison) -> pa.Array:
    """Return, per manifest entry, the columns in which entry and front matter differ."""
    columns = np.full(len(comparison.snapshot.manifest), "", dtype=object)
    for field in FIELDS:
        if Evidence.FRONTMATTER in field.layers:
            manifest = comparison.normal_layer(Evidence.MANIFEST, field.column)
            file = comparison.normal_layer(Evidence.FRONTMATTER, field.column)
            columns[unequal(manifest, file)] += f", {field.column}"
    return pc.utf8_slice_codeunits(pa.array(columns, ARROW_TEXT), len(", "))
