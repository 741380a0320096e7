"""Recognises the rows that a repair of this project wrote, and returns them as they were before."""

from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import from_arrow, positions_in, to_arrow
from skillmeat_audit.diff.compare import differs, is_true
from skillmeat_audit.diff.links import joined_key
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY

_STAMP = "synced_at"
_COLUMN_BITS = {name: 1 << number for number, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class Repairs:
    """What repairs left in the cache rows; every series is aligned with them.

    ``run`` is the latest repair whose values a row still holds, <NA> for other rows; ``committed``
    is False if that run was interrupted, ``inserted`` True if it inserted the row; ``wrote`` names
    the columns that it wrote. ``edited`` names the columns that were changed after a repair, <NA>
    for all other rows. ``rows`` (``ROWS``) are the rows before the repairs.
    """

    run: pd.Series
    committed: pd.Series
    inserted: pd.Series
    wrote: pd.Series
    edited: pd.Series
    rows: pd.DataFrame


def repairs_in(snapshot: Snapshot) -> Repairs:
    """Return what repairs left in the rows of *snapshot*.

    Such a row has the ``synced_at`` that the run wrote, and holds every value that the run wrote:
    other writers set another time, except the server's start and edits of tags.
    """
    rows, repaired = snapshot.rows, snapshot.repaired
    stamped = _stamped_cells(rows, repaired)
    latest = unchanged = _unchanged(stamped)
    # A repair may lie below another: undo the latest, look for the one before it, until a row holds
    # what no repair wrote.
    while len(unchanged):
        rows = _restored(rows, unchanged)
        repaired = repaired[~repaired["entry"].isin(unchanged["entry"])]
        unchanged = _unchanged(_stamped_cells(rows.loc[unchanged["row"].unique()], repaired))
    entries = latest.drop_duplicates("row").set_index("row").reindex(snapshot.rows.index)
    return Repairs(
        run=entries["run"],
        committed=is_true(entries["committed"]),
        inserted=is_true(entries["op"] == "insert"),
        wrote=_column_names(latest, snapshot.rows.index),
        edited=_column_names(stamped[stamped["changed"]], snapshot.rows.index),
        rows=rows,
    )


def no_repairs(snapshot: Snapshot) -> Repairs:
    """Return that no repair left anything in the rows of *snapshot*."""
    none = pd.Series(pd.NA, snapshot.rows.index, dtype="string")
    return Repairs(none, none.notna(), none.notna(), none, none, snapshot.rows)


def _stamped_cells(rows: pd.DataFrame, repaired: pd.DataFrame) -> pd.DataFrame:
    """Return the cells (``REPAIRED``) of entries whose time is that of the entry's row.

    ``row`` is the row's label in *rows*, ``changed`` is True if it no longer holds what was
    written, ``added_again`` if ``added_at`` is later than the repair.
    """
    versions = _row_version(rows, _STAMP)
    single = versions[versions.notna() & ~versions.duplicated(keep=False)]
    position = positions_in(_row_version(repaired, "written_at"), single)
    cells = repaired[position >= 0]
    labels = single.index.to_numpy()[position[position >= 0]]
    cells = cells.assign(row=labels, changed=False)
    first = cells.drop_duplicates("row")["entry"]  # a run's folder may have been copied
    cells = cells[cells["entry"].isin(first)]
    for column, part in cells.groupby("column"):
        held = rows.loc[part["row"], str(column)].set_axis(part.index)
        cells.loc[part.index, "changed"] = differs(part["after"], held)
    added_at = rows.loc[cells["row"], "added_at"].set_axis(cells.index)
    later = is_true(added_at > cells["written_at"]) & is_true(cells["op"] == "update")
    return cells.assign(added_again=later)


def _row_version(frame: pd.DataFrame, time: str) -> pd.Series:
    """Return the key of each row and one of its times, as one text."""
    collection, artifact, written = (to_arrow(frame[name]) for name in (*KEY, time))
    return from_arrow(joined_key(joined_key(collection, artifact), written)).set_axis(frame.index)


def _unchanged(stamped: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of rows that still hold all values that the repair wrote.

    A merge that moved ``added_at`` wrote the row too, although it kept its values.
    """
    moved = stamped["row"][stamped["changed"] | stamped["added_again"]]
    return stamped[~stamped["row"].isin(moved)]


def _restored(rows: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return *rows* with the values that *cells* held before they were written."""
    columns = {}
    for column, part in cells.groupby("column"):
        values = rows[str(column)].copy()
        values.loc[part["row"]] = part["before"].array
        columns[str(column)] = values
    return rows.assign(**columns)


def _column_names(cells: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Return per row the names of the columns of *cells*, <NA> for rows without any."""
    named = cells[cells["column"] != _STAMP]
    # A bit per column: numbers are summed by row in one call, texts would be joined row by row.
    bits = named["column"].map(_COLUMN_BITS).astype("int64").groupby(named["row"]).sum()
    names = {
        number: ", ".join(name for name, bit in _COLUMN_BITS.items() if bit & number)
        for number in bits.unique()
    }
    return bits.map(names).astype("string").reindex(index)
