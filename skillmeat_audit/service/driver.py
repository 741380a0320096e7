"""Executes statements for many rows by the driver itself.

SQLAlchemy renders every key of an ``IN`` anew, and processes the types of every value it passes on;
for 10,000 rows that costs more than the database does. It still writes the text of the statements
and quotes the names in them; values are always bound.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from skillmeat_audit.base.errors import DatabaseError

# SQLite before 3.32 takes 999 parameters per statement (sqlite.org/limits.html, 9). Not one JSON
# text with all keys: it is as fast, and json_each ends a text at the character NUL.
_CHUNK = 500


def select_among(
    connection: sa.Connection,
    query: sa.Select[Any],
    column: sa.ColumnClause[Any],
    values: Sequence[str],
) -> Iterator[Sequence[Any]]:
    """Yield the rows of *query*, of one table, whose *column*, a selected one, is in *values*."""
    if connection.dialect.name != "sqlite":
        keys = sa.literal(list(values), postgresql.ARRAY(sa.Text()))
        yield from connection.execute(query.where(column == sa.any_(keys))).all()
        return
    compiled = query.compile(dialect=connection.dialect)
    text, fixed = str(compiled), tuple(compiled.params[key] for key in compiled.positiontup or ())
    remaining, count = set(values), f"SELECT count(*) FROM ({text})"
    many = len(values) > _CHUNK
    if many and connection.exec_driver_sql(count, fixed).scalar_one() < 2 * len(values):
        # Most rows are looked for: reading all takes half the time of as many look-ups.
        position = list(query.selected_columns).index(column)
        rows = connection.exec_driver_sql(text, fixed).all()
        among = [row for row in rows if row[position] in remaining]
        remaining.difference_update(row[position] for row in among)
        yield from among
    # In a table that ignores case, a value may be equal to another one only for the database.
    looked_up = [value for value in values if value in remaining]
    name = connection.dialect.identifier_preparer.quote(column.name)
    text = f"{text} {'WHERE' if query.whereclause is None else 'AND'} {name} IN"
    for start in range(0, len(looked_up), _CHUNK):
        chunk = looked_up[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        # Not row by row: a result of SQLAlchemy then fetches each apart, at twice the time.
        yield from connection.exec_driver_sql(f"{text} ({marks})", (*fixed, *chunk)).all()


def execute_many(
    connection: sa.Connection,
    statement: Any,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Execute *statement* for each of *rows*; *columns* has the column of each of its parameters.

    It has two parameters or more. Raises `DatabaseError` unless it wrote, or deleted, one row of
    the table for each: a trigger can suppress a write without an error, and the journal would
    claim it.
    """
    compiled = statement.compile(dialect=connection.dialect)
    if compiled.positiontup is None:
        parameters: list[Any] = [{name: row[columns[name]] for name in columns} for row in rows]
    else:
        parameters = list(map(itemgetter(*map(columns.__getitem__, compiled.positiontup)), rows))
    written = connection.exec_driver_sql(str(compiled), parameters).rowcount
    if written != len(rows):
        raise DatabaseError(
            f"the database wrote {written} rows instead of {len(rows)} (does a trigger suppress "
            "some?); nothing was changed"
        )
