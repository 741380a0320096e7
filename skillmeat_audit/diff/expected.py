"""Decides which value a cache row should have: which manifest entry and layer speak for it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import differs, is_true, map_bool, normalize
from skillmeat_audit.diff.links import catalog_entry_of_each, host_of
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, FIELD, Field
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CANDIDATES

Ints: TypeAlias = npt.NDArray[np.int_]
Bools: TypeAlias = npt.NDArray[np.bool_]
Objects: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Layer:
    """One layer's word on a column: a value per manifest entry, as it is and as it compares."""

    evidence: Evidence
    raw: pd.Series
    normal: pd.Series


@dataclass(frozen=True)
class Expectation:
    """What the layers say of one column, for pairs that are the preferred candidates, in row order.

    ``choice`` is the position in ``layers`` of the layer believed for each pair, -1 where none has
    a value; ``disputed`` is True where several candidates disagree.
    """

    layers: tuple[Layer, ...]
    entry: Ints
    choice: Ints
    disputed: Bools

    def raw(self, which: Bools) -> Objects:
        """Return the expected values of the pairs in *which*, as their layer has them, or None."""
        entry, choice = self.entry[which], self.choice[which]
        values = np.full(len(entry), None, dtype=object)
        for number, layer in enumerate(self.layers):
            here = choice == number
            if here.any():
                values[here] = layer.raw.take(entry[here]).to_numpy(dtype=object)
        return values

    def differs_from(self, actual: pd.Series) -> Bools:
        """Return where the expected value is not *actual* (normalised, aligned with the pairs)."""
        wrong: Bools = np.array(actual.notna())
        for number, layer in enumerate(self.layers):
            here = np.flatnonzero(self.choice == number)
            if not len(here):
                continue
            said, held = layer.normal.take(self.entry[here]), actual.take(here)
            wrong[here] = differs(said.set_axis(here), held.set_axis(here))
        return wrong


def duplicates(snapshot: Snapshot) -> frozenset[str]:
    """Return the artifact ids that one manifest declares twice: they take part in no pairing."""
    keys = snapshot.manifest[["file_collection", "artifact_id"]]
    return frozenset(keys["artifact_id"][keys.duplicated(keep=False)])


