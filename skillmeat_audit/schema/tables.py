"""Reflects the cache's tables as they are in a database, for statements of any era."""

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

# The table of projects, and the project that SkillMeat gives to artifacts without one.
PROJECTS, SENTINEL = "projects", "collection_artifacts_global"


@dataclass(frozen=True)
class CacheTables:
    """Tables without column types: values are read and written as the database stores them.

    ``blank`` names the columns of a cache row that an insert without a value leaves NULL.
    """

    shape: Shape
    cache: sa.TableClause
    artifacts: sa.TableClause
    projects: sa.TableClause
    blank: frozenset[str]

    @property
    def keyed_by_uuid(self) -> bool:
        """Return True if rows refer to artifacts by uuid."""
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

    Raises `DatabaseError` if there is no cache table, or one that repairs cannot write.
    """
    transaction = connection.get_transaction() or connection.begin()
    if transaction not in _REFLECTED:
        _REFLECTED[transaction] = _reflect(connection)
    return _REFLECTED[transaction]


def _reflect(connection: sa.Connection) -> CacheTables:
    inspector = sa.inspect(connection)
    names = {name.lower(): name for name in inspector.get_table_names()}
    columns = {
        table: {column["name"].lower(): column for column in inspector.get_columns(names[table])}
        for table in (*TABLES, PROJECTS)
        if table in names
    }
    keys = inspector.get_pk_constraint(names[CACHE]) if CACHE in names else None
    key = keys["constrained_columns"] if keys else ()
    shape = shape_of(columns, key)
    _check(shape, key)
    # A generated column can be read and not be written: an INSERT that names it fails.
    writable = {
        table: {name: column for name, column in present.items() if "computed" not in column}
        for table, present in columns.items()
    }
    cache, artifacts, projects = (
        sa.table(name, *map(sa.column, writable.get(name, ())))
        for name in (CACHE, ARTIFACTS, PROJECTS)
    )
    # An insert leaves these NULL only if the column has no default; `DEFAULT ''` would make a page
    # show an empty description.
    blank = {name for name, c in writable[CACHE].items() if c["nullable"] and c["default"] is None}
    return CacheTables(shape, cache, artifacts, projects, frozenset(blank))


def _check(shape: Shape, key: Sequence[str]) -> None:
    """Raise `DatabaseError` for tables that repairs cannot write."""
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
    """Return what distinguishes the cache behind *connection* (see `identity_of`)."""
    query = oldest_collection(shape)
    return identity_of(None if query is None else connection.exec_driver_sql(query).first())
