"""Decides which value a cache row should hold: which layer is believed for each column."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from skillmeat_audit.diff.compare import Bools, Ints, Objects, differs, map_bool, normalize
from skillmeat_audit.diff.links import catalog_entries_of, host_of
from skillmeat_audit.diff.pairing import Pairs
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.fields import FIELD, Field
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.snapshot import Snapshot


@dataclass(frozen=True)
class Layer:
    """One layer's values of a column, one per manifest entry: as they are and as they compare."""

    evidence: Evidence
    raw: pd.Series
    normal: pd.Series


@dataclass(frozen=True)
class Expectation:
    """The expected values of one column for pairs of rows and preferred entries, in row order.

    ``choice`` is the position in ``layers`` of the layer believed for each pair, -1 if none has a
    value; ``disputed`` is True where several candidates disagree.
    """

    layers: tuple[Layer, ...]
    entry: Ints
    choice: Ints
    disputed: Bools

    def raw(self, mask: Bools) -> Objects:
        """Return the expected values of the pairs in *mask*, as their layer has them, or None."""
        entry, choice = self.entry[mask], self.choice[mask]
        values = np.full(len(entry), None, dtype=object)
        for number, layer in enumerate(self.layers):
            chosen = choice == number
            if chosen.any():
                values[chosen] = layer.raw.take(entry[chosen]).to_numpy(dtype=object)
        return values

    def differs_from(self, actual: pd.Series) -> Bools:
        """Return where *actual* (normalised, aligned with the pairs) is not the expected value."""
        # Where no layer has a value, any value of the row is one too many.
        wrong: Bools = np.array(actual.notna())
        for number, layer in enumerate(self.layers):
            chosen = np.flatnonzero(self.choice == number)
            if not len(chosen):
                continue
            expected = layer.normal.take(self.entry[chosen]).set_axis(chosen)
            wrong[chosen] = differs(expected, actual.take(chosen).set_axis(chosen))
        return wrong


class Layers:
    """The layers of a snapshot by column; each column is normalised once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._manifest = snapshot.manifest
        self._frontmatter = snapshot.frontmatter
        self._rows = snapshot.rows
        self._catalog = catalog_entries_of(snapshot)
        self._layers: dict[tuple[Evidence, str], Layer] = {}
        self._normal_rows: dict[str, pd.Series] = {}

    def beside(self, rows: pd.DataFrame) -> "Layers":
        """Return the same layers beside other *rows* (``ROWS``), what is normalised included."""
        # Shallow: what is normalised of the layers is shared, only the rows are others.
        layers = copy(self)
        layers._rows, layers._normal_rows = rows, {}
        return layers

    def row(self, column: str) -> pd.Series:
        """Return what the rows hold in *column*, normalised, one value per row of the cache."""
        if column not in self._normal_rows:
            self._normal_rows[column] = normalize(self._rows[column], FIELD[column].kind)
        return self._normal_rows[column]

    def layer(self, evidence: Evidence, column: str) -> Layer:
        """Return one layer's values of *column*, one per manifest entry."""
        if (evidence, column) not in self._layers:
            raw = self._raw(evidence, column)
            normal = normalize(raw, FIELD[column].kind)
            self._layers[evidence, column] = Layer(evidence, raw, normal)
        return self._layers[evidence, column]

    @cached_property
    def manifest_accidents(self) -> pd.Series:
        """Where a manifest entry's description is an extraction accident, as ``boolean``."""
        accidents = map_bool(self._manifest["description"], is_accident, ACCIDENT_HINT)
        return accidents.astype("boolean")

    def _raw(self, evidence: Evidence, column: str) -> pd.Series:
        match evidence, column:
            case Evidence.MANIFEST, "description":
                # SkillMeat's add wrote accidents there too: not a value to expect, in any rule.
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


def expect(field: Field, layers: Layers, pairs: Pairs) -> Expectation:
    """Return what the rows of *pairs* should hold in the column of *field*.

    Where the preferred entry has no value, its own front matter is asked, then its catalogue entry,
    never another candidate.
    """
    by_belief = tuple(layers.layer(evidence, field.column) for evidence in field.layers)
    choice = np.full(len(pairs.entry), -1)
    for number, layer in enumerate(by_belief):
        has_value = layer.normal.notna().to_numpy()[pairs.entry]
        # The first layer with a value is believed; later ones never overrule it.
        choice[(choice < 0) & has_value] = number
    return Expectation(by_belief, pairs.entry, choice, pairs.disputed(by_belief[0].normal))
