"""What "different" means: the one definition of it, for whole columns."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, to_arrow
from skillmeat_audit.model.fields import Kind

T = TypeVar("T")
Ints: TypeAlias = npt.NDArray[np.int_]
Bools: TypeAlias = npt.NDArray[np.bool_]
Objects: TypeAlias = npt.NDArray[Any]


def differs(expected: pd.Series, actual: pd.Series) -> pd.Series:
    """Return True where two aligned columns, both in their `normalize` form, disagree.

    Two absent values are equal. The result is plain ``bool``.
    """
    return (expected.isna() != actual.isna()) | (is_true(expected != actual) & expected.notna())


def is_true(claim: pd.Series) -> pd.Series:
    """Return *claim* as plain ``bool``; nulls give False."""
    return pd.Series(claim.to_numpy(dtype=bool, na_value=False), index=claim.index)


def map_bool(values: pd.Series, predicate: Callable[[str], bool], prefilter: str = "") -> pd.Series:
    """Apply *predicate* to each value and return plain ``bool``; nulls give False.

    Values that do not match *prefilter* (RE2) give False without a call: on large columns that
    saves most of the time.
    """
    if prefilter:
        values = values.where(values.str.contains(prefilter, regex=True))
    claims = map_distinct(values, predicate, pa.bool_())
    return pd.Series(np.asarray(pc.fill_null(claims, False)), index=values.index, dtype=bool)


def map_distinct(values: pd.Series, function: Callable[[str], T], kind: pa.DataType) -> pa.Array:
    """Apply *function* once to each distinct value; return its results, aligned with *values*."""
    encoded = to_arrow(values).dictionary_encode()
    results = [function(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(results, kind).take(encoded.indices)


def extract_group(values: pd.Series, pattern: str) -> pd.Series:
    """Return what the group ``match`` of *pattern* (RE2) takes from each value, else ``<NA>``."""
    # pandas' own str.extract makes a Python string of every value first.
    groups = pc.extract_regex(to_arrow(values), pattern)
    return pd.Series(pc.struct_field(groups, "match"), index=values.index, dtype="string")


def normalize(values: pd.Series, kind: Kind) -> pd.Series:
    """Return *values* (``string``) in the form in which a field of *kind* compares.

    NULL, ``''`` and ``[]`` are all absent, ``<NA>``. ``text`` is compared after CRLF→LF and without
    trailing whitespace, ``list`` by parsed content in any order, ``exact`` as it stands.
    """
    if kind == "text":
        values = values.str.replace("\r\n", "\n", regex=False).str.rstrip()
    elif kind == "list":
        lists = map_distinct(values, _sorted_json, ARROW_TEXT)
        values = pd.Series(lists, index=values.index, dtype="string")
    empty = is_true(values == "")
    return values.mask(empty) if empty.any() else values


def _sorted_json(text: str) -> str:
    """Return the content of JSON *text* as sorted JSON, ``''`` for an absent value."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not content:
        return ""
    return json.dumps(sorted(map(str, content))) if isinstance(content, (list, dict)) else text
