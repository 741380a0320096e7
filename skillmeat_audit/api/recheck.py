"""Audits a home before and after a run: what is fixed, what remains, what is new."""

from dataclasses import dataclass
from typing import Unpack

import pandas as pd

from skillmeat_audit.api.audit import Audit, audit
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.loaders.snapshot import Reading
from skillmeat_audit.model.tables import among
from skillmeat_audit.model.trend import identities


@dataclass(frozen=True)
class Recheck:
    """What an audit after a run says, against the one before: findings ``FINDINGS`` each."""

    fixed: pd.DataFrame
    remaining: pd.DataFrame
    new: pd.DataFrame


def audit_of(home: str, url: str, **reading: Unpack[Reading]) -> Audit:
    """Return the audit of *home* with its cache at *url*."""
    path = sqlite_path(url)
    return audit(home, database=url if path is None else str(path), **reading)


def compared(before: pd.DataFrame, after: pd.DataFrame) -> Recheck:
    """Return what two audits of a home say of each other."""
    old, new = _identity(before), _identity(after)
    fixed, known = ~among(old, new), among(new, old)
    return Recheck(
        fixed=before[fixed].reset_index(drop=True),
        remaining=after[known].reset_index(drop=True),
        new=after[~known].reset_index(drop=True),
    )


def left_of(known: pd.DataFrame, after: Audit, new: pd.DataFrame) -> Audit:
    """Return *after* with those of its findings only that are among the *known* or the *new*.

    So an audit of some findings is followed by one of the same, and what the run brought.
    """
    found = _identity(after.findings)
    kept = among(found, _identity(known)) | among(found, _identity(new))
    return after.only(after.findings[kept])


def _identity(findings: pd.DataFrame) -> pd.Series:
    """Return what makes findings of two audits the same, for each of *findings*."""
    return pd.Series(identities(findings), findings.index, dtype="string")
