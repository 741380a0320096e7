"""Orders findings by severity, the worst first."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.model.findings import SEVERITIES


def severity_ranks(values: pd.Series) -> pd.Series:
    """Return the rank of each severity in *values*: 0 is the worst."""
    return values.map({str(severity): severity.rank for severity in SEVERITIES}).astype("int64")


def worst_artifact(findings: pd.DataFrame) -> str | None:
    """Return the artifact with the most errors, of those the most warnings; None without one."""
    judged = findings[findings["artifact_id"].notna()]
    if judged.empty:
        return None
    counts = pd.crosstab(judged["artifact_id"], severity_ranks(judged["severity"]))
    # The index is in order: of equally bad artifacts the first by name.
    return str(counts.sort_values(list(counts.columns), ascending=False, kind="stable").index[0])


def worst_first(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* by severity; of one severity the new ones first, else in their order."""
    ranks = severity_ranks(findings["severity"])
    if "state" in findings:
        # Twice the rank leaves room for one bit: 0 for a new finding, 1 for an older one.
        ranks = ranks * 2 + (~is_in(findings["state"], ["new"])).astype("int64")
    return findings.loc[ranks.sort_values(kind="stable").index].reset_index(drop=True)
