"""Finds, creates and removes the ``artifacts`` rows that cache rows refer to since 2026-02-19."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from skillmeat_audit.base.text import printable
from skillmeat_audit.schema.tables import SENTINEL, CacheTables
from skillmeat_audit.service.driver import select_among


@dataclass(frozen=True)
class Artifacts:
    """The uuids by artifact id, the ids of created rows, and why others could not be created."""

    uuids: Mapping[str, str]
    created: tuple[str, ...]
    refused: Mapping[str, str]


def find_uuids(
    connection: sa.Connection, tables: CacheTables, ids: Sequence[str]
) -> dict[str, str]:
    """Return the uuids of those of *ids* that have an artifacts row."""
    columns = tables.artifacts.c
    query = sa.select(columns.id, columns.uuid)
    return dict(map(tuple, select_among(connection, query, columns.id, ids)))


def ensure_artifacts(
    connection: sa.Connection, tables: CacheTables, ids: Sequence[str]
) -> Artifacts:
    """Return the uuids of *ids* ("type:name"); create missing rows under the sentinel project.

    A type that the table's check constraint refuses (an older schema) is reported, not raised.
    """
    uuids = find_uuids(connection, tables, ids)
    missing = [artifact_id for artifact_id in ids if artifact_id not in uuids]
    if missing:
        _begin(connection)
        _ensure_sentinel(connection, tables)
    created, refused = [], {}
    for artifact_id in missing:
        values = _new_artifact(tables, artifact_id)
        try:
            # A savepoint: on PostgreSQL a refused insert would otherwise abort the whole
            # transaction.
            with connection.begin_nested():
                connection.execute(sa.insert(tables.artifacts).values(values))
        except sa.exc.IntegrityError as exc:
            refused[artifact_id] = f"the artifacts table refuses it ({printable(exc.orig)})"
        else:
            uuids[artifact_id] = str(values["uuid"])
            created.append(artifact_id)
    return Artifacts(uuids, tuple(created), refused)


def _begin(connection: sa.Connection) -> None:
    """Begin the transaction that Python's driver delays until the first write.

    The driver does not count a savepoint: outside a transaction its release would commit.
    """
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and not raw.in_transaction:
        connection.exec_driver_sql("BEGIN")


def _new_artifact(tables: CacheTables, artifact_id: str) -> dict[str, object]:
    kind, _, name = artifact_id.partition(":")
    moment = _now_text()
    values: dict[str, object] = {
        "id": artifact_id,
        "uuid": uuid.uuid4().hex,
        "project_id": SENTINEL,
        "name": name,
        "type": kind,
        "created_at": moment,
        "updated_at": moment,
    }
    # Older schemas lack some of these columns.
    return {column: value for column, value in values.items() if column in tables.artifacts.c}


def has_sentinel(connection: sa.Connection, tables: CacheTables) -> bool:
    """Return True if the sentinel project exists, which holds artifacts without a project."""
    columns = tables.projects.c
    query = sa.select(columns.id).where(columns.id == SENTINEL)
    return connection.execute(query).first() is not None


def _ensure_sentinel(connection: sa.Connection, tables: CacheTables) -> None:
    if has_sentinel(connection, tables):
        return
    columns = tables.projects.c
    values = {
        "id": SENTINEL,
        "name": "Collection Artifacts",
        "path": "~/.skillmeat/collections",
        "created_at": _now_text(),
        "updated_at": _now_text(),
        "status": "active",
    }
    present = {column: value for column, value in values.items() if column in columns}
    connection.execute(sa.insert(tables.projects).values(present))


def remove_artifacts(
    connection: sa.Connection, tables: CacheTables, created: Sequence[str]
) -> list[str]:
    """Delete those of the artifacts rows *created* that nothing refers to; return their ids."""
    removed = []
    # Asked of the schema, not listed here: later releases add tables that refer to artifacts.
    references = list(_references(connection, str(tables.artifacts.name)))
    for artifact_id in created:
        row = connection.execute(
            sa.select(tables.artifacts).where(tables.artifacts.c.id == artifact_id)
        ).first()
        if row is None or any(_refers(connection, each, dict(row._mapping)) for each in references):
            continue
        connection.execute(sa.delete(tables.artifacts).where(tables.artifacts.c.id == artifact_id))
        removed.append(artifact_id)
    return removed


def remove_sentinel(connection: sa.Connection, tables: CacheTables) -> None:
    """Delete the sentinel project if nothing refers to it."""
    columns = tables.projects.c
    row = {"id": SENTINEL}
    references = _references(connection, str(tables.projects.name))
    if not any(_refers(connection, each, row) for each in references):
        connection.execute(sa.delete(tables.projects).where(columns.id == SENTINEL))


def _references(connection: sa.Connection, table: str) -> Iterator[tuple[str, str, str]]:
    """Yield (table, column, referred column) of every foreign key to *table*."""
    for (_, name), keys in sa.inspect(connection).get_multi_foreign_keys().items():
        for key in keys:
            if key["referred_table"] == table and name is not None:
                referred = key["referred_columns"] or ["id"]
                yield name, key["constrained_columns"][0], referred[0]


def _refers(
    connection: sa.Connection, reference: tuple[str, str, str], row: Mapping[str, object]
) -> bool:
    table, column, referred = reference
    referring = sa.table(table, sa.column(column))
    query = sa.select(sa.literal(1)).where(referring.c[column] == row[referred]).limit(1)
    return connection.execute(query.select_from(referring)).first() is not None


def _now_text() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
