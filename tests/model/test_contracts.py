"""The contracts of frames: what they convert and refuse, and that they are documented."""

import pandas as pd
import pyarrow as pa
import pytest

from skillmeat_audit.model import contract_list, live, repair_tables, replays, tables, trend
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


def test_a_conformed_frame_has_the_columns_order_and_dtypes_of_the_contract():
    mixed = frame(extra=[0, 0])[["extra", "done", "share", "count", "name"]]

    conformed = CONTRACT.conform(mixed)

    assert dtypes(conformed) == CONTRACT.dtypes
    assert list(conformed.columns) == list(COLUMNS)


def test_the_rows_of_a_conformed_frame_are_numbered_from_zero():
    conformed = CONTRACT.conform(frame().set_index(pd.Index([7, 7])))

    assert list(conformed.index) == [0, 1]


def test_a_conformed_frame_shares_no_value_with_its_origin():
    for given in (frame(), CONTRACT.conform(frame())):
        conformed = CONTRACT.conform(given)
        conformed.loc[0, :] = pd.NA

        assert records(given)[0] == {"name": "a", "count": 1, "share": 0.5, "done": True}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_column_is_never_filled_in(name):
    with pytest.raises(KeyError, match=name):
        CONTRACT.conform(frame().drop(columns=name))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_occurs_twice_is_refused(name):
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


def test_a_key_that_a_record_lacks_is_null_and_an_undeclared_one_is_dropped():
    made = CONTRACT.from_records([{"name": "a", "other": 1}, {"count": 2}])

    assert dtypes(made) == CONTRACT.dtypes
    assert [(row["name"], row["count"]) for row in records(made)] == [("a", None), (None, 2)]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="same length"):
        CONTRACT.build(VALUES | {"name": ["a"]})


def test_the_repr_of_a_contract_documents_every_column():
    assert repr(CONTRACT).splitlines() == [
        "Table example: One row per example.",
        "    name   string   a",
        "    count  Int64    b",
        "    share  Float64  c",
        "    done   boolean  d",
    ]


def test_every_contract_of_the_model_is_listed_under_its_own_name():
    defined = {
        id(value)
        for module in (tables, repair_tables, live, trend, replays)
        for value in vars(module).values()
        if isinstance(value, Table)
    }

    assert {id(table) for table in CONTRACTS} == defined
    assert len({table.name for table in CONTRACTS}) == len(CONTRACTS)


def test_every_contract_uses_the_four_declared_dtypes():
    assert len(CONTRACTS) > 10
    assert {kind for each in CONTRACTS for kind in each.dtypes.values()} == {*DTYPES}
    assert all(dtypes(contract.empty()) == contract.dtypes for contract in CONTRACTS)


def test_every_contract_and_every_column_is_documented():
    undocumented = [
        f"{table.name}.{name}"
        for table in CONTRACTS
        for name, column in table.columns.items()
        if len(column.doc) < 5
    ]

    assert undocumented == []
    assert all(table.doc.endswith(".") for table in CONTRACTS)


def test_help_shows_every_contract():
    for table in CONTRACTS:
        assert repr(table) in contract_list.__doc__


def test_a_list_that_is_not_of_the_columns_type_is_converted_as_by_pandas():
    built = CONTRACT.build(
        {"name": ["a", 5], "count": [1.0, None], "share": [1, 2], "done": [1, 0]}
    )

    assert dtypes(built) == CONTRACT.dtypes
    assert [row["name"] for row in records(built)] == ["a", "5"]
    assert [row["count"] for row in records(built)] == [1, None]


def test_an_arrow_array_is_a_column_as_it_is():
    built = CONTRACT.build(VALUES | {"name": pa.array(["a", None])})

    assert [row["name"] for row in records(built)] == ["a", None]
