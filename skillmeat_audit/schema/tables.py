"""The cache's tables as a database really has them, for statements of any era."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.schema.shape import (
    ARTIFACTS,
    BACKUP_KEY,
    CACHE,
    TABLES,
    Shape,
    identity_of,
    oldest_collection,
    shape_of,
)

# Where SkillMeat puts artifacts that belong to no project.
PROJECTS, SENTINEL = "projects", "collection_artifacts_global"


@dataclass(frozen=True)
class CacheTables:
    """Statements' tables without column types: values go in and out as the database has them.

    ``blank`` names the columns of a cache row that stay NULL where an insert gives them none.
    """

    shape: Shape
    cache: sa.TableClause
    artifacts: sa.TableClause
    projects: sa.TableClause
    blank: frozenset[str]

    @property
    def keyed_by_uuid(self) -> bool:
        """Tell whether rows refer to artifacts by uuid."""
        return self.shape.era == "artifact_uuid"

    @property
    def primary_key(self) -> tuple[str, str]:
        """The columns of the cache rows' key."""
        return "collection_id", str(self.shape.era)


# A run writes in batches, and reflection costs more than a small batch. No other connection can
# change the tables meanwhile: the transaction holds SQLite's write lock, or ACCESS SHARE locks.
_REFLECTED: WeakKeyDictionary[sa.Transaction, CacheTables] = WeakKeyDictionary()


def reflect_tables(connection: sa.Connection) -> CacheTables:
    """Return the tables of the cache behind *connection*; they are looked up once per transaction.

    Raises `DatabaseError` where there is no cache table, or one that no statement of ours fits.
    """
    transaction = connection.get_transaction() or connection.begin()
    if transaction not in _REFLECTED:
        _REFLECTED[transaction] = _reflect(connection)
    return _REFLECTED[transaction]


def _reflect(connection: sa.Connection) -> CacheTables:
    inspector = sa.inspect(connection)
    present = {name.lower(): name for name in inspector.get_table_names()}
    columns = {
        table: {each["name"].lower(): each for each in inspector.get_columns(present[table])}
        for table in (*TABLES, PROJECTS)
        if table in present
    }
    keys = inspector.get_pk_constraint(present[CACHE]) if CACHE in present else None
    key = keys["constrained_columns"] if keys else ()
    shape = shape_of(columns, key)
    _check(shape, key)
    ours = {
        table: {name: each for name, each in found.items() if "computed" not in each}
        for table, found in columns.items()
    }
    cache, artifacts, projects = (
        sa.table(name, *map(sa.column, ours.get(name, ()))) for name in (CACHE, ARTIFACTS, PROJECTS)
    )
    blank = {name for name, c in ours[CACHE].items() if c["nullable"] and c["default"] is None}
    return CacheTables(shape, cache, artifacts, projects, frozenset(blank))


def _check(shape: Shape, key: Sequence[str]) -> None:
    """Refuse tables that no statement of ours fits."""
    if shape.era is None:
        raise DatabaseError("the database has no collection_artifacts table; start SkillMeat once")
    if BACKUP_KEY in map(str.lower, key):
        raise DatabaseError(
            "the cache stopped half way in its move to artifact_uuid (rule X001); "
            "let SkillMeat finish its migration before a repair"
        )
    if shape.era == "artifact_uuid" and "uuid" not in shape.columns.get(ARTIFACTS, ()):
        raise DatabaseError(
            "the cache has no artifacts table with id and uuid for its rows to refer to (rule "
            "X001); let SkillMeat finish its migration before a repair"
        )


def cache_identity(connection: sa.Connection, shape: Shape) -> str:
    """Return what tells the cache behind *connection* from every other (see `identity_of`)."""
    query = oldest_collection(shape)
    return identity_of(None if query is None else connection.exec_driver_sql(query).first())
