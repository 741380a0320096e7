"""Reads cache rows under lock, deletes them, and restores them exactly as they were."""

from collections.abc import Iterable, Sequence, Set
from itertools import chain

import sqlalchemy as sa

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import as_text, printable
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.schema.shape import CACHE, COLLECTIONS
from skillmeat_audit.schema.tables import CacheTables
from skillmeat_audit.service.artifacts import find_uuids
from skillmeat_audit.service.driver import execute_many, select_among

_CACHE, _COLLECTIONS = sa.table(CACHE), sa.table(COLLECTIONS)
_KEY = ("_collection", "_artifact")  # the parameters of a row's key


def read_rows(
    connection: sa.Connection,
    tables: CacheTables,
    keys: Iterable[RowKey],
    columns: Set[str] | None = None,
) -> dict[RowKey, RawRow]:
    """Return the rows of *keys* that exist, as the driver returns them.

    They have the *columns* and those of the key; by default all columns. A server locks them until
    the transaction ends; SQLite's transaction locks the whole database. Raises `DatabaseError`
    where the table lets another row, or several, have one of *keys*.
    """
    by_collection: dict[str, list[str]] = {}
    for collection_id, artifact_id in keys:
        by_collection.setdefault(collection_id, []).append(artifact_id)
    key_values = _key_values(connection, tables, set(chain.from_iterable(by_collection.values())))
    artifact_ids = {value: artifact_id for artifact_id, value in key_values.items()}
    names = tables.cache.c.keys()
    if columns is not None:
        names = [name for name in names if name in columns or name in tables.primary_key]
    selected, key_column = [tables.cache.c[name] for name in names], tables.primary_key[1]
    rows: dict[RowKey, RawRow] = {}
    for collection_id, ids in by_collection.items():
        present = [key_values[artifact_id] for artifact_id in ids if artifact_id in key_values]
        query = sa.select(*selected).where(tables.cache.c.collection_id == collection_id)
        if connection.dialect.name != "sqlite":
            query = query.with_for_update()
        # No join with the artifacts: SQLite would join the whole collection.
        for row in select_among(connection, query, tables.cache.c[key_column], present):
            values = dict(zip(names, row, strict=True))
            key = str(values["collection_id"]), artifact_ids.get(values[key_column], "")
            if key[0] != collection_id or not key[1] or key in rows:
                raise DatabaseError(
                    f"the key {printable(values[key_column])} in {printable(collection_id)} does "
                    "not identify one row (the table has no primary key, or one that ignores "
                    "case): such a cache cannot be repaired; nothing was changed"
                )
            rows[key] = values
    return rows


def lock_inserts(connection: sa.Connection) -> None:
    """Keep other sessions of a server from writing cache rows until the transaction ends.

    Without it another session may insert a row after it was found to be missing, and an upsert
    would overwrite that row; a row that does not exist cannot be locked.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"LOCK TABLE {CACHE} IN SHARE ROW EXCLUSIVE MODE")


def count_rows(connection: sa.Connection, tables: CacheTables) -> int:
    """Return how many cache rows there are."""
    query = sa.select(sa.func.count()).select_from(tables.cache)
    return int(connection.execute(query).scalar_one())


def find_collections(connection: sa.Connection) -> set[str]:
    """Return the ids of all collections."""
    return set(connection.execute(sa.select(sa.column("id")).select_from(_COLLECTIONS)).scalars())


def require_writable(connection: sa.Connection) -> None:
    """Touch the database without a change, so that a read-only cache fails before the backup.

    SQLite's ``BEGIN IMMEDIATE`` succeeds on a read-only file, and opens its journal only for a page
    that is written.
    """
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    else:
        connection.execute(sa.delete(_CACHE).where(sa.false()))


def delete_rows(connection: sa.Connection, tables: CacheTables, rows: Sequence[RawRow]) -> None:
    """Delete *rows*, as `read_rows` returned them; the rows that they refer to stay."""
    if rows:
        is_row, key = _is_row(tables)
        execute_many(connection, sa.delete(tables.cache).where(is_row), key, rows)


def reinsert_rows(connection: sa.Connection, tables: CacheTables, rows: Sequence[RawRow]) -> None:
    """Insert whole *rows* (raw, with every column of the table) exactly as they were."""
    if rows:
        values, columns = _parameters(rows[0])
        execute_many(connection, sa.insert(tables.cache).values(values), columns, rows)


def write_cells(connection: sa.Connection, tables: CacheTables, cells: Iterable[RawRow]) -> None:
    """Set columns of rows, and touch no others.

    Each of *cells* has the raw values to set, and those of the row's key as `read_rows` returned
    them (`with_keys`).
    """
    # One statement per set of columns: rows of one run mostly get the same few.
    by_columns: dict[tuple[str, ...], list[RawRow]] = {}
    for row in cells:
        by_columns.setdefault(tuple(row), []).append(row)
    is_row, key = _is_row(tables)
    for names, rows in by_columns.items():
        values, columns = _parameters(name for name in names if name not in tables.primary_key)
        if values:
            statement = sa.update(tables.cache).where(is_row).values(values)
            execute_many(connection, statement, columns | key, rows)


def with_keys(tables: CacheTables, cells: Iterable[tuple[RawRow, RawRow]]) -> list[RawRow]:
    """Return the cells of pairs with the key of the row that comes first in each."""
    first, second = tables.primary_key
    return [{**changed, first: row[first], second: row[second]} for row, changed in cells]


def _parameters(
    columns: Iterable[str],
) -> tuple[dict[str, sa.BindParameter[object]], dict[str, str]]:
    """Return a parameter for each of *columns*, and the columns by the parameters' names."""
    # Numbers: names that no column has, and that every driver accepts.
    names = {f"_{number}": name for number, name in enumerate(columns)}
    return {name: sa.bindparam(parameter) for parameter, name in names.items()}, names


def _is_row(tables: CacheTables) -> tuple[sa.ColumnElement[bool], dict[str, str]]:
    """Return the condition on a row's key, and the columns by the names of its parameters."""
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    condition = (collection == sa.bindparam(_KEY[0])) & (artifact == sa.bindparam(_KEY[1]))
    return condition, dict(zip(_KEY, tables.primary_key, strict=True))


def is_same(left: object, right: object) -> bool:
    """Return True if two cells are equal: bytes exactly, other values by their text.

    Servers return time objects, hence the text. All bytes that are not UTF-8 look alike as text.
    """
    if left == right:
        return True
    is_text = not isinstance(left, bytes) and not isinstance(right, bytes)
    return is_text and as_text(left) == as_text(right)


def _key_values(
    connection: sa.Connection, tables: CacheTables, artifact_ids: Set[str]
) -> dict[str, str]:
    """Return the value of the second key column for *artifact_ids*, without unknown ones."""
    if not tables.keyed_by_uuid:
        return {artifact_id: artifact_id for artifact_id in artifact_ids}
    return find_uuids(connection, tables, list(artifact_ids))
