"""Which shape the cache's tables have: told by their columns, never by a recorded revision.

Real caches come from ``create_all`` and migrations of many releases, several of which left tables
half changed; the recorded alembic revision is often empty or wrong. So columns are looked at.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.model.fields import COLUMNS

Era = Literal["artifact_id", "artifact_uuid"]
ERAS: tuple[Era, ...] = ("artifact_id", "artifact_uuid")

CACHE, ARTIFACTS, COLLECTIONS = "collection_artifacts", "artifacts", "collections"
CATALOG, SOURCES = "marketplace_catalog_entries", "marketplace_sources"
TABLES = (CACHE, ARTIFACTS, COLLECTIONS, CATALOG, SOURCES)

# Left by the first version of the 2026-02-19 migration, which made it part of the primary key.
BACKUP_KEY = "_artifact_id_backup"


@dataclass(frozen=True)
class Shape:
    """The tables an audit reads, as this database has them.

    ``columns`` maps each table of ``TABLES`` that exists to its column names; ``era`` is the key
    column of the cache rows, None where the table does not exist yet; ``oddities`` says, one
    sentence each, where the tables fit no single release.
    """

    era: Era | None
    columns: Mapping[str, frozenset[str]]
    oddities: tuple[str, ...]

    def has(self, table: str) -> bool:
        """Tell whether *table* exists."""
        return table in self.columns


def shape_of(tables: Mapping[str, Collection[str]], key: Collection[str]) -> Shape:
    """Return the shape of a database with *tables* (name → columns) and primary *key* of the cache.

    Names count in lower case, as for SQLite. Artifacts and collections that cannot be told apart,
    for want of an id, are as good as none. Raises `DatabaseError` where there are tables but none
    of SkillMeat's, or a cache table without a key we know.
    """
    if tables and not set(map(str.lower, tables)) & set(TABLES):
        raise DatabaseError(
            "the database has none of SkillMeat's tables; give the cache.db of a SkillMeat home"
        )
    found = {name.lower(): frozenset(map(str.lower, tables[name])) for name in tables}
    columns = {
        table: found[table]
        for table in TABLES
        if table in found and (table not in (ARTIFACTS, COLLECTIONS) or "id" in found[table])
    }
    return Shape(_era(columns), columns, tuple(_oddities(columns, {*map(str.lower, key)})))


def _era(columns: Mapping[str, frozenset[str]]) -> Era | None:
    cache = columns.get(CACHE)
    if cache is None:
        return None
    if "artifact_uuid" in cache:
        return "artifact_uuid"
    if "artifact_id" in cache:
        return "artifact_id"
    raise DatabaseError(
        "collection_artifacts has neither an artifact_id nor an artifact_uuid column: "
        "a schema of no known era; nothing was read"
    )


def _oddities(columns: Mapping[str, frozenset[str]], key: Collection[str]) -> list[str]:
    cache = columns.get(CACHE)
    if cache is None:
        return [
            "the database has no collection_artifacts table: SkillMeat's server never started on it"
        ]
    said = []
    lacking = [column for column in (*COLUMNS, "synced_at") if column not in cache]
    if lacking:
        said.append(f"collection_artifacts lacks {', '.join(lacking)}: a migration did not run")
    if BACKUP_KEY in key:
        said.append(
            "the move to artifact_uuid (2026-02-19) stopped half way: the old key is still primary"
        )
    if "artifact_uuid" not in cache and "uuid" in columns.get(ARTIFACTS, ()):
        said.append(
            "collection_artifacts is keyed by artifact_id while artifacts has a uuid: "
            "an older cache opened by a newer release, whose writes to it fail"
        )
    if "artifact_uuid" in cache and "uuid" not in columns.get(ARTIFACTS, ()):
        said.append(
            "rows are keyed by artifact_uuid, and there is no artifacts table with id and uuid"
        )
    if COLLECTIONS not in columns:
        said.append("the database has no collections table with an id: it cannot be repaired")
    return said


def oldest_collection(shape: Shape) -> str | None:
    """Return the query for the oldest collection, None where there is no table of them."""
    if not shape.has(COLLECTIONS):
        return None
    created = "created_at" if "created_at" in shape.columns[COLLECTIONS] else "NULL"
    return f"SELECT id, {created} AS created_at FROM {COLLECTIONS} ORDER BY 2, 1 LIMIT 1"


def identity_of(oldest: Sequence[object] | None) -> str:
    """Return what tells a cache from every other: its *oldest* collection, to the microsecond.

    *oldest* is the row of `oldest_collection`. An older copy of a cache has the same identity.
    """
    return "no collections" if oldest is None else f"{oldest[0]} since {oldest[1]}"
