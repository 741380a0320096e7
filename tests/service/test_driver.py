"""Rows are found as the database compares, however many are looked for."""

import pytest
import sqlalchemy as sa

from skillmeat_audit.service.driver import select_among

ROWS = 1_200
IDS = [f"skill:{number}" for number in range(ROWS)]


@pytest.fixture
def connection():
    """A table of which one key differs in case, and the table does not care."""
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (kind, id TEXT COLLATE NOCASE PRIMARY KEY)")
        rows = [("SKILL:7" if number == 7 else key,) for number, key in enumerate(IDS)]
        connection.exec_driver_sql("INSERT INTO t VALUES ('a', ?)", rows)
        yield connection


@pytest.mark.parametrize("number", [8, 600, ROWS])
@pytest.mark.parametrize("kind", ["a", "b"])
def test_a_key_that_differs_in_case_is_found_among_few_and_many(connection, number, kind):
    table = sa.table("t", sa.column("kind"), sa.column("id"))
    query = sa.select(table.c.kind, table.c.id).where(table.c.kind == kind)

    rows = list(select_among(connection, query, table.c.id, [*IDS[:number], "skill:missing"]))

    present = {"SKILL:7", *IDS[:number]} - {"skill:7"} if kind == "a" else set()
    assert {row[1] for row in rows} == present
    assert len(rows) == len(present)
