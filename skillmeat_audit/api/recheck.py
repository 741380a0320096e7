"""Compares the findings before and after a run: what is fixed, what remains, what is new."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.model.trend import AuditDelta, fingerprints


def compare_findings(before: pd.DataFrame, after: pd.DataFrame) -> AuditDelta:
    """Return how *after* differs from *before*, matched by fingerprint."""
    old, new = _fingerprints(before), _fingerprints(after)
    # A finding whose values changed keeps its fingerprint: it remains.
    is_fixed, remains = ~is_in(old, new), is_in(new, old)
    return AuditDelta(
        fixed=before[is_fixed].reset_index(drop=True),
        remaining=after[remains].reset_index(drop=True),
        new=after[~remains].reset_index(drop=True),
    )


def select_same(findings: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """Return those of *findings* that are also in one of *others*, matched by fingerprint."""
    return findings[is_in(_fingerprints(findings), pd.concat(map(_fingerprints, others)))]


def _fingerprints(findings: pd.DataFrame) -> pd.Series:
    return pd.Series(fingerprints(findings), findings.index, dtype="string")
