"""Cache rows as the database has them: read under lock, deleted, put back exactly as they were."""

from collections.abc import Iterable, Mapping, Sequence, Set

import sqlalchemy as sa

from skillmeat_audit.base.text import as_text
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.schema.shape import CACHE, COLLECTIONS
from skillmeat_audit.schema.tables import CacheTables
from skillmeat_audit.service.artifacts import chunks, find_uuids

_CACHE, _COLLECTIONS = sa.table(CACHE), sa.table(COLLECTIONS)


def read_rows(
    connection: sa.Connection, tables: CacheTables, keys: Iterable[RowKey]
) -> dict[RowKey, RawRow]:
    """Return those rows of *keys* that exist, whole and as the driver gives them.

    A server locks them until the transaction ends; SQLite's transaction has locked everything.
    """
    wanted: dict[str, list[str]] = {}
    for collection_id, artifact_id in keys:
        wanted.setdefault(collection_id, []).append(artifact_id)
    place = _key_values(connection, tables, {each for ids in wanted.values() for each in ids})
    names = {there: artifact_id for artifact_id, there in place.items()}
    found: dict[RowKey, RawRow] = {}
    for collection_id, ids in wanted.items():
        for some in chunks([place[each] for each in ids if each in place]):
            result = connection.execute(_select(connection, tables, collection_id, some))
            columns = list(result.keys())
            for row in result.all():
                values = dict(zip(columns, row, strict=True))
                found[collection_id, names[values[tables.primary_key[1]]]] = values
    return found


def count_rows(connection: sa.Connection, tables: CacheTables) -> int:
    """Return how many cache rows there are."""
    query = sa.select(sa.func.count()).select_from(tables.cache)
    return int(connection.execute(query).scalar_one())


def find_collections(connection: sa.Connection) -> set[str]:
    """Return the ids of all collections."""
    return set(connection.execute(sa.select(sa.column("id")).select_from(_COLLECTIONS)).scalars())


def require_writable(connection: sa.Connection) -> None:
    """Write what changes nothing: where that fails, it fails before a backup or journal is made.

    SQLite's ``BEGIN IMMEDIATE`` is content to read where it may not write, and opens its own
    journal only for a page that is touched.
    """
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    else:
        connection.execute(sa.delete(_CACHE).where(sa.false()))


def delete_rows(connection: sa.Connection, tables: CacheTables, keys: Sequence[RowKey]) -> None:
    """Delete the rows of *keys*; what they refer to stays."""
    place = _key_values(connection, tables, {artifact_id for _, artifact_id in keys})
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    statement = sa.delete(tables.cache).where(
        collection == sa.bindparam("c"), artifact == sa.bindparam("a")
    )
    if keys:
        connection.execute(statement, [{"c": key[0], "a": place[key[1]]} for key in keys])


def reinsert_rows(connection: sa.Connection, tables: CacheTables, rows: Sequence[RawRow]) -> None:
    """Insert whole *rows* (raw, with every column of the table) exactly as they were."""
    if rows:
        connection.execute(sa.insert(tables.cache), [dict(row) for row in rows])


def restore_cells(
    connection: sa.Connection, tables: CacheTables, cells: Mapping[RowKey, RawRow]
) -> None:
    """Set, row by row, the columns in *cells* to the raw values given; no other is touched."""
    place = _key_values(connection, tables, {artifact_id for _, artifact_id in cells})
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    by_columns: dict[tuple[str, ...], list[RawRow]] = {}
    for key, values in sorted(cells.items()):
        parameters = {
            "_c": key[0],
            "_a": place[key[1]],
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
    """Tell whether two cells are the same: bytes exactly, else by text: servers give time objects.

    Text says nothing of bytes: all that is not UTF-8 looks alike in it.
    """
    if isinstance(left, bytes) or isinstance(right, bytes):
        return left == right
    return left == right or as_text(left) == as_text(right)


def _select(
    connection: sa.Connection, tables: CacheTables, collection_id: str, places: Sequence[str]
) -> sa.Select[tuple[object, ...]]:
    """Return the query for rows by their key alone: SQLite would join all rows of a collection."""
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    query = sa.select(*tables.cache.c).where(collection == collection_id, artifact.in_(places))
    return query.with_for_update() if connection.dialect.name != "sqlite" else query


def _key_values(
    connection: sa.Connection, tables: CacheTables, artifact_ids: Set[str]
) -> dict[str, str]:
    """Return the second half of the key of each of *artifact_ids* that the tables know."""
    if not tables.keyed_by_uuid:
        return {each: each for each in artifact_ids}
    return find_uuids(connection, tables, sorted(artifact_ids))
