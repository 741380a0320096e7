"""Times of rows and of imports, and which rows were written together."""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import from_arrow
from skillmeat_audit.diff.compare import Bools, Ints
from skillmeat_audit.diff.comparison import Comparison

Times: TypeAlias = npt.NDArray[np.datetime64]
Floats: TypeAlias = npt.NDArray[np.float64]

# Rows of one server start or refresh follow each other faster than this.
_CLUSTER_MS = 50.0
# A commit per row takes at least this; rows merged in one transaction follow ten times faster.
_COMMIT_MS = 1.0


def to_times(texts: pa.Array) -> Times:
    """Return SkillMeat's naive UTC texts as times to microseconds; invalid times are NaT."""
    try:
        times = texts.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        # Zones, invalid times. As objects: with pandas 3's `str` a single odd text would be parsed
        # by another format.
        values = from_arrow(texts).astype(object)
        parsed = pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True)
        times = parsed.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    result: Times = times
    return result


def milliseconds(since: Times, until: Times) -> Floats:
    """Return how many ms *until* follows *since*, NaN where one of them is unknown."""
    gaps: Floats = (until - since) / np.timedelta64(1, "ms")
    return gaps


class Imports(NamedTuple):
    """The imports of the artifacts of the rows: ``row`` is the row of each, ``time`` its time."""

    row: Ints
    time: Times

    def first_gap(self, gaps: Floats, rows: int) -> Floats:
        """Return the least of the *gaps* (one per import) of each of the *rows*, NaN for none."""
        least = np.full(rows, np.nan)
        np.fmin.at(least, self.row, gaps)
        return least


def imports_of(comparison: Comparison) -> Imports:
    """Return the time of each import of each row's type and name."""
    dates = comparison.catalog_texts["import_date"]
    ids = comparison.catalog_texts["artifact_id"].filter(dates.is_valid())
    times = to_times(dates.drop_null())
    names = ids.unique().drop_null()
    numbers, row_numbers = (
        pc.fill_null(pc.index_in(each, value_set=names), -1).to_numpy()
        for each in (ids, comparison.row_texts["artifact_id"])
    )
    order = np.argsort(numbers, kind="stable")
    begin = np.searchsorted(numbers[order], row_numbers, side="left")
    end = np.where(row_numbers < 0, begin, np.searchsorted(numbers[order], row_numbers, "right"))
    count = end - begin
    row = np.repeat(np.arange(len(count)), count)
    # The imports of a row are neighbours in `order`.
    step = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return Imports(row, times[order[np.repeat(begin, count) + step]])


def clusters(synced: Times) -> Ints:
    """Return a number per row, equal for rows of one server start or refresh, -1 if unsynced."""
    order = np.argsort(synced, kind="stable")  # NaT are the last
    order = order[: len(order) - np.isnat(synced).sum()]
    gaps = milliseconds(synced[order[:-1]], synced[order[1:]])
    numbers = np.full(len(synced), -1)
    numbers[order] = np.cumsum(np.append(False, gaps > _CLUSTER_MS))[: len(order)]
    return numbers


def shares_cluster(claim: Bools, numbers: Ints) -> Bools:
    """Return, per row, whether *claim* is true of a row of the same cluster (see `clusters`)."""
    claimed = np.zeros(numbers.max(initial=-1) + 2, dtype=bool)
    claimed[numbers[claim]] = True
    claimed[-1] = False  # of rows that were not synced
    return claimed[numbers]


def commits_by_row(added: Times) -> bool:
    """Return whether imports committed row by row, as they do since they write whole rows.

    Empty rows were merged in one transaction, a fraction of a millisecond apart.
    """
    times = np.sort(added[~np.isnat(added)])
    gaps = milliseconds(times[:-1], times[1:])
    # Longer gaps lie between imports, and say nothing of how one import commits.
    within = gaps[gaps < _CLUSTER_MS]
    return len(within) > 1 and bool(np.median(within) >= _COMMIT_MS)
