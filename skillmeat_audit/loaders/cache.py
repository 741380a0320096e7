"""Loads the cache: the rows under audit, collections, the marketplace catalogue and its sources."""

import sqlite3
from collections import Counter
from dataclasses import replace

import pandas as pd
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import map_texts, order_nulls_last, sort_nulls_last
from skillmeat_audit.loaders.database import (
    Reader,
    columns_of,
    fetch_text,
    key_of,
    read_database,
    tables_of,
)
from skillmeat_audit.model.contracts import Table
from skillmeat_audit.model.fields import COLUMNS, STAMP, stem_of
from skillmeat_audit.model.snapshot import Cache
from skillmeat_audit.model.tables import CATALOG, COLLECTIONS, GROUPS, KEY, PROBLEMS, ROWS, SOURCES
from skillmeat_audit.schema import shape as schema

_ROW_EXTRAS = ("added_at", "synced_at", "deployments_json", "artifact_content_hash")
# Columns of `artifacts` that pages fall back to: docs/skillmeat.md#what-pages-show.
_HELD = {"held_description": "description", "held_source": "source"}
# SQLite would list a hundred errors; twenty show that a file is damaged.
_INTEGRITY_LIMIT = 20


def load_cache(url: str) -> Cache:
    """Return the cache at *url* (SQLAlchemy) in one consistent state.

    Raises `DatabaseError` if it cannot be read.
    """
    cache, damage = read_database(url, _load, _integrity)
    damages = PROBLEMS.from_records([_problem("integrity", detail) for detail in damage])
    return replace(cache, problems=pd.concat([cache.problems, damages], ignore_index=True))


def _load(connection: Reader) -> Cache:
    shape = schema.shape_of(
        tables_of(connection, schema.TABLES_READ), key_of(connection, schema.CACHE)
    )
    return Cache(
        era=shape.era,
        identity=_identity(connection, shape),
        columns=shape.columns.get(schema.CACHE, frozenset()) & {*COLUMNS, STAMP},
        rows=_rows(connection, shape),
        collections=_table(connection, shape, schema.COLLECTIONS, COLLECTIONS),
        catalog=_catalog(connection, shape),
        sources=_table(connection, shape, schema.SOURCES, SOURCES),
        groups=_groups(connection, shape),
        problems=PROBLEMS.from_records(
            [
                *(_problem("schema", oddity) for oddity in shape.oddities),
                *([_problem("older", "; ".join(shape.missing))] if shape.missing else []),
            ]
        ),
        catalog_known=shape.has(schema.CATALOG) and shape.has(schema.SOURCES),
    )


def _identity(connection: Reader, shape: schema.Shape) -> str | None:
    query = schema.oldest_collection(shape)
    if query is None:
        return None
    return schema.identity_of(next(iter(connection.execute(query).fetchall()), None))


def _problem(kind: str, detail: str) -> dict[str, object]:
    return {"kind": kind, "detail": detail}


def _integrity(connection: Reader) -> list[str]:
    """Return what SQLite's own checks report; a server checks its databases itself."""
    if not isinstance(connection, sqlite3.Connection):
        return []
    lines = connection.execute(f"PRAGMA integrity_check({_INTEGRITY_LIMIT})").fetchall()
    problems = [] if lines == [("ok",)] else [f"integrity check: {line}" for (line,) in lines]
    try:
        unmatched = connection.execute("PRAGMA foreign_key_check").fetchall()
    # A parent table without a unique index, as a stopped migration leaves it, is no violation of a
    # row: SQLite raises it as an error of the statement.
    except sqlite3.OperationalError as exc:
        if "foreign key mismatch" not in str(exc):
            raise
        return [*problems, f"foreign key check: {exc}"]
    broken = Counter((table, parent) for table, _, parent, _ in unmatched)
    return problems + [
        f"{count} rows of {table} refer to rows of {parent} that do not exist"
        for (table, parent), count in sorted(broken.items())
    ]


