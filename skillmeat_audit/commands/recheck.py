"""Audits a home before and after a run: what is fixed, what remains, what is new."""

from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.commands.audit import audit
from skillmeat_audit.model.past import identities
from skillmeat_audit.model.tables import among
from skillmeat_audit.model.urls import sqlite_path


@dataclass(frozen=True)
class Recheck:
    """What an audit after a run says, against the one before: findings ``FINDINGS`` each."""

    fixed: pd.DataFrame
    remaining: pd.DataFrame
    new: pd.DataFrame


def findings_of(home: str, url: str) -> pd.DataFrame:
    """Return the findings of *home* with its cache at *url*."""
    path = sqlite_path(url)
    return audit(home, database=url if path is None else str(path), progress=False).findings


def compared(before: pd.DataFrame, after: pd.DataFrame) -> Recheck:
    """Return what two audits of a home say of each other."""
    old, new = (pd.Series(identities(each), each.index, dtype="string") for each in (before, after))
    fixed, known = ~among(old, new), among(new, old)
    return Recheck(
        fixed=before[fixed].reset_index(drop=True),
        remaining=after[known].reset_index(drop=True),
        new=after[~known].reset_index(drop=True),
    )
