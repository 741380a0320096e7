"""Audits a home before and after a run: what is fixed, what remains, what is new."""

from typing import Unpack

import pandas as pd

from skillmeat_audit.api.audit import Audit, audit
from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.loaders.snapshot import Reading
from skillmeat_audit.model.trend import AuditDelta, fingerprints


def audit_database(home: str, url: str, **reading: Unpack[Reading]) -> Audit:
    """Return the audit of *home* with its cache at *url*."""
    path = sqlite_path(url)
    return audit(home, database=url if path is None else str(path), **reading)


def compare_audits(before: pd.DataFrame, after: pd.DataFrame) -> AuditDelta:
    """Return what two audits of a home say of each other."""
    old, new = _identity(before), _identity(after)
    fixed, known = ~is_in(old, new), is_in(new, old)
    return AuditDelta(
        fixed=before[fixed].reset_index(drop=True),
        remaining=after[known].reset_index(drop=True),
        new=after[~known].reset_index(drop=True),
    )


def narrow_to(known: pd.DataFrame, after: Audit, new: pd.DataFrame) -> Audit:
    """Return *after* with those of its findings only that are among the *known* or the *new*.

    So an audit of some findings is followed by one of the same, and what the run brought.
    """
    found = _identity(after.findings)
    kept = is_in(found, _identity(known)) | is_in(found, _identity(new))
    return after.only(after.findings[kept])


def _identity(findings: pd.DataFrame) -> pd.Series:
    """Return what makes findings of two audits the same, for each of *findings*."""
    return pd.Series(fingerprints(findings), findings.index, dtype="string")
