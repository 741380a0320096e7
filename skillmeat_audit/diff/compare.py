"""What "different" means: the one definition of it, for whole columns."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import (
    ARROW_TEXT,
    from_arrow,
    map_blocks,
    map_texts,
    to_arrow,
    to_mask,
)
from skillmeat_audit.model.fields import Kind

Ints: TypeAlias = npt.NDArray[np.int_]
Bools: TypeAlias = npt.NDArray[np.bool_]
Objects: TypeAlias = npt.NDArray[Any]
EMPTY, ABSENT = pa.scalar("", ARROW_TEXT), pa.scalar(None, ARROW_TEXT)


def differs(expected: pd.Series, actual: pd.Series) -> pd.Series:
    """Return True where two aligned columns, both in their `normalize` form, disagree.

    Two absent values are equal. The result is plain ``bool``.
    """
    equal = is_same(to_arrow(expected), to_arrow(actual))
    return pd.Series(~to_mask(equal), index=expected.index)


def is_same(left: pa.Array, right: pa.Array) -> pa.Array:
    """Return where two aligned columns hold the same text, or both hold none; without nulls."""
    equal = pc.fill_null(pc.equal(left, right), False)
    return pc.or_(equal, pc.and_(left.is_null(), right.is_null()))


def is_true(claim: pd.Series) -> pd.Series:
    """Return *claim* as plain ``bool``; nulls give False."""
    return pd.Series(claim.to_numpy(dtype=bool, na_value=False), index=claim.index)


def map_bool(values: pd.Series, predicate: Callable[[str], bool], prefilter: str = "") -> pd.Series:
    """Apply *predicate* to each value and return plain ``bool``; nulls give False.

    Values that do not match *prefilter* (RE2) give False without a call: on large columns that
    saves most of the time.
    """
    array = to_arrow(values)
    likely = np.arange(len(array))
    if prefilter:
        likely = np.flatnonzero(to_mask(pc.match_substring_regex(array, prefilter)))
    claims = np.zeros(len(array), dtype=bool)
    if len(likely):
        texts = array.take(pa.array(likely))
        claims[likely] = to_mask(map_texts(texts, predicate, pa.bool_()))
    return pd.Series(claims, index=values.index)


def extract_match(values: pa.Array, pattern: str) -> pa.Array:
    """Return what the group ``match`` of *pattern* (RE2) takes from each value, else null."""
    # pandas' own str.extract makes a Python string of every value first.
    return pc.struct_field(pc.extract_regex(values, pattern), "match")


def normalize(values: pd.Series, kind: Kind) -> pd.Series:
    """Return *values* (``string``) in the form in which a field of *kind* compares.

    NULL, ``''`` and ``[]`` are all absent, ``<NA>``. ``text`` is compared after CRLF→LF and without
    trailing whitespace, ``list`` by parsed content in any order, ``exact`` as it stands.
    """
    return from_arrow(normal_form(to_arrow(values), kind)).set_axis(values.index)


def normal_form(values: pa.Array, kind: Kind) -> pa.Array:
    """Return *values* in the form that `normalize` describes."""
    if kind == "text":
        values = map_blocks(values, _trimmed)
    elif kind == "list":
        values = map_texts(values, _sorted_json)
    is_empty = pc.equal(values, EMPTY)
    return pc.if_else(is_empty, ABSENT, values) if pc.any(is_empty).as_py() else values


def _trimmed(values: pa.Array) -> pa.Array:
    trimmed = pc.utf8_rtrim_whitespace(pc.replace_substring(values, "\r\n", "\n"))
    # Mostly all are normal as they are: a copy would take the memory of all descriptions.
    return values if trimmed.equals(values) else trimmed


def is_certainly_present(values: pa.Array, kind: Kind) -> pa.Array:
    """Return True for the *values* that `normalize` cannot make absent, False for a few more.

    It compares their first bytes only: ``"!"`` is the first character that is not white space.
    """
    match kind:
        case "exact":
            return pc.greater(values, "")
        case "text":
            return pc.and_(pc.greater_equal(values, "!"), pc.less(values, "\x7f"))
        case "list":
            return pc.and_(pc.greater_equal(values, '["'), pc.less(values, "[#"))


def _sorted_json(text: str) -> str:
    """Return the content of JSON *text* as sorted JSON, ``''`` for an absent value."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not content:
        return ""
    return json.dumps(sorted(map(str, content))) if isinstance(content, (list, dict)) else text
