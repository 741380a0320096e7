"""Reads cache rows under lock, deletes them, and restores them exactly as they were."""

from collections.abc import Iterable, Mapping, Sequence, Set

import sqlalchemy as sa

from skillmeat_audit.base.text import as_text
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.schema.shape import CACHE, COLLECTIONS
from skillmeat_audit.schema.tables import CacheTables
from skillmeat_audit.service.artifacts import find_uuids
from skillmeat_audit.service.driver import select_among

_CACHE, _COLLECTIONS = sa.table(CACHE), sa.table(COLLECTIONS)


def read_rows(
    connection: sa.Connection, tables: CacheTables, keys: Iterable[RowKey]
) -> dict[RowKey, RawRow]:
    """Return the rows of *keys* that exist, with all columns, as the driver returns them.

    A server locks them until the transaction ends; SQLite's transaction locks the whole database.
    """
    by_collection: dict[str, list[str]] = {}
    for collection_id, artifact_id in keys:
        by_collection.setdefault(collection_id, []).append(artifact_id)
    key_values = _key_values(connection, tables, {a for ids in by_collection.values() for a in ids})
    artifact_ids = {value: artifact_id for artifact_id, value in key_values.items()}
    columns, key_column = tables.cache.c.keys(), tables.primary_key[1]
    rows: dict[RowKey, RawRow] = {}
    for collection_id, ids in by_collection.items():
        present = [key_values[artifact_id] for artifact_id in ids if artifact_id in key_values]
        query = sa.select(*tables.cache.c).where(tables.cache.c.collection_id == collection_id)
        if connection.dialect.name != "sqlite":
            query = query.with_for_update()
        # No join with the artifacts: SQLite would join the whole collection.
        for row in select_among(connection, query, tables.cache.c[key_column], present):
            values = dict(zip(columns, row, strict=True))
            rows[collection_id, artifact_ids[values[key_column]]] = values
    return rows


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


def delete_rows(connection: sa.Connection, tables: CacheTables, keys: Sequence[RowKey]) -> None:
    """Delete the rows of *keys*; the rows that they refer to stay."""
    key_values = _key_values(connection, tables, {artifact_id for _, artifact_id in keys})
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    statement = sa.delete(tables.cache).where(
        collection == sa.bindparam("c"), artifact == sa.bindparam("a")
    )
    if keys:
        connection.execute(statement, [{"c": key[0], "a": key_values[key[1]]} for key in keys])


def reinsert_rows(connection: sa.Connection, tables: CacheTables, rows: Sequence[RawRow]) -> None:
    """Insert whole *rows* (raw, with every column of the table) exactly as they were."""
    if rows:
        connection.execute(sa.insert(tables.cache), [dict(row) for row in rows])


def restore_cells(
    connection: sa.Connection, tables: CacheTables, cells: Mapping[RowKey, RawRow]
) -> None:
    """Set the columns in *cells*, raw values by row, and touch no others."""
    key_values = _key_values(connection, tables, {artifact_id for _, artifact_id in cells})
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    # One statement per set of columns: rows of one undo mostly restore the same few.
    by_columns: dict[tuple[str, ...], list[RawRow]] = {}
    for key, values in sorted(cells.items()):
        parameters = {
            # Names that no column has: a column may be called "c".
            "_c": key[0],
            "_a": key_values[key[1]],
            **{f"v_{name}": v for name, v in values.items()},
        }
        by_columns.setdefault(tuple(sorted(values)), []).append(parameters)
    for columns, parameter_sets in by_columns.items():
        statement = (
            sa.update(tables.cache)
            .where(collection == sa.bindparam("_c"), artifact == sa.bindparam("_a"))
            .values({name: sa.bindparam(f"v_{name}") for name in columns})
        )
        connection.execute(statement, parameter_sets)


def is_same(left: object, right: object) -> bool:
    """Return True if two cells are equal: bytes exactly, other values by their text.

    Servers return time objects, hence the text. All bytes that are not UTF-8 look alike as text.
    """
    if isinstance(left, bytes) or isinstance(right, bytes):
        return left == right
    return left == right or as_text(left) == as_text(right)


def _key_values(
    connection: sa.Connection, tables: CacheTables, artifact_ids: Set[str]
) -> dict[str, str]:
    """Return the value of the second key column for *artifact_ids*, without unknown ones."""
    if not tables.keyed_by_uuid:
        return {artifact_id: artifact_id for artifact_id in artifact_ids}
    return find_uuids(connection, tables, sorted(artifact_ids))
