"""Decides which value a cache row should hold: which layer is believed for each column."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, is_null, take_rows, to_arrow, to_mask
from skillmeat_audit.diff.compare import (
    ABSENT,
    Bools,
    Ints,
    is_certainly_present,
    is_same,
    map_bool,
    normal_form,
    normalize,
)
from skillmeat_audit.diff.links import catalog_entries_of, host_of
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.fields import FIELD, Field, Kind
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.snapshot import Snapshot

_HOSTS = (Evidence.CATALOG, "origin_source")  # the one column that is derived from others


@dataclass(frozen=True)
class Layer:
    """One layer's values of a column, one per manifest entry: as they are and as they compare."""

    evidence: Evidence
    kind: Kind
    texts: pa.Array

    @property
    def raw(self) -> pd.Series:
        """The values as they are."""
        return from_arrow(self.texts)

    @cached_property
    def normal_texts(self) -> pa.Array:
        """The values in their `normalize` form."""
        return normal_form(self.texts, self.kind)

    @cached_property
    def normal(self) -> pd.Series:
        """The values in their `normalize` form, as a column."""
        return from_arrow(self.normal_texts)


@dataclass(frozen=True)
class Expectation:
    """The expected values of one column for pairs of rows and preferred entries, in row order.

    ``choice`` is the position in the layers of the field of the one believed for each pair, -1 if
    none has a value. ``texts`` are the values as this layer has them, ``normal_texts`` as they
    compare; null where none has one.
    """

    choice: Ints
    texts: pa.Array
    normal_texts: pa.Array


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
    def _catalog(self) -> dict[str, pa.Array]:
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
            texts = self._texts(evidence, column)
            self._layers[evidence, column] = Layer(evidence, FIELD[column].kind, texts)
        return self._layers[evidence, column]

    def texts(self, evidence: Evidence, column: str, entry: Ints) -> pa.Array:
        """Return what one layer holds in *column* for the manifest entries *entry*."""
        if (evidence, column) == _HOSTS:
            return self._hosts(entry)
        return take_rows(self.layer(evidence, column).texts, entry)

    def may_hold(self, evidence: Evidence, column: str) -> bool:
        """Return False if one layer certainly has no value of *column* at all."""
        return (evidence, column) == _HOSTS or not is_null(self.layer(evidence, column).texts)

    def _hosts(self, entry: Ints) -> pa.Array:
        """Return the ``origin_source`` that the source of each of *entry* has; slow for many."""
        sources = pc.coalesce(
            self.texts(Evidence.MANIFEST, "source", entry),
            self.texts(Evidence.CATALOG, "source", entry),
        )
        is_import = pc.equal(self.texts(Evidence.MANIFEST, "origin", entry), "marketplace")
        return host_of(pc.if_else(is_import, sources, ABSENT))

    def effective(self, column: str) -> pd.Series:
        """Return what each entry or its own file or catalogue entry has in *column*, normalised."""
        layers = (self.layer(each, column).normal_texts for each in FIELD[column].layers)
        return from_arrow(pc.coalesce(*layers))

    @cached_property
    def accidents(self) -> Bools:
        """Where a manifest entry's description is an extraction accident."""
        descriptions = from_arrow(self._descriptions)
        return map_bool(descriptions, is_accident, ACCIDENT_HINT).to_numpy()

    @cached_property
    def _descriptions(self) -> pa.Array:
        return to_arrow(self._manifest["description"])

    @property
    def manifest_accidents(self) -> pd.Series:
        """Where a manifest entry's description is an extraction accident, as ``boolean``."""
        return pd.Series(self.accidents, dtype="boolean")

    def _texts(self, evidence: Evidence, column: str) -> pa.Array:
        match evidence, column:
            case Evidence.MANIFEST, "description":
                # SkillMeat's add wrote accidents there too: not a value to expect, in any rule.
                texts, accidents = self._descriptions, pa.array(self.accidents)
                return pc.if_else(accidents, ABSENT, texts) if self.accidents.any() else texts
            case Evidence.MANIFEST, _:
                return to_arrow(self._manifest[column])
            case Evidence.FRONTMATTER, _:
                return to_arrow(self._frontmatter[column])
            case _, "source":
                return self._catalog["upstream_url"]
            case _ if (evidence, column) == _HOSTS:
                return self._hosts(np.arange(len(self._manifest)))
            case _:
                return self._catalog[column]


def certainly_equal(field: Field, layers: Layers, actual: pa.Array, entry: Ints) -> Bools:
    """Return where rows hold what they should, as far as that shows without normalising a value.

    These are the pairs of *actual* (what their rows hold in the column of *field*) and *entry* in
    which the manifest's value is the row's, unless it may count as absent and another layer has a
    value.
    """
    first, *others = field.layers
    values = layers.texts(first, field.column, entry)
    equal = to_mask(is_same(values, actual))
    if others := [each for each in others if layers.may_hold(each, field.column)]:
        unsure = np.flatnonzero(equal & ~to_mask(is_certainly_present(values, field.kind)))
        for evidence in others:
            is_held = layers.texts(evidence, field.column, entry[unsure]).is_valid()
            equal[unsure[to_mask(is_held)]] = False
    return equal


def expect(field: Field, layers: Layers, entry: Ints) -> Expectation:
    """Return what rows whose preferred entry is *entry* should hold in the column of *field*.

    Where the preferred entry has no value, its own front matter is asked, then its catalogue entry,
    never another candidate.
    """
    choice = np.full(len(entry), -1)
    texts = normal_texts = pa.nulls(len(entry), ARROW_TEXT)
    for number, evidence in enumerate(field.layers):
        silent = np.flatnonzero(choice < 0)
        values = layers.texts(evidence, field.column, entry[silent])
        if is_null(values):
            continue
        normal = normal_form(values, field.kind)
        present = normal.is_valid()
        choice[silent[to_mask(present)]] = number
        believed = pa.array(choice == number)
        texts = pc.replace_with_mask(texts, believed, values.filter(present))
        normal_texts = pc.replace_with_mask(normal_texts, believed, normal.filter(present))
    return Expectation(choice, texts, normal_texts)
