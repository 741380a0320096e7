"""Column helpers: what they make of nulls."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in, positions_in, sort_nulls_last, to_objects

WORDS = pd.Series(["b", None, "a"], dtype="string", index=[5, 6, 7])


def test_nulls_become_none():
    assert list(to_objects(WORDS)) == ["b", None, "a"]


def test_a_null_is_never_among_the_candidates():
    found = is_in(WORDS, pd.Series(["a", None], dtype="string"))

    assert found.dtype == bool
    assert found.to_dict() == {5: False, 6: False, 7: True}


def test_positions_of_values_that_are_null_or_absent_are_minus_one():
    unique = pd.Series(["a", "c", None], dtype="string")

    assert positions_in(WORDS, unique).tolist() == [-1, -1, 0]


def test_nulls_are_sorted_last_and_rows_renumbered():
    frame = sort_nulls_last(pd.DataFrame({"word": WORDS}), "word")

    assert to_objects(frame["word"]).tolist() == ["a", "b", None]
    assert list(frame.index) == [0, 1, 2]
