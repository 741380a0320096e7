"""What "different" means: the one definition of it, for whole columns."""

import json
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, to_arrow
from skillmeat_audit.model.fields import Kind

T = TypeVar("T")


def differs(expected: pd.Series, actual: pd.Series) -> pd.Series:
    """Return True where two aligned columns, each in its `normalize` form, disagree.

    Both absent is equal. The result is plain ``bool``.
    """
    return (expected.isna() != actual.isna()) | (is_true(expected != actual) & expected.notna())


def is_true(claim: pd.Series) -> pd.Series:
    """Return *claim* as plain ``bool``: True where it is known to be true, else False."""
    return pd.Series(claim.to_numpy(dtype=bool, na_value=False), index=claim.index)


def map_bool(values: pd.Series, claim: Callable[[str], bool], hint: str = "") -> pd.Series:
    """Return as plain ``bool`` where *claim* is true of a value; of absent ones nothing is true.

    Values in which *hint* (RE2) is not found are not asked: it is true of none of them.
    """
    if hint:
        values = values.where(values.str.contains(hint, regex=True))
    said = map_distinct(values, claim, pa.bool_())
    return pd.Series(np.asarray(pc.fill_null(said, False)), index=values.index, dtype=bool)


def map_distinct(values: pd.Series, make: Callable[[str], T], kind: pa.DataType) -> pa.Array:
    """Return what *make* gives for each value, asked once for those that are the same."""
    encoded = to_arrow(values).dictionary_encode()
    made = [make(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(made, kind).take(encoded.indices)


def extract_group(values: pd.Series, pattern: str) -> pd.Series:
    """Return what the group ``it`` of *pattern* (RE2) takes from each value, else ``<NA>``.

    `pandas.Series.str.extract` unpacks every text for this.
    """
    found = pc.extract_regex(to_arrow(values), pattern)
    return pd.Series(pc.struct_field(found, "it"), index=values.index, dtype="string")


def normalize(values: pd.Series, kind: Kind) -> pd.Series:
    """Return *values* (``string``) in the form in which a field of *kind* compares.

    NULL, ``''`` and ``[]`` are all absent, ``<NA>``. ``text`` is compared after CRLF→LF and without
    trailing whitespace, ``list`` by parsed content whatever its order, ``exact`` as it stands.
    """
    if kind == "text":
        values = values.str.replace("\r\n", "\n", regex=False).str.rstrip()
    elif kind == "list":
        lists = map_distinct(values, _normal_list, ARROW_TEXT)
        values = pd.Series(lists, index=values.index, dtype="string")
    empty = is_true(values == "")
    return values.mask(empty) if empty.any() else values


def _normal_list(text: str) -> str:
    """Return the content of JSON *text* as sorted JSON, ``''`` for an absent value."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not content:
        return ""
    return json.dumps(sorted(map(str, content))) if isinstance(content, (list, dict)) else text
