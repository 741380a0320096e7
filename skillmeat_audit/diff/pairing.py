"""Decides which manifest entry speaks for a cache row, and which entries have no row."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import is_in, take_rows, to_arrow, to_mask
from skillmeat_audit.base.columns import TextColumns, equals, is_among
from skillmeat_audit.diff.compare import Bools, Ints, is_true
from skillmeat_audit.model.fields import DEFAULT_COLLECTION
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CANDIDATES, KEY


class Pairs:
    """Rows and their preferred manifest entries: aligned arrays ``row`` and ``entry``."""

    def __init__(self, candidates: pd.DataFrame) -> None:
        """Take the preferred ones of *candidates* (``CANDIDATES``)."""
        row, entry, rank = (candidates[name].to_numpy(dtype=int) for name in CANDIDATES.columns)
        self.row: Ints = row[rank == 0]
        self.entry: Ints = entry[rank == 0]
        self.several = candidates[np.isin(row, row[rank > 0])]

    def of_rows(self, values: pa.Array) -> pa.Array:
        """Return *values*, one per row, as one per pair."""
        # Pairs are in the order of rows, one for each: all of them are the rows themselves.
        return values if len(values) == len(self.row) else take_rows(values, self.row)

    def disputed(self, values: pd.Series) -> Bools:
        """Return whether the candidates of each pair differ in *values*, one per manifest entry."""
        if self.several.empty:
            return np.zeros(len(self.row), dtype=bool)
        texts = values.take(self.several["entry"].to_numpy(dtype=int)).fillna("")
        counts = texts.groupby(self.several["row"].to_numpy(dtype=int)).nunique()
        return np.isin(self.row, counts.index[counts.gt(1)])


@dataclass(frozen=True)
class Keys:
    """The artifact ids of manifest entries and of rows, as numbers: equal ids have the same."""

    entry: Ints
    row: Ints

    @classmethod
    def of(cls, manifest: pd.DataFrame, rows: pd.DataFrame) -> Self:
        """Return the keys of the entries of *manifest* and of *rows*."""
        return cls.of_texts(to_arrow(manifest["artifact_id"]), to_arrow(rows["artifact_id"]))

    @classmethod
    def of_texts(cls, entries: pa.Array, rows: pa.Array) -> Self:
        """Return the keys that *entries* and *rows* are."""
        indices = pa.concat_arrays([entries, rows]).dictionary_encode().indices
        codes = np.asarray(pc.add(pc.fill_null(indices, -1), 1), dtype=np.intp)  # 0 is null
        return cls(codes[: len(entries)], codes[len(entries) :])

    @cached_property
    def repeated_entries(self) -> Bools:
        """Which entries have an id that another entry has as well."""
        counts: Bools = np.bincount(self.entry)[self.entry] > 1
        return counts

    @cached_property
    def repeated_rows(self) -> Bools:
        """Which rows have an id that another row has as well."""
        counts: Bools = np.bincount(self.row)[self.row] > 1
        return counts

    def entries_of_rows(self, mask: Bools) -> Ints:
        """Return for each row the entry in *mask* with its id, -1 where there is none."""
        size = max(self.entry.max(initial=0), self.row.max(initial=0)) + 1
        entries = np.full(size, -1)
        entries[self.entry[mask]] = np.flatnonzero(mask)
        entries[0] = -1
        return entries[self.row]


def duplicate_ids(snapshot: Snapshot, keys: Keys) -> frozenset[str]:
    """Return the artifact ids that one manifest declares twice: they are not paired with rows."""
    if not keys.repeated_entries.any():
        return frozenset()
    several = snapshot.manifest[keys.repeated_entries]
    twice = several.duplicated(["file_collection", "artifact_id"], keep=False)
    return frozenset(several["artifact_id"][twice])


def usable_rows(rows: pd.DataFrame, keys: Keys) -> Bools:
    """Return True for rows whose key names one artifact, and names it once."""
    ids = to_arrow(rows["artifact_id"])
    # skill:alpha, hook:a:b; a name may hold a line end
    colon = pc.find_substring(ids, ":")  # [^:]+:.+
    last = pc.subtract(pc.binary_length(ids), 1)
    usable = to_mask(pc.and_(pc.greater(colon, 0), pc.less(colon, last)))
    usable &= rows["has_artifact"].to_numpy(dtype=bool, na_value=False)
    if len(several := np.flatnonzero(keys.repeated_rows)):
        usable[several] &= ~rows[list(KEY)].take(several).duplicated(keep=False).to_numpy()
    return usable


def candidate_entries(
    snapshot: Snapshot, rows: pd.DataFrame, keys: Keys, duplicates: frozenset[str]
) -> pd.DataFrame:
    """Return ``CANDIDATES`` for *rows* (columns ``collection_id``, ``artifact_id``, ``stem``).

    An entry is a candidate if its "type:name" is the row's; failing that, if both are the same
    without a suffix that SkillMeat ignores. Entries of *duplicates* are left out. The preferred
    candidate of a row has rank 0: the entry of the file collection named like the DB collection's
    id, else like its name, else of the active one, else the first by name.
    """
    several = keys.repeated_entries
    position = keys.entries_of_rows(~several)
    row = np.flatnonzero(position >= 0)
    candidates = {"row": row, "entry": position[row], "rank": np.zeros(len(row), dtype=int)}
    if len(row) < len(rows):
        entries = snapshot.manifest[["entry", "file_collection", "artifact_id", "stem"]]
        declared = ~is_in(entries["artifact_id"], duplicates).to_numpy()
        others = _ranked(
            snapshot,
            rows.take(np.flatnonzero(position < 0)).assign(row=np.flatnonzero(position < 0)),
            entries[declared],
            entries[declared & several],
        )
        order = np.argsort(np.append(row, others["row"]), kind="stable")
        candidates = {
            name: np.append(values, others[name].to_numpy(dtype=int))[order]
            for name, values in candidates.items()
        }
    return CANDIDATES.build(candidates)


def _ranked(
    snapshot: Snapshot, rows: pd.DataFrame, entries: pd.DataFrame, several: pd.DataFrame
) -> pd.DataFrame:
    """Return the candidates of *rows*, whose artifact id is not that of exactly one entry.

    *several* are the *entries* with an artifact id that more than one manifest declares.
    """
    keys = rows[["row", "collection_id", "artifact_id", "stem"]]
    # Exact first: skill:a.md and skill:a may both be entries, and only one is this row's.
    exact = keys.drop(columns="stem").merge(several.drop(columns="stem"), on="artifact_id")
    rest = keys[~keys["row"].isin(exact["row"])].drop(columns="artifact_id")
    loose = rest.merge(entries.drop(columns="artifact_id"), on="stem")
    candidates = pd.concat([exact, loose], ignore_index=True)
    candidates["preference"] = _preference(snapshot, candidates)
    order = ["row", "preference", "file_collection", "entry"]
    candidates = candidates.sort_values(order, kind="stable")
    candidates["rank"] = candidates.groupby("row").cumcount()
    return candidates


def _preference(snapshot: Snapshot, candidates: pd.DataFrame) -> pd.Series:
    """Return the preference of each candidate for its row, from 0 (most) to 3 (least)."""
    names = snapshot.collections.drop_duplicates("id").set_index("id")["name"]
    file_collection = candidates["file_collection"]
    name = candidates["collection_id"].map(names).astype("string")
    preference = pd.Series(3, index=candidates.index)
    preference = preference.mask(file_collection == snapshot.home.active_collection, 2)
    preference = preference.mask(is_true(file_collection == name), 1)
    return preference.mask(file_collection == candidates["collection_id"], 0)


def missing_rows(snapshot: Snapshot, duplicates: frozenset[str]) -> pd.DataFrame:
    """Return the artifacts that have no row in the default collection: its key, by artifact id.

    Columns ``collection_id``, ``artifact_id`` and ``stem``; no artifact of *duplicates*. Empty if
    the cache has no collection ``default``: nothing can be inserted.
    """
    entries, rows = TextColumns(snapshot.manifest), TextColumns(snapshot.rows)
    ids, in_default = entries["artifact_id"], equals(rows["collection_id"], DEFAULT_COLLECTION)
    # A row that some entry names exactly does not count for an entry with the same stem.
    loose = in_default & ~is_among(rows["artifact_id"], ids)
    has_row = is_among(ids, rows["artifact_id"].filter(pa.array(in_default)))
    has_row |= is_among(entries["stem"], rows["stem"].filter(pa.array(loose)))
    possible = bool((snapshot.collections["id"] == DEFAULT_COLLECTION).any())
    is_missing = ~has_row & ~is_among(ids, duplicates) & possible
    missing = snapshot.manifest.loc[is_missing, ["artifact_id", "stem"]]
    missing = missing.drop_duplicates("artifact_id").sort_values("artifact_id", ignore_index=True)
    missing.insert(0, "collection_id", DEFAULT_COLLECTION)
    return missing
