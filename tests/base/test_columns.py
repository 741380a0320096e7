"""Masks and texts of Arrow columns: what they make of nulls."""

import pandas as pd
import pyarrow as pa
import pytest

from skillmeat_audit.base.arrow import ARROW_TEXT
from skillmeat_audit.base.columns import (
    TextColumns,
    choose,
    equals,
    is_among,
    is_present,
    join_texts,
    matches,
    unequal,
)

WORDS = pa.array(["b", None, "a"], ARROW_TEXT)
OTHERS = pa.array(["b", None, None], ARROW_TEXT)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (is_present(WORDS), [True, False, True]),
        (equals(WORDS, "a"), [False, False, True]),
        (equals(WORDS, OTHERS), [True, False, False]),
        (unequal(WORDS, "a"), [True, False, False]),
        (unequal(WORDS, OTHERS), [False, False, False]),
        (is_among(WORDS, ["a", "c"]), [False, False, True]),
        (is_among(WORDS, OTHERS), [True, False, False]),
        (is_among(WORDS, []), [False, False, False]),
        (matches(WORDS, "^[ab]$"), [True, False, True]),
    ],
)
def test_a_null_fulfils_no_condition(mask, expected):
    assert mask.dtype == bool
    assert mask.tolist() == expected


def test_a_text_is_null_where_a_part_of_it_is():
    assert join_texts("<", WORDS, OTHERS, ">").to_pylist() == ["<bb>", None, None]


def test_each_row_takes_what_the_mask_says():
    mask = equals(WORDS, "b")

    assert choose(mask, "yes", "no").to_pylist() == ["yes", "no", "no"]
    assert choose(mask, WORDS, None).to_pylist() == ["b", None, None]
    assert choose(~mask, "other", WORDS).to_pylist() == ["b", "other", "other"]


def test_a_column_of_a_frame_is_converted_once():
    columns = TextColumns(pd.DataFrame({"word": pd.Series(["b", None, "a"], dtype="string")}))

    assert columns["word"].equals(WORDS)
    assert columns["word"] is columns["word"]
