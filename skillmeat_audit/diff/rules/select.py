"""How rules pick what they report: cells, rows, manifest entries, or a loader's problems."""

import numpy as np
import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.registry import FOUND, NOTHING
from skillmeat_audit.model.contracts import Values
from skillmeat_audit.model.findings import Disposition, Status
from skillmeat_audit.model.tables import KEY


def cell_findings(comparison: Comparison, column: str, *statuses: Status) -> pd.DataFrame:
    """Return ``FOUND``: the disagreeing cells of *column* that have one of *statuses*."""
    parts = [
        found
        for status in statuses
        if (found := comparison.cells_by.get((column, status))) is not None
    ]
    return pd.concat(parts)[list(FOUND.columns)] if parts else NOTHING


def cell_findings_where(comparison: Comparison, mask: pd.Series) -> pd.DataFrame:
    """Return ``FOUND``: the disagreeing cells in *mask*, which is aligned with them."""
    return comparison.cells.loc[is_true(mask), list(FOUND.columns)]


def odd_cell_findings(comparison: Comparison, column: str, odd: pd.Series) -> pd.DataFrame:
    """Return ``FOUND``: the disagreeing cells of *column* in the rows that are *odd*."""
    in_column = is_true(comparison.cells["column"] == column)
    return cell_findings_where(comparison, at_cells(comparison, odd) & in_column)


def undisputed(comparison: Comparison, column: str, odd: pd.Series) -> pd.Series:
    """Return *odd*, True only for rows whose manifest entry has nothing else to say in *column*."""
    wrong = comparison.cells.loc[comparison.cells["column"] == column, "row"]
    return odd & has_entry(comparison) & ~odd.index.isin(wrong)


def row_value(comparison: Comparison, column: str) -> pd.Series:
    """Return what each disagreeing cell's row holds in *column*, aligned with the cells."""
    return at_cells(comparison, comparison.snapshot.rows[column])


def at_cells(comparison: Comparison, values: pd.Series) -> pd.Series:
    """Return *values*, one per row, as each disagreeing cell's row has them."""
    return values.take(comparison.cells["row"].to_numpy(dtype=int)).set_axis(comparison.cells.index)


def manifest_value(comparison: Comparison, column: str) -> pd.Series:
    """Return what each row's preferred manifest entry holds in *column*, aligned with the rows."""
    return per_row(comparison, comparison.snapshot.manifest[column])


def has_entry(comparison: Comparison) -> pd.Series:
    """Return True for the rows that a manifest entry speaks for."""
    return pd.Series(comparison.entry >= 0, index=comparison.snapshot.rows.index)


def row_findings(comparison: Comparison, mask: pd.Series, **values: object) -> pd.DataFrame:
    """Return ``FOUND``: one finding per row in *mask*; *values* are scalars or aligned columns."""
    return _found(comparison.snapshot.rows[list(KEY)], mask, values)


def entry_findings(comparison: Comparison, mask: pd.Series, **values: object) -> pd.DataFrame:
    """Return ``FOUND``: one finding per manifest entry in *mask*; none has a DB collection."""
    ids = comparison.snapshot.manifest[["artifact_id"]].assign(collection_id=None)
    return _found(ids, mask, values)


def problem_findings(comparison: Comparison, kind: str) -> pd.DataFrame:
    """Return ``FOUND``: the problems of *kind* that a loader met, their place before their text."""
    met = comparison.snapshot.problems
    met = met[met["kind"] == kind]
    if met.empty:
        return NOTHING
    detail = (met["place"] + ": ").fillna("") + met["detail"]
    everything = pd.Series(True, index=met.index)
    return _found(met[["artifact_id"]].assign(collection_id=None), everything, {"detail": detail})


def per_row(comparison: Comparison, values: pd.Series) -> pd.Series:
    """Return *values*, one per manifest entry, as each row's preferred entry has them."""
    found = values.array.take(comparison.entry, allow_fill=True)
    return pd.Series(found, index=comparison.snapshot.rows.index)


def _found(frame: pd.DataFrame, mask: pd.Series, values: dict[str, object]) -> pd.DataFrame:
    chosen = np.flatnonzero(is_true(mask))
    if not len(chosen):
        return NOTHING
    values = {"disposition": Disposition.NONE} | values
    columns: dict[str, Values] = {}
    for name in FOUND.columns:
        value = frame[name] if name in KEY else values.get(name)
        columns[name] = (
            value.take(chosen) if isinstance(value, pd.Series) else [value] * len(chosen)
        )
    return FOUND.build(columns)
