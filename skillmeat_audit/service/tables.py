"""The cache's tables as a database really has them, for statements of any era."""

from dataclasses import dataclass

import sqlalchemy as sa

from skillmeat_audit.model.errors import DatabaseError
from skillmeat_audit.service.schema import (
    ARTIFACTS,
    BACKUP_KEY,
    CACHE,
    OLDEST_COLLECTION,
    TABLES,
    Shape,
    identity_of,
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


def reflect(connection: sa.Connection) -> CacheTables:
    """Return the tables of the cache behind *connection*.

    Raises `DatabaseError` where there is no cache table, or one that no statement of ours fits.
    """
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    columns = {
        table: inspector.get_columns(table) for table in (*TABLES, PROJECTS) if table in present
    }
    key = inspector.get_pk_constraint(CACHE)["constrained_columns"] if CACHE in present else ()
    names = {table: [column["name"] for column in found] for table, found in columns.items()}
    shape = shape_of(names, key)
    if shape.era is None:
        raise DatabaseError("the database has no collection_artifacts table; start SkillMeat once")
    if BACKUP_KEY in key:
        raise DatabaseError(
            "the cache stopped half way in its move to artifact_uuid (rule X001); "
            "let SkillMeat finish its migration before a repair"
        )
    blank = frozenset(c["name"] for c in columns[CACHE] if c["nullable"] and c["default"] is None)
    cache, artifacts, projects = (
        sa.table(name, *(sa.column(column) for column in names.get(name, ())))
        for name in (CACHE, ARTIFACTS, PROJECTS)
    )
    return CacheTables(shape, cache, artifacts, projects, blank)


def identity(connection: sa.Connection) -> str:
    """Return what tells the cache behind *connection* from every other (see `identity_of`)."""
    return identity_of(connection.exec_driver_sql(OLDEST_COLLECTION).first())