def _rows(connection: Reader, shape: schema.Shape) -> pd.DataFrame:
    if shape.era is None:
        return ROWS.empty()
    columns = {name: f"c.{name}" for name in ("collection_id", *_ROW_EXTRAS, *COLUMNS)}
    identity, joined = _identity_columns(shape)
    selected = [
        columns_of(shape.columns[schema.CACHE], columns),
        *(f"{expression} AS {name}" for name, expression in identity.items()),
    ]
    query = f"SELECT {', '.join(selected)} FROM {schema.CACHE} c{joined}"
    values = fetch_text(connection, query, [*columns, *identity])
    order = order_nulls_last(values, *KEY)
    # One after the other: of a million rows, 600 MB, only one column is held twice.
    for name, column in values.items():
        if column.null_count < len(column):
            values[name] = column.take(order)
    ids = values["artifact_id"]
    stems = map_texts(ids, stem_of)
    values["stem"] = ids if stems.equals(ids) else stems  # held once where no id has a suffix
    flags = pc.equal(values.pop("has_artifact"), "1").to_numpy(zero_copy_only=False)
    return ROWS.build({**values, "has_artifact": flags})


def _identity_columns(shape: schema.Shape) -> tuple[dict[str, str], str]:
    """Return the SQL expressions of a row's artifact, by name in ``ROWS``, and their join."""
    nulls = dict.fromkeys(("artifact_uuid", *_HELD), "NULL")
    if shape.era == "artifact_id":
        return nulls | {"artifact_id": "c.artifact_id", "has_artifact": "'1'"}, ""
    artifacts = shape.columns.get(schema.ARTIFACTS, frozenset())
    old = f"c.{schema.BACKUP_KEY}, " if schema.BACKUP_KEY in shape.columns[schema.CACHE] else ""
    identity = nulls | {
        # The backup column of a half-way migration still names the artifact. COALESCE takes two
        # arguments at least, hence the NULL.
        "artifact_id": f"COALESCE({old}c.artifact_uuid, NULL)",
        "artifact_uuid": "c.artifact_uuid",
        "has_artifact": "'0'",
    }
    if not {"id", "uuid"} <= artifacts:
        return identity, ""
    identity |= {name: f"a.{column}" for name, column in _HELD.items() if column in artifacts}
    identity |= {
        "artifact_id": f"COALESCE(a.id, {old}c.artifact_uuid)",
        "has_artifact": "CASE WHEN a.uuid IS NULL THEN '0' ELSE '1' END",
    }
    return identity, f" LEFT JOIN {schema.ARTIFACTS} a ON a.uuid = c.artifact_uuid"


def _catalog(connection: Reader, shape: schema.Shape) -> pd.DataFrame:
    frame = _table(connection, shape, schema.CATALOG, CATALOG)
    frame["artifact_id"] = frame["artifact_type"] + ":" + frame["name"]
    return sort_nulls_last(frame, "artifact_id", "upstream_url")


def _groups(connection: Reader, shape: schema.Shape) -> pd.DataFrame:
    """Return the artifacts in groups as ``GROUPS``."""
    groups, members, artifacts = (
        shape.columns.get(table, frozenset())
        for table in (schema.GROUPS, schema.GROUP_MEMBERS, schema.ARTIFACTS)
    )
    by_uuid = {"artifact_uuid"} <= members and {"id", "uuid"} <= artifacts
    if not {"id", "collection_id", "name"} <= groups or not (by_uuid or "artifact_id" in members):
        return GROUPS.empty()
    artifact = "a.id" if by_uuid else "m.artifact_id"
    join = f" JOIN {schema.ARTIFACTS} a ON a.uuid = m.artifact_uuid" if by_uuid else ""
    query = (
        f"SELECT g.collection_id, {artifact}, g.name FROM {schema.GROUP_MEMBERS} m "
        # Quoted: GROUPS is a keyword of SQLite since 3.28.
        f'JOIN "{schema.GROUPS}" g ON g.id = m.group_id{join}'
    )
    frame = GROUPS.build(fetch_text(connection, query, list(GROUPS.columns)))
    return sort_nulls_last(frame, *GROUPS.columns)


def _table(connection: Reader, shape: schema.Shape, name: str, table: Table) -> pd.DataFrame:
    """Return the rows of the database table *name* as *table*, sorted by its first column."""
    if not shape.has(name):
        return table.empty()
    columns = {column: f"t.{column}" for column in table.columns}
    query = f"SELECT {columns_of(shape.columns[name], columns)} FROM {name} t"
    frame = table.build(fetch_text(connection, query, list(columns)))
    return sort_nulls_last(frame, next(iter(columns)))
