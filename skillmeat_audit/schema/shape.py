"""The shape of the cache's tables, determined by their columns, never by a recorded revision.

Real caches come from ``create_all`` and migrations of many releases, several of which left tables
half changed; the recorded alembic revision is often empty or wrong.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.schema.newest import OWN_TABLE, missing_columns

Era = Literal["artifact_id", "artifact_uuid"]
ERAS: tuple[Era, ...] = ("artifact_id", "artifact_uuid")

CACHE, ARTIFACTS, COLLECTIONS = "collection_artifacts", "artifacts", "collections"
CATALOG, SOURCES = "marketplace_catalog_entries", "marketplace_sources"
GROUPS, GROUP_MEMBERS = "groups", "group_artifacts"
TABLES = (CACHE, ARTIFACTS, COLLECTIONS, CATALOG, SOURCES)
# Tables of any program may be named like those of groups: they do not tell SkillMeat's database.
TABLES_READ = (*TABLES, GROUPS, GROUP_MEMBERS)

# Left by the first version of the 2026-02-19 migration, which made it part of the primary key.
BACKUP_KEY = "_artifact_id_backup"


@dataclass(frozen=True)
class Shape:
    """The tables that an audit reads, as they are in this database.

    ``columns`` maps each table of ``TABLES_READ`` that exists to its column names; ``era`` is the
    key column of the cache rows, None if the table does not exist yet; ``oddities`` are sentences
    about what fits no single release, ``missing`` about what the newest release misses.
    """

    era: Era | None
    columns: Mapping[str, frozenset[str]]
    oddities: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def has(self, table: str) -> bool:
        """Return True if *table* exists."""
        return table in self.columns


def shape_of(tables: Mapping[str, Collection[str]], key: Collection[str]) -> Shape:
    """Return the shape of a database with *tables* (name → columns) and primary *key* of the cache.

    Names are compared in lower case, as in SQLite. Tables of artifacts or collections without an id
    are ignored. Raises `DatabaseError` if there are tables but none of SkillMeat's, or if the cache
    table has no known key.
    """
    if tables and not set(map(str.lower, tables)) & set(TABLES):
        raise DatabaseError(
            "the database has none of SkillMeat's tables; give the cache.db of a SkillMeat home"
        )
    # A renamed table keeps the case that was typed (SQLite), while SkillMeat's own are lower case.
    present = {name.lower(): frozenset(map(str.lower, tables[name])) for name in tables}
    columns = {
        table: present[table]
        for table in TABLES_READ
        if table in present and (table not in (ARTIFACTS, COLLECTIONS) or "id" in present[table])
    }
    oddities = tuple(_oddities(columns, {*map(str.lower, key)}))
    missing = tuple(missing_columns(columns)) if OWN_TABLE in present else ()
    return Shape(_era(columns), columns, oddities, missing)


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
    oddities = []
    lacking = [column for column in (*COLUMNS, "synced_at") if column not in cache]
    if lacking:
        oddities.append(f"collection_artifacts lacks {', '.join(lacking)}: a migration did not run")
    if BACKUP_KEY in key:
        oddities.append(
            "the move to artifact_uuid (2026-02-19) stopped half way: the old key is still primary"
        )
    if "artifact_uuid" not in cache and "uuid" in columns.get(ARTIFACTS, ()):
        oddities.append(
            "collection_artifacts is keyed by artifact_id while artifacts has a uuid: "
            "an older cache opened by a newer release, whose writes to it fail"
        )
    if "artifact_uuid" in cache and "uuid" not in columns.get(ARTIFACTS, ()):
        oddities.append(
            "rows are keyed by artifact_uuid, and there is no artifacts table with id and uuid"
        )
    if COLLECTIONS not in columns:
        oddities.append("the database has no collections table with an id: it cannot be repaired")
    return oddities


def oldest_collection(shape: Shape) -> str | None:
    """Return the query for the oldest collection, None without a table of collections."""
    if not shape.has(COLLECTIONS):
        return None
    # Written once and never updated: unlike a path or an inode, it survives a copy or a move.
    created = "created_at" if "created_at" in shape.columns[COLLECTIONS] else "NULL"
    return f"SELECT id, {created} AS created_at FROM {COLLECTIONS} ORDER BY 2, 1 LIMIT 1"


def identity_of(oldest: Sequence[object] | None) -> str:
    """Return what distinguishes a cache: its *oldest* collection, to the microsecond.

    *oldest* is the row of `oldest_collection`. An older copy of a cache has the same identity.
    """
    return "no collections" if oldest is None else f"{oldest[0]} since {oldest[1]}"
