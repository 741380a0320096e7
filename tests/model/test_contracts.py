"""The contracts of frames: what they convert and refuse, and that they are documented."""

import pandas as pd
import pytest

from skillmeat_audit.model import contract_list, live, repair_tables, replays, tables, trend
from skillmeat_audit.model.contract_list import CONTRACTS, contracts_markdown
from skillmeat_audit.model.contracts import Table, flag, number, real, records, text

PEOPLE = Table(
    "people",
    "One row per person.",
    {
        "name": text("as written"),
        "age": number("in years"),
        "size_m": real("in metres"),
        "alive": flag("False after death"),
    },
)


def test_an_empty_frame_has_the_declared_dtypes_in_the_declared_order():
    frame = PEOPLE.empty()

    assert list(frame.columns) == ["name", "age", "size_m", "alive"]
    assert frame.dtypes.astype(str).to_dict() == PEOPLE.dtypes


def test_keys_that_a_record_lacks_are_null():
    assert records(PEOPLE.from_records([{"name": "Ann", "other": 1}])) == [
        {"name": "Ann", "age": None, "size_m": None, "alive": None}
    ]


def test_conform_converts_dtypes_drops_other_columns_and_renumbers_rows():
    frame = pd.DataFrame(
        {"alive": [True], "age": [3.0], "other": [1], "name": ["Ann"], "size_m": [1]}, index=[7]
    )

    conformed = PEOPLE.conform(frame)

    assert conformed.dtypes.astype(str).to_dict() == PEOPLE.dtypes
    assert list(conformed.index) == [0]


def test_conform_leaves_its_argument_unchanged():
    frame = pd.DataFrame({"name": ["Ann"], "age": [3.0], "size_m": [1], "alive": [True]})
    before = frame.copy()

    conformed = PEOPLE.conform(frame)
    conformed.loc[0, "name"] = "Bob"

    pd.testing.assert_frame_equal(frame, before)


def test_conform_refuses_a_frame_that_lacks_a_column():
    with pytest.raises(KeyError, match="age"):
        PEOPLE.conform(pd.DataFrame({"name": ["Ann"]}))


@pytest.mark.parametrize(("column", "value"), [("age", "three"), ("age", 1.5), ("alive", "yes")])
def test_conform_refuses_values_of_another_type(column, value):
    frame = pd.DataFrame({"name": ["Ann"], "age": [3], "size_m": [1.7], "alive": [True]})

    with pytest.raises((TypeError, ValueError)):
        PEOPLE.conform(frame.assign(**{column: pd.Series([value], dtype=object)}))


def test_conform_refuses_a_column_that_is_there_twice():
    frame = pd.DataFrame([["Ann", "Bob", 3, 1.7, True]])
    frame.columns = ["name", "name", "age", "size_m", "alive"]

    with pytest.raises((TypeError, ValueError)):
        PEOPLE.conform(frame)


def test_the_repr_of_a_contract_documents_every_column():
    assert repr(PEOPLE).splitlines() == [
        "Table people: One row per person.",
        "    name    string   as written",
        "    age     Int64    in years",
        "    size_m  Float64  in metres",
        "    alive   boolean  False after death",
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


def test_every_contract_and_every_column_is_documented():
    undocumented = [
        f"{table.name}.{name}"
        for table in CONTRACTS
        for name, column in table.columns.items()
        if len(column.doc) < 5
    ]

    assert undocumented == []
    assert all(table.doc.endswith(".") for table in CONTRACTS)


def test_help_and_the_documentation_show_every_contract():
    for table in CONTRACTS:
        assert repr(table) in contract_list.__doc__
        assert table.markdown() in contracts_markdown()
