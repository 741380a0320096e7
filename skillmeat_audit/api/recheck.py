"""Compares the audits before and after a run: what is fixed, remains, is new, will not last."""

import pandas as pd

from skillmeat_audit.api.views import Recheck
from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.columns import equals, is_present
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.model.changes import RunOutcome
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.trend import fingerprints
from skillmeat_audit.reports.notebook.frames import ShownFrame


def compare_findings(before: pd.DataFrame, after: pd.DataFrame) -> Recheck:
    """Return how *after* differs from *before*, matched by fingerprint."""
    old, new = _fingerprints(before), _fingerprints(after)
    # A finding whose values changed keeps its fingerprint: it remains.
    is_fixed, remains = ~is_in(old, new), is_in(new, old)
    return Recheck(
        fixed=ShownFrame(before[is_fixed].reset_index(drop=True)),
        remaining=ShownFrame(after[remains].reset_index(drop=True)),
        new=ShownFrame(after[~remains].reset_index(drop=True)),
    )


def fading_cells(run: RunOutcome, after: Comparison) -> tuple[tuple[str, str, str], ...]:
    """Return the cells that *run* wrote and the manifest does not hold in the audit *after* it.

    SkillMeat writes rows from manifests: its next restart or refresh takes these values away.
    """
    written = {
        (*applied.change.key, column)
        for applied in run.applied
        for column, value in applied.change.after.items()
        if value is not None and column in COLUMNS
    }
    rows, fading = after.snapshot.rows, set[tuple[str, str, str]]()
    for column in {column for *_, column in written}:
        held = after.normal_rows(column)
        manifest = after.per_row(after.normal_layer(Evidence.MANIFEST, column))
        is_outside = is_present(held) & ~equals(manifest, held)
        keys = rows.loc[is_outside, ["collection_id", "artifact_id"]]
        fading |= {(*key, column) for key in keys.itertuples(index=False, name=None)}
    return tuple(sorted(fading & written))


def select_other(findings: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return those of *findings* that are not among *others*, matched by fingerprint."""
    return findings[~is_in(_fingerprints(findings), _fingerprints(others))]


def _fingerprints(findings: pd.DataFrame) -> pd.Series:
    return pd.Series(fingerprints(findings), findings.index, dtype="string")
