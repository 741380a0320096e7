"""Decides which value a cache row should hold: which layer is believed for each column."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, take_rows, to_arrow, to_mask
from skillmeat_audit.diff.compare import (
    Bools,
    Ints,
    differs,
    is_certainly_present,
    map_bool,
    normalize,
)
from skillmeat_audit.diff.links import catalog_entries_of, host_of
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.fields import FIELD, Field, Kind
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.snapshot import Snapshot


@dataclass(frozen=True)
class Layer:
    """One layer's values of a column, one per manifest entry: as they are and as they compare."""

    evidence: Evidence
    kind: Kind
    raw: pd.Series

    @cached_property
    def normal(self) -> pd.Series:
        """The values in their `normalize` form."""
        return normalize(self.raw, self.kind)


@dataclass(frozen=True)
class Expectation:
    """The expected values of one column for pairs of rows and preferred entries, in row order.

    ``choice`` is the position in ``layers`` of the layer believed for each pair, -1 if none has a
    value. The layers' values are aligned with the pairs.
    """

    layers: tuple[Layer, ...]
    choice: Ints

    def raw(self, chosen: Ints) -> pa.Array:
        """Return the expected values of the *chosen* pairs, as their layer has them, or null."""
        values = pa.nulls(len(chosen), ARROW_TEXT)
        for number, layer in enumerate(self.layers):
            is_believed = self.choice[chosen] == number
            if is_believed.any():
                texts = take_rows(to_arrow(layer.raw), chosen)
                values = pc.if_else(pa.array(is_believed), texts, values)
        return values

    def differs_from(self, actual: pd.Series) -> Bools:
        """Return where *actual* (normalised, aligned with the pairs) is not the expected value."""
        # Where no layer has a value, any value of the row is one too many.
        wrong: Bools = np.array(actual.notna())
        for number, layer in enumerate(self.layers):
            chosen = np.flatnonzero(self.choice == number)
            if len(chosen):
                wrong[chosen] = differs(layer.normal.take(chosen), actual.take(chosen))
        return wrong


class Layers:
    """The layers of a snapshot by column; each column is normalised once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._manifest = snapshot.manifest
        self._frontmatter = snapshot.frontmatter
        self._rows = snapshot.rows
        self._snapshot = snapshot
        self._layers: dict[tuple[Evidence, str], Layer] = {}
        self._normal_rows: dict[str, pd.Series] = {}

    @cached_property
    def _catalog(self) -> pd.DataFrame:
        return catalog_entries_of(self._snapshot)

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
            self._layers[evidence, column] = Layer(evidence, FIELD[column].kind, raw)
        return self._layers[evidence, column]

    def texts(self, evidence: Evidence, column: str, entry: Ints) -> pa.Array:
        """Return what one layer holds in *column* for the manifest entries *entry*."""
        if evidence == Evidence.CATALOG and column == "origin_source":
            return to_arrow(self._hosts(entry))
        return take_rows(to_arrow(self.layer(evidence, column).raw), entry)

    def _hosts(self, entry: Ints) -> pd.Series:
        """Return the ``origin_source`` that the source of each of *entry* has; slow for many."""
        source = self._manifest["source"].take(entry)
        source = source.fillna(self._catalog["upstream_url"].take(entry))
        return host_of(source.where(self._manifest["origin"].take(entry) == "marketplace"))

    def effective(self, column: str) -> pd.Series:
        """Return what each entry or its own file or catalogue entry has in *column*, normalised."""
        first, *others = (self.layer(each, column).normal for each in FIELD[column].layers)
        for other in others:
            first = first.fillna(other)
        return first

    @cached_property
    def manifest_accidents(self) -> pd.Series:
        """Where a manifest entry's description is an extraction accident, as ``boolean``."""
        accidents = map_bool(self._manifest["description"], is_accident, ACCIDENT_HINT)
        return accidents.astype("boolean")

    def _raw(self, evidence: Evidence, column: str) -> pd.Series:
        match evidence, column:
            case Evidence.MANIFEST, "description":
                # SkillMeat's add wrote accidents there too: not a value to expect, in any rule.
                raw, accidents = self._manifest[column], self.manifest_accidents
                return raw.mask(accidents) if accidents.any() else raw
            case Evidence.MANIFEST, _:
                return self._manifest[column]
            case Evidence.FRONTMATTER, _:
                return self._frontmatter[column]
            case _, "source":
                return self._catalog["upstream_url"]
            case _, "origin_source":
                return self._hosts(np.arange(len(self._manifest)))
            case _:
                return self._catalog[column]


def certainly_equal(field: Field, layers: Layers, actual: pa.Array, entry: Ints) -> Bools:
    """Return where rows hold what they should, as far as that shows without normalising a value.

    These are the pairs of *actual* (what their rows hold in the column of *field*) and *entry* in
    which the manifest's value is the row's, and those for which no layer has a value.
    """
    values = layers.texts(field.layers[0], field.column, entry)
    equal: Bools = to_mask(
        pc.and_(pc.equal(values, actual), is_certainly_present(values, field.kind))
    )
    absent = np.flatnonzero(to_mask(pc.and_(values.is_null(), actual.is_null())))
    for evidence in field.layers[1:]:
        if len(absent):
            others = layers.texts(evidence, field.column, entry[absent])
            absent = absent[to_mask(others.is_null())]
    equal[absent] = True
    return equal


def expect(field: Field, layers: Layers, entry: Ints) -> Expectation:
    """Return what rows whose preferred entry is *entry* should hold in the column of *field*.

    Where the preferred entry has no value, its own front matter is asked, then its catalogue entry,
    never another candidate.
    """
    believed = []
    choice = np.full(len(entry), -1)
    for number, evidence in enumerate(field.layers):
        values = layers.texts(evidence, field.column, entry)
        believed.append(Layer(evidence, field.kind, from_arrow(values)))
        if values.null_count < len(values):
            choice[(choice < 0) & believed[-1].normal.notna().to_numpy()] = number
    return Expectation(tuple(believed), choice)
