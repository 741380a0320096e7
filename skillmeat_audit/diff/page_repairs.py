"""Finds the findings whose repair mends a page: a page has no cells, its row has."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.web_view import FROM_ROW, PAGE_COLUMNS
from skillmeat_audit.model.findings import Disposition
from skillmeat_audit.model.tables import KEY

_ROW = list(KEY)
_CELL, _ROW_REPAIR = [*_ROW, "column", "disposition"], [*_ROW, "disposition"]


def page_repairs(
    pages: pd.DataFrame, findings: pd.DataFrame, candidates: pd.DataFrame
) -> pd.DataFrame:
    """Return those of *candidates* that repair the pages of *findings* (both ``FINDINGS``).

    The page of V001 or V002 is repaired by the cell of the same column. A repair sets
    ``synced_at``, and the page shows the row from then on: a page that showed something else
    (*pages* are ``PAGES``) takes the row's other texts along. Where the row holds the text already,
    any repair of the row will do. V004 may name a value of a manifest: L004 repairs it.
    """
    broken = findings[
        is_in(findings["rule"], ("V001", "V002"))
        & ~is_in(findings["disposition"], [Disposition.NONE])
    ]
    everything = pd.concat([findings, candidates])
    cells = everything[everything["status"].notna()]
    by_row = broken[~_has_key(broken, cells, _CELL)]
    not_from_row = broken[_has_key(broken, pages[pages["tier"] != FROM_ROW], _ROW)]
    is_cell = candidates["status"].notna()
    is_text = is_cell & is_in(candidates["column"], PAGE_COLUMNS)
    writes = is_cell | is_in(candidates["rule"], ["V003"])
    failing = findings.loc[is_in(findings["rule"], ["V004"]), "artifact_id"].dropna()
    return candidates[
        (is_cell & _has_key(candidates, broken, _CELL))
        | (is_text & _has_key(candidates, not_from_row, _ROW))
        | (writes & _has_key(candidates, by_row, _ROW_REPAIR))
        | (is_in(candidates["rule"], ["L004"]) & is_in(candidates["artifact_id"], failing))
    ]


def _has_key(frame: pd.DataFrame, others: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return which rows of *frame* have the values of a row of *others* in *columns*."""
    keys, other_keys = (pd.MultiIndex.from_frame(each[columns]) for each in (frame, others))
    return pd.Series(keys.isin(other_keys), index=frame.index)
