"""The contracts of frames: what ``conform`` gives back, converts, and refuses."""

import pandas as pd
import pytest

from skillmeat_audit.base.arrow import is_in, positions_in, sort_nulls_last
from skillmeat_audit.model.contract_list import CONTRACTS
from skillmeat_audit.model.contracts import Table, flag, number, real, records, text

COLUMNS = {"name": text("a"), "count": number("b"), "share": real("c"), "done": flag("d")}
CONTRACT = Table("example", "One row per example.", COLUMNS)
DTYPES = ("string", "Int64", "Float64", "boolean")
VALUES = {"name": ["a", "b"], "count": [1, 2], "share": [0.5, 1.0], "done": [True, False]}


def frame(**values):
    return pd.DataFrame(VALUES | values)


def dtypes(conformed):
    return dict(conformed.dtypes.astype(str))


def test_columns_come_back_in_the_order_and_dtypes_of_the_contract_and_others_are_dropped():
    mixed = frame(extra=[0, 0])[["extra", "done", "share", "count", "name"]]

    conformed = CONTRACT.conform(mixed)

    assert dtypes(conformed) == CONTRACT.dtypes
    assert list(conformed.columns) == list(COLUMNS)


def test_the_index_is_fresh():
    conformed = CONTRACT.conform(frame().set_index(pd.Index([7, 7])))

    assert list(conformed.index) == [0, 1]


def test_a_conformed_frame_shares_no_value_with_the_one_it_was_made_of():
    for given in (frame(), CONTRACT.conform(frame())):
        conformed = CONTRACT.conform(given)
        conformed.loc[0, :] = pd.NA

        assert records(given)[0] == {"name": "a", "count": 1, "share": 0.5, "done": True}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_column_is_never_filled_in(name):
    with pytest.raises(KeyError, match=name):
        CONTRACT.conform(frame().drop(columns=name))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_is_there_twice_is_refused(name):
    twice = pd.concat([frame(), frame()[[name]]], axis=1)

    with pytest.raises(TypeError):
        CONTRACT.conform(twice)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("name", [1, 2.5], ["1.0", "2.5"]),
        ("count", ["1", "2"], [1, 2]),
        ("count", [1.0, 2.0], [1, 2]),
        ("share", [1, 2], [1.0, 2.0]),
        ("done", [1, 0], [True, False]),
    ],
)
def test_values_of_another_dtype_are_converted_where_nothing_is_lost(name, values, expected):
    conformed = CONTRACT.conform(frame(**{name: values}))

    assert dtypes(conformed) == CONTRACT.dtypes
    assert [row[name] for row in records(conformed)] == expected


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("count", ["1", "x"]),
        ("count", [1.5, 2]),
        ("count", [1, 2**70]),
        ("share", ["0.5", "half"]),
        ("done", [1, 2]),
        ("done", ["yes", "no"]),
    ],
)
def test_values_that_the_dtype_cannot_hold_are_refused(name, values):
    with pytest.raises((TypeError, ValueError, OverflowError)):
        CONTRACT.conform(frame(**{name: values}))


@pytest.mark.parametrize("null", [None, float("nan"), pd.NA])
def test_every_kind_of_null_becomes_the_same_one(null):
    values = {name: pd.Series([null, value], dtype=object) for name, (value, _) in VALUES.items()}

    conformed = CONTRACT.conform(pd.DataFrame(values))

    assert dtypes(conformed) == CONTRACT.dtypes
    assert records(conformed) == [
        dict.fromkeys(COLUMNS),
        {"name": "a", "count": 1, "share": 0.5, "done": True},
    ]


def test_an_empty_text_is_a_value_and_not_a_null():
    conformed = CONTRACT.conform(frame(name=["", None]))

    assert [row["name"] for row in records(conformed)] == ["", None]


@pytest.mark.parametrize(
    "empty",
    [
        CONTRACT.empty(),
        CONTRACT.conform(pd.DataFrame(columns=[*COLUMNS])),
        CONTRACT.from_records([]),
    ],
    ids=["empty", "conformed", "of no records"],
)
def test_a_frame_without_rows_keeps_its_dtypes(empty):
    assert dtypes(empty) == CONTRACT.dtypes
    assert records(empty) == []


def test_a_key_that_a_record_lacks_is_null_and_one_too_many_is_dropped():
    made = CONTRACT.from_records([{"name": "a", "other": 1}, {"count": 2}])

    assert dtypes(made) == CONTRACT.dtypes
    assert [(row["name"], row["count"]) for row in records(made)] == [("a", None), (None, 2)]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="same length"):
        CONTRACT.build(VALUES | {"name": ["a"]})


def test_contracts_have_names_of_their_own_and_known_dtypes():
    contracts = CONTRACTS
    names = [contract.name for contract in contracts]

    assert len(CONTRACTS) > 10
    assert len(set(names)) == len(names)
    assert {kind for each in contracts for kind in each.dtypes.values()} == {
        *CONTRACT.dtypes.values()
    }
    assert all(dtypes(contract.empty()) == contract.dtypes for contract in contracts)


def test_a_null_is_in_nothing_and_at_no_position():
    texts = pd.Series(["a", None, "b"], dtype="string")
    others = pd.Series(["b", None], dtype="string")

    assert is_in(texts, others).tolist() == [False, False, True]
    assert positions_in(texts, others).tolist() == [-1, -1, 0]


def test_nulls_are_sorted_last_under_every_key():
    rows = [{"name": "b"}, {"name": None}, {"name": "a"}]

    in_order = sort_nulls_last(CONTRACT.from_records(rows), "name")

    assert [row["name"] for row in records(in_order)] == ["a", "b", None]
    assert list(in_order.index) == [0, 1, 2]
