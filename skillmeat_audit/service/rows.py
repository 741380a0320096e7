"""Reads cache rows under lock, deletes them, and restores them exactly as they were."""

from collections.abc import Callable, Iterable, Sequence, Set
from operator import itemgetter

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
    key_values = _key_values(connection, tables, {a for ids in by_collection.values() for a in ids})
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
        statement = sa.delete(tables.cache).where(_is_row(tables))
        execute_many(connection, statement, _KEY, list(map(_key(tables), rows)))


def reinsert_rows(connection: sa.Connection, tables: CacheTables, rows: Sequence[RawRow]) -> None:
    """Insert whole *rows* (raw, with every column of the table) exactly as they were."""
    if rows:
        columns = tuple(rows[0])
        bound = _parameters(columns)
        statement = sa.insert(tables.cache).values(bound)
        values = list(map(itemgetter(*columns), rows))
        execute_many(connection, statement, [each.key for each in bound.values()], values)


def write_cells(
    connection: sa.Connection, tables: CacheTables, cells: Sequence[tuple[RawRow, RawRow]]
) -> None:
    """Set columns of rows, and touch no others.

    *cells* are pairs: a row as `read_rows` returned it, and the raw values to set.
    """
    key_of = _key(tables)
    # One statement per set of columns: rows of one run mostly get the same few.
    by_columns: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
    for row, changed in cells:
        if changed:
            by_columns.setdefault(tuple(changed), []).append((*key_of(row), *changed.values()))
    for columns, parameters in by_columns.items():
        bound = _parameters(columns)
        statement = sa.update(tables.cache).where(_is_row(tables)).values(bound)
        names = [each.key for each in bound.values()]
        execute_many(connection, statement, (*_KEY, *names), parameters)


def _parameters(columns: Sequence[str]) -> dict[str, sa.BindParameter[object]]:
    """Return a parameter for each of *columns*."""
    # Numbers: names that no column has, and that every driver accepts.
    return {name: sa.bindparam(f"_{number}") for number, name in enumerate(columns)}


def _is_row(tables: CacheTables) -> sa.ColumnElement[bool]:
    collection, artifact = (tables.cache.c[name] for name in tables.primary_key)
    return (collection == sa.bindparam(_KEY[0])) & (artifact == sa.bindparam(_KEY[1]))


def _key(tables: CacheTables) -> Callable[[RawRow], tuple[object, ...]]:
    return itemgetter(*tables.primary_key)


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
