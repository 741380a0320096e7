"""Audits a home before and after a run: what is fixed, what remains, what is new."""

from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.commands.audit import audit
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
    identity = ["rule", "collection_id", "artifact_id", "column"]
    old, new = (pd.MultiIndex.from_frame(each[identity].fillna("")) for each in (before, after))
    return Recheck(
        fixed=before[~old.isin(new)].reset_index(drop=True),
        remaining=after[new.isin(old)].reset_index(drop=True),
        new=after[~new.isin(old)].reset_index(drop=True),
    )
