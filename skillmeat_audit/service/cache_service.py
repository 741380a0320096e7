"""The shared service: the only code that writes cache rows.

The first three functions have the signatures that SkillMeat's own code calls (f29c3dbe and later);
repairs use the bulk form. All of them work on both eras' schemas, without importing SkillMeat.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.model.fields import COLUMNS, DEFAULT_COLLECTION, HOSTS
from skillmeat_audit.schema.tables import CacheTables, reflect_tables
from skillmeat_audit.service.artifacts import ensure_artifacts
from skillmeat_audit.service.driver import execute_many
from skillmeat_audit.service.ports import Artifact, ArtifactManager, ImportEntry
from skillmeat_audit.service.rows import write_cells

# Columns of SkillMeat's users and other code paths: never written in a row that exists.
PROTECTED = (
    "added_at",
    # Deploying writes these, and nothing else does: docs/skillmeat.md#composites-and-deployments.
    "deployments_json",
    "artifact_content_hash",
    "artifact_structure_hash",
    "artifact_file_count",
    "artifact_total_size",
    "synced_at",
)
_KEY = ("collection_id", "artifact_id")

Row = Mapping[str, object]


@dataclass(frozen=True)
class CollectionArtifact:
    """A cache row as written: its key, and all columns of the table."""

    collection_id: str
    artifact_id: str
    columns: Mapping[str, object]


def create_or_update_collection_artifact(
    session: Session, collection_id: str, artifact_id: str, metadata: Row
) -> CollectionArtifact:
    """Insert or update one row with exactly the columns in *metadata*, commit, and return it.

    A pure upsert: no file is read. ``synced_at`` is set to now (naive UTC, as SkillMeat stores it),
    in a new row ``added_at`` as well. Raises `DatabaseError` for columns that are unknown or
    protected, and for a collection or an artifact type that does not exist.
    """
    connection = session.connection()
    tables = reflect_tables(connection)
    row = {"collection_id": collection_id, "artifact_id": artifact_id, **metadata}
    check_columns(tables, metadata)
    key = _keys(connection, tables, [row])[artifact_id]
    statement = _statement(connection, tables, sorted(metadata)).returning(*tables.cache.c)
    stamps = _stamps(tables, session_clock(session)())
    parameters = _parameters(row, tables.primary_key[1], key, stamps)
    written = connection.execute(statement, parameters).one()
    session.commit()
    return CollectionArtifact(collection_id, artifact_id, dict(written._mapping))


def refresh_single_artifact_cache(
    session: Session,
    artifact_mgr: ArtifactManager,
    artifact_id: str,
    collection_id: str = DEFAULT_COLLECTION,
    deployment_profile_id: str | None = None,
) -> bool:
    """Write the manifest's values of one artifact into its row; return False if it has no entry.

    The artifact is looked up with its type: SkillMeat's own untyped look-up confuses artifacts of
    the same name. Deployments are never touched, whatever *deployment_profile_id* says.
    """
    kind, colon, name = artifact_id.partition(":")
    if not colon:
        return False
    try:
        # Without the type it returns another type's artifact
        # (docs/skillmeat.md#look-ups-without-a-type).
        artifact = artifact_mgr.show(name, kind)
    except ValueError:
        return False
    metadata = _storable(session, metadata_of(artifact))
    create_or_update_collection_artifact(session, collection_id, artifact_id, metadata)
    return True


def populate_collection_artifact_from_import(
    session: Session, artifact_mgr: ArtifactManager, collection_id: str, entry: ImportEntry
) -> CollectionArtifact:
    """Write the row of an imported artifact from its import entry and its manifest entry together.

    The import's values (description, source, path tags) take precedence; those that only the
    manifest has (author, license, tools, version, tags that people added) are kept.
    ``origin_source`` follows from the source's host. Without a manifest entry the row is written
    from the import entry alone.
    """
    try:
        manifest = metadata_of(artifact_mgr.show(entry.name, entry.artifact_type))
    except ValueError:
        manifest = {}
    # SkillMeat writes github for every host (docs/skillmeat.md#imports-write-few-columns).
    host = entry.upstream_url.partition("://")[2].partition("/")[0].removeprefix("www.").lower()
    manifest_tags = json.loads(str(manifest.get("tags_json") or "[]"))
    metadata = manifest | {
        "description": entry.description or manifest.get("description"),
        "source": entry.upstream_url,
        "origin": "marketplace",
        "origin_source": HOSTS.get(host),
        "tags_json": _json(list(dict.fromkeys([*entry.tags, *manifest_tags]))),
    }
    artifact_id = f"{entry.artifact_type}:{entry.name}"
    metadata = _storable(session, metadata)
    return create_or_update_collection_artifact(session, collection_id, artifact_id, metadata)


def metadata_of(artifact: Artifact) -> dict[str, object]:
    """Return the values of *artifact* by cached column."""
    metadata = artifact.metadata
    return {
        "description": metadata.description,
        "source": artifact.upstream,
        "origin": artifact.origin,
        "origin_source": artifact.origin_source,
        "tags_json": _json(list(artifact.tags)),
        "author": metadata.author,
        "license": metadata.license,
        "tools_json": _json([str(getattr(tool, "value", tool)) for tool in metadata.tools]),
        "version": metadata.version,
        "resolved_sha": artifact.resolved_sha,
        "resolved_version": artifact.resolved_version,
    }


def upsert_collection_artifacts(
    connection: sa.Connection,
    rows: Sequence[Row],
    at: datetime | None = None,
    stored: Mapping[RowKey, RawRow] | None = None,
) -> int:
    """Insert or update *rows* in the caller's transaction; return how many there were.

    Each row has ``collection_id``, ``artifact_id`` and the columns to be written; no others are
    touched. ``synced_at`` is set to *at* (naive UTC; default now), in a new row ``added_at`` as
    well. *stored* are rows that exist, as `rows.read_rows` returned them in this transaction: they
    are not looked up again. One prepared statement per set of columns, rows sorted by key: 80 times
    faster than a commit per row. Raises `DatabaseError` as `create_or_update_collection_artifact`
    does.
    """
    tables, at = reflect_tables(connection), at or utc_now()
    # All columns are checked before the first row is written: a refusal leaves nothing behind.
    for columns in set(map(tuple, rows)):
        check_columns(tables, dict.fromkeys(name for name in columns if name not in _KEY))
    stamps = _stamps(tables, at)
    stamp = {name: stamps[name] for name in ("synced_at",) if name in stamps}
    second = tables.primary_key[1]
    updates: list[RawRow] = []
    others: list[Row] = []
    # Sorted: two runs that lock rows of a server in the same order cannot deadlock.
    for row in sorted(rows, key=itemgetter(*_KEY)):
        key = str(row["collection_id"]), str(row["artifact_id"])
        if stored and key in stored:
            updates.append(_parameters(row, second, stored[key][second], stamp))
        else:
            others.append(row)
    write_cells(connection, tables, updates)
    _upsert(connection, tables, others, stamps)
    return len(rows)


def _upsert(
    connection: sa.Connection, tables: CacheTables, rows: Sequence[Row], stamps: dict[str, object]
) -> None:
    keys, second = _keys(connection, tables, rows), tables.primary_key[1]
    by_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows:
        values = _parameters(row, second, keys[str(row["artifact_id"])], stamps)
        by_columns.setdefault(tuple(sorted(set(row) - set(_KEY))), []).append(values)
    for columns, parameters in by_columns.items():
        statement = _statement(connection, tables, columns)
        execute_many(connection, statement, {name: name for name in parameters[0]}, parameters)


def session_clock(session: Session) -> Callable[[], datetime]:
    """Return the clock of *session*: `utc_now`, unless its ``info`` has another one."""
    clock: Callable[[], datetime] = session.info.get("clock", utc_now)
    return clock


def utc_now() -> datetime:
    """Return the time as SkillMeat stores it: naive, UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def format_stored_time(moment: datetime) -> str:
    """Return *moment* in the text that SkillMeat stores."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def check_columns(tables: CacheTables, metadata: Row) -> None:
    """Raise `DatabaseError` for a column that is protected, unknown, or missing in this cache."""
    for name in metadata:
        if name in PROTECTED or name in tables.primary_key:
            raise DatabaseError(f"column {printable(name)} is protected: it is never written")
        if name not in COLUMNS:
            raise DatabaseError(f"{printable(name)} is not a cached column")
        if name not in tables.cache.c:
            raise DatabaseError(f"this cache has no column {name}: its schema is older")


def _keys(connection: sa.Connection, tables: CacheTables, rows: Sequence[Row]) -> dict[str, object]:
    """Return the key value of each artifact id, creating artifacts rows where needed."""
    ids = sorted({str(row["artifact_id"]) for row in rows})
    if not tables.keyed_by_uuid:
        return dict(zip(ids, ids, strict=True))
    artifacts = ensure_artifacts(connection, tables, ids)
    for artifact_id, reason in artifacts.refused.items():
        raise DatabaseError(f"artifact {printable(artifact_id)} cannot be created: {reason}")
    return dict(artifacts.uuids)


def _storable(session: Session, metadata: Row) -> dict[str, object]:
    """Return the part of *metadata* for which this cache has columns: older schemas lack some."""
    columns = reflect_tables(session.connection()).cache.c
    return {name: value for name, value in metadata.items() if name in columns}


def _statement(connection: sa.Connection, tables: CacheTables, columns: Sequence[str]) -> Any:
    """Return the upsert of *columns*; an existing row keeps all others, ``added_at`` included."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(tables.cache)
    stamp = ("synced_at",) if "synced_at" in tables.cache.c else ()
    names = (*tables.primary_key, "added_at", *stamp, *columns)
    statement = statement.values({name: sa.bindparam(name) for name in names})
    # `excluded` is the row that would have been inserted (sqlite.org/lang_upsert.html).
    changed = {name: statement.excluded[name] for name in (*stamp, *columns)}
    # An update that changes nothing, unlike DO NOTHING, counts and returns its row.
    first = tables.primary_key[0]
    changed = changed or {first: statement.excluded[first]}
    return statement.on_conflict_do_update(index_elements=tables.primary_key, set_=changed)


def _stamps(tables: CacheTables, at: datetime) -> dict[str, object]:
    names = [name for name in ("added_at", "synced_at") if name in tables.cache.c]
    return dict.fromkeys(names, format_stored_time(at))


def _parameters(
    row: Row, key_column: str, key: object, stamps: Mapping[str, object]
) -> dict[str, object]:
    """Return *row* and *stamps* by column, with *key* in place of the artifact's id."""
    values = {**row, **stamps}
    del values["artifact_id"]
    values[key_column] = key
    return values


def _json(items: Sequence[object]) -> str | None:
    return json.dumps(list(items)) if items else None
