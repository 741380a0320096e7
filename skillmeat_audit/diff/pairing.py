"""Decides which manifest entry speaks for a cache row, and which entries have no row."""

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import Bools, Ints, is_true
from skillmeat_audit.model.fields import DEFAULT_COLLECTION
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CANDIDATES, KEY


class Pairs:
    """Rows and their preferred manifest entries: aligned arrays ``row`` and ``entry``."""

    def __init__(self, candidates: pd.DataFrame) -> None:
        """Take the preferred ones of *candidates* (``CANDIDATES``)."""
        preferred = candidates[candidates["rank"] == 0]
        self.row: Ints = preferred["row"].to_numpy(dtype=int)
        self.entry: Ints = preferred["entry"].to_numpy(dtype=int)
        self.several = candidates[candidates["row"].duplicated(keep=False)]

    def disputed(self, values: pd.Series) -> Bools:
        """Return whether the candidates of each pair differ in *values*, one per manifest entry."""
        if self.several.empty:
            return np.zeros(len(self.row), dtype=bool)
        texts = values.take(self.several["entry"].to_numpy(dtype=int)).fillna("")
        counts = texts.groupby(self.several["row"].to_numpy(dtype=int)).nunique()
        return np.isin(self.row, counts.index[counts.gt(1)])


def duplicate_ids(snapshot: Snapshot) -> frozenset[str]:
    """Return the artifact ids that one manifest declares twice: they are not paired with rows."""
    keys = snapshot.manifest[["file_collection", "artifact_id"]]
    return frozenset(keys["artifact_id"][keys.duplicated(keep=False)])


def usable_rows(rows: pd.DataFrame) -> pd.Series:
    """Return True for rows whose key names one artifact, and names it once."""
    # skill:alpha, hook:a:b; (?s): a name may hold a line end
    well_formed = is_true(rows["artifact_id"].str.fullmatch(r"(?s)[^:]+:.+"))
    return well_formed & is_true(rows["has_artifact"]) & ~rows.duplicated(list(KEY), keep=False)


def candidate_entries(
    snapshot: Snapshot, rows: pd.DataFrame, duplicates: frozenset[str]
) -> pd.DataFrame:
    """Return ``CANDIDATES`` for *rows* (columns ``collection_id``, ``artifact_id``, ``stem``).

    An entry is a candidate if its "type:name" is the row's; failing that, if both are the same
    without a suffix that SkillMeat ignores. Entries of *duplicates* are left out. The preferred
    candidate of a row has rank 0: the entry of the file collection named like the DB collection's
    id, else like its name, else of the active one, else the first by name.
    """
    entries = snapshot.manifest[["entry", "file_collection", "artifact_id", "stem"]]
    entries = entries[~is_in(entries["artifact_id"], duplicates)]
    keys = rows.assign(row=range(len(rows)))[["row", "collection_id", "artifact_id", "stem"]]
    # Exact first: skill:a.md and skill:a may both be entries, and only one is this row's.
    exact = keys.drop(columns="stem").merge(entries.drop(columns="stem"), on="artifact_id")
    rest = keys[~keys["row"].isin(exact["row"])].drop(columns="artifact_id")
    loose = rest.merge(entries.drop(columns="artifact_id"), on="stem")
    candidates = pd.concat([exact, loose], ignore_index=True)
    candidates["preference"] = _preference(snapshot, candidates)
    order = ["row", "preference", "file_collection", "entry"]
    candidates = candidates.sort_values(order, kind="stable")
    candidates["rank"] = candidates.groupby("row").cumcount()
    return CANDIDATES.conform(candidates)


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
    manifest = snapshot.manifest.drop_duplicates("artifact_id")[["artifact_id", "stem"]]
    rows = snapshot.rows[snapshot.rows["collection_id"] == DEFAULT_COLLECTION]
    # A row that some entry names exactly does not count for an entry with the same stem.
    loose = rows[~is_in(rows["artifact_id"], manifest["artifact_id"])]
    has_row = is_in(manifest["artifact_id"], rows["artifact_id"])
    has_row |= is_in(manifest["stem"], loose["stem"])
    unclear = is_in(manifest["artifact_id"], duplicates)
    possible = bool((snapshot.collections["id"] == DEFAULT_COLLECTION).any())
    missing = manifest[~has_row & ~unclear & possible].assign(collection_id=DEFAULT_COLLECTION)
    columns = ["collection_id", "artifact_id", "stem"]
    return missing[columns].sort_values("artifact_id", ignore_index=True)
