"""What "different" means, over values, kinds and dtypes."""

import pandas as pd
import pytest

from skillmeat_audit.diff import compare
from skillmeat_audit.diff.compare import is_true, normalize

ABSENT = (None, "")


def differs(left, right, kind):
    """Return where two columns of *kind* differ once both are in normal form."""
    return compare.differs(normalize(left, kind), normalize(right, kind))


def text(*values):
    return pd.Series(list(values), dtype="string")


@pytest.mark.parametrize("kind", ["text", "list", "exact"])
@pytest.mark.parametrize("left", ABSENT)
@pytest.mark.parametrize("right", ABSENT)
def test_absent_values_are_equal_in_any_form(kind, left, right):
    assert not differs(text(left), text(right), kind)[0]


@pytest.mark.parametrize("kind", ["text", "list", "exact"])
@pytest.mark.parametrize("absent", ABSENT)
def test_a_value_differs_from_an_absent_one_both_ways(kind, absent):
    assert differs(text("x"), text(absent), kind)[0]
    assert differs(text(absent), text("x"), kind)[0]


@pytest.mark.parametrize(
    ("kind", "left", "right", "different"),
    [
        ("text", "one\r\ntwo", "one\ntwo", False),
        ("text", "folded text\n", "folded text", False),
        ("text", "one  \ntwo", "one\ntwo", True),
        ("text", " led", "led", True),
        ("text", "é", "e\u0301", True),
        ("exact", "1.10", "1.1", True),
        ("exact", "MIT ", "MIT", True),
        ("exact", "https://Example.org/a", "https://example.org/a", True),
        ("list", '["a", "b"]', '["b","a"]', False),
        ("list", '["\\u00e9"]', '["é"]', False),
        ("list", "[]", "", False),
        ("list", "[]", None, False),
        ("list", "null", None, False),
        ("list", '["a"]', '["a", "a"]', True),
        ("list", "[1]", '["1"]', False),
        ("list", "not json", "not json", False),
        ("list", "not json", '["a"]', True),
        ("list", '"a"', '["a"]', True),
    ],
)
def test_kinds_compare_by_their_own_meaning(kind, left, right, different):
    assert bool(differs(text(left), text(right), kind)[0]) is different
    assert bool(differs(text(right), text(left), kind)[0]) is different


@pytest.mark.parametrize("dtype", ["string", "string[python]", "str"])
def test_the_result_is_plain_bool_whatever_the_storage(dtype):
    left = pd.Series(["a", None, "b", None], dtype=dtype)
    right = pd.Series(["a", None, None, "b"], dtype=dtype)

    found = differs(left, right, "exact")

    assert found.dtype == bool
    assert found.tolist() == [False, False, True, True]


def test_deeply_nested_json_is_compared_as_text():
    nested = "[" * 100_000 + "]" * 100_000

    assert normalize(text(nested), "list")[0] == nested


def test_is_true_takes_nulls_for_false():
    claim = pd.Series([True, None, False], dtype="boolean", index=[7, 8, 9])

    found = is_true(claim)

    assert found.tolist() == [True, False, False]
    assert found.index.tolist() == [7, 8, 9]