def candidates(snapshot: Snapshot, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``CANDIDATES`` for *rows* (columns ``collection_id``, ``artifact_id``, ``stem``).

    An entry is a candidate where its "type:name" is the row's; failing that, where both are the
    same once a suffix that SkillMeat ignores is taken off. The preferred candidate of a row has
    rank 0: the entry of the file collection named like the DB collection's id, else like its name,
    else of the active one, else the first by name.
    """
    entries = snapshot.manifest[["entry", "file_collection", "artifact_id", "stem"]]
    entries = entries[~is_in(entries["artifact_id"], duplicates(snapshot))]
    wanted = rows.assign(row=range(len(rows)))[["row", "collection_id", "artifact_id", "stem"]]
    exact = wanted.drop(columns="stem").merge(entries.drop(columns="stem"), on="artifact_id")
    rest = wanted[~wanted["row"].isin(exact["row"])].drop(columns="artifact_id")
    loose = rest.merge(entries.drop(columns="artifact_id"), on="stem")
    found = pd.concat([exact, loose], ignore_index=True)
    found["preference"] = _preference(snapshot, found)
    found = found.sort_values(["row", "preference", "file_collection", "entry"], kind="stable")
    found["rank"] = found.groupby("row").cumcount()
    return CANDIDATES.conform(found)


def _preference(snapshot: Snapshot, found: pd.DataFrame) -> pd.Series:
    """Return how much each candidate is to be preferred for its row: 0 most, 3 least."""
    names = snapshot.collections.drop_duplicates("id").set_index("id")["name"]
    place = found["file_collection"]
    namesake = found["collection_id"].map(names).astype("string")
    preference = pd.Series(3, index=found.index)
    preference = preference.mask(place == snapshot.home.active_collection, 2)
    preference = preference.mask(is_true(place == namesake), 1)
    return preference.mask(place == found["collection_id"], 0)


def missing_rows(snapshot: Snapshot) -> pd.DataFrame:
    """Return the artifacts that have no row in the default collection: its key, by artifact id.

    Columns ``collection_id``, ``artifact_id`` and ``stem``. None where the cache has no collection
    ``default``: nothing can be inserted there.
    """
    manifest = snapshot.manifest.drop_duplicates("artifact_id")[["artifact_id", "stem"]]
    here = snapshot.rows[snapshot.rows["collection_id"] == DEFAULT_COLLECTION]
    loose = here[~is_in(here["artifact_id"], manifest["artifact_id"])]
    known = is_in(manifest["artifact_id"], here["artifact_id"]) | is_in(
        manifest["stem"], loose["stem"]
    )
    unclear = is_in(manifest["artifact_id"], duplicates(snapshot))
    possible = bool((snapshot.collections["id"] == DEFAULT_COLLECTION).any())
    missing = manifest[~known & ~unclear & possible]
    missing = missing.assign(collection_id=DEFAULT_COLLECTION)[
        ["collection_id", "artifact_id", "stem"]
    ]
    return missing.sort_values("artifact_id", ignore_index=True)


class Layers:
    """The layers of a snapshot by column, each normalised once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._manifest = snapshot.manifest
        self._frontmatter = snapshot.frontmatter
        self._rows = snapshot.rows
        self._catalog = catalog_entry_of_each(snapshot)
        self._layers: dict[tuple[Evidence, str], Layer] = {}
        self._normal_rows: dict[str, pd.Series] = {}

    def row(self, column: str) -> pd.Series:
        """Return what the rows hold in *column*, normalised, one value per row of the cache."""
        if column not in self._normal_rows:
            self._normal_rows[column] = normalize(self._rows[column], FIELD[column].kind)
        return self._normal_rows[column]

    def layer(self, evidence: Evidence, column: str) -> Layer:
        """Return one layer's word on *column*, one value per manifest entry."""
        if (evidence, column) not in self._layers:
            raw = self._raw(evidence, column)
            self._layers[evidence, column] = Layer(
                evidence, raw, normalize(raw, FIELD[column].kind)
            )
        return self._layers[evidence, column]

    @cached_property
    def manifest_accidents(self) -> pd.Series:
        """Where a manifest entry's description is an extraction accident, as ``boolean``."""
        accidents = map_bool(self._manifest["description"], is_accident, ACCIDENT_HINT)
        return accidents.astype("boolean")

    def _raw(self, evidence: Evidence, column: str) -> pd.Series:
        match evidence, column:
            case Evidence.MANIFEST, "description":
                # SkillMeat's add wrote accidents there too: no value to expect, for any rule.
                return self._manifest[column].mask(self.manifest_accidents)
            case Evidence.MANIFEST, _:
                return self._manifest[column]
            case Evidence.FRONTMATTER, _:
                return self._frontmatter[column]
            case _, "source":
                return self._catalog["upstream_url"]
            case _, "origin_source":
                source = self._manifest["source"].fillna(self._catalog["upstream_url"])
                return host_of(source).where(self._manifest["origin"] == "marketplace")
            case _:
                return self._catalog[column]


class Pairs:
    """The rows that a manifest entry speaks for: aligned arrays ``row`` and ``entry``."""

    def __init__(self, found: pd.DataFrame) -> None:
        """Take the preferred candidates of *found* (``CANDIDATES``)."""
        first = found[found["rank"] == 0]
        self.row: Ints = first["row"].to_numpy(dtype=int)
        self.entry: Ints = first["entry"].to_numpy(dtype=int)
        self.several = found[found["row"].duplicated(keep=False)]

    def disputed(self, said: pd.Series) -> Bools:
        """Return whether each pair's candidates differ in *said*, one word per manifest entry."""
        if self.several.empty:
            return np.zeros(len(self.row), dtype=bool)
        words = said.take(self.several["entry"].to_numpy(dtype=int)).fillna("")
        counts = words.groupby(self.several["row"].to_numpy(dtype=int)).nunique()
        return np.isin(self.row, counts.index[counts.gt(1)])


def expect(field: Field, layers: Layers, pairs: Pairs) -> Expectation:
    """Return what each of *pairs* should say in the column of *field*.

    A preferred entry that is silent falls to its own front matter, then to its catalogue entry,
    never to another candidate's value.
    """
    asked = tuple(layers.layer(evidence, field.column) for evidence in field.layers)
    choice = np.full(len(pairs.entry), -1)
    for number, layer in enumerate(asked):
        known = layer.normal.notna().to_numpy()[pairs.entry]
        choice[(choice < 0) & known] = number
    return Expectation(asked, pairs.entry, choice, pairs.disputed(asked[0].normal))
