"""Reads the tables of an enterprise database (docs/skillmeat.md#enterprise), tenant by tenant.

Every query names the tenant, and the transaction has it set for the row-level security of the
database: each of the two keeps tenants apart without the other.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from skillmeat_audit.base.arrow import sort_nulls_last
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import printable
from skillmeat_audit.loaders.database import Reader, fetch_text
from skillmeat_audit.loaders.workers import Record
from skillmeat_audit.model.contracts import Table
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.tables import CATALOG, SOURCES

ARTIFACTS, VERSIONS, BLOBS = "enterprise_artifacts", "artifact_versions", "artifact_blobs"
CATALOG_ENTRIES = "enterprise_marketplace_catalog_entries"
CATALOG_SOURCES = "enterprise_marketplace_sources"
# Without these columns a table cannot be read tenant by tenant. A blob belongs to no tenant: only
# those are read that a version of the tenant names by their digest.
_REQUIRED = {
    ARTIFACTS: ("id", "tenant_id", "name", "type"),
    VERSIONS: ("artifact_id", "tenant_id", "created_at"),
    BLOBS: ("sha256_hash", "content"),
    CATALOG_ENTRIES: ("id", "tenant_id", "name", "artifact_type"),
    CATALOG_SOURCES: ("id", "tenant_id"),
}
# The audited columns that enterprise artifacts have, and what they are called there.
COMPARED = {"description": "description", "source": "source_url", "tags_json": "tags"}
_OPTIONAL = {
    ARTIFACTS: tuple(COMPARED.values()),
    VERSIONS: ("markdown_payload", "content_payload"),
    CATALOG_ENTRIES: ("description", "upstream_url"),
}


class StoredTable(NamedTuple):
    """A table: its columns with their types, and whether row-level security holds for the role."""

    columns: Mapping[str, str]
    is_secured: bool

    def text(self, column: str) -> str:
        """Return the SQL of *column* as text, NULL where the table lacks it."""
        return f"t.{column}::text" if column in self.columns else "NULL::text"


class StoredArtifact(NamedTuple):
    """A row of ``enterprise_artifacts``, as text; ``content`` is its ``core_content``."""

    name: str | None
    type: str | None
    id: str | None
    description: str | None
    source: str | None
    tags_json: str | None
    catalog_id: str | None
    created_at: str | None
    updated_at: str | None
    content: str | None

    @property
    def artifact_id(self) -> str | None:
        """The artifact as ``type:name``."""
        return None if self.name is None or self.type is None else f"{self.type}:{self.name}"


Tables = Mapping[str, StoredTable]


def set_tenant(connection: Reader, tenant: str) -> None:
    """Confine the transaction of *connection* to *tenant*, which is a canonical UUID."""
    # On, whatever the address or the role's settings say: off would be an error where a policy
    # holds, and security is not ours to switch.
    connection.execute("SET LOCAL row_security = on")
    connection.execute(f"SET LOCAL app.current_tenant_id = '{tenant}'")


def find_tables(connection: Reader) -> tuple[Tables, list[Record]]:
    """Return the tables that can be read, and as ``PROBLEMS`` what the database lacks.

    Raises `DatabaseError` without a table of artifacts, and for a view in the place of a table.
    """
    listed = ", ".join(f"'{name}'" for name in _REQUIRED)
    rows = connection.execute(
        "SELECT c.relname, c.relkind::text, row_security_active(c.oid), a.attname, "
        "format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE a.attnum > 0 AND NOT a.attisdropped "
        f"AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({listed})"
    ).fetchall()
    tables: dict[str, StoredTable] = {}
    for name, kind, is_secured, column, column_type in rows:
        if kind not in ("r", "p"):  # ordinary or partitioned
            raise DatabaseError(
                f"{name} is a view or the like, not a table: the row-level security of what is "
                "behind it may not hold; nothing was read"
            )
        columns = tables[name].columns if name in tables else {}
        tables[name] = StoredTable({**columns, column: column_type}, is_secured)
    absent = dict(_absent(tables))
    if ARTIFACTS in absent:
        raise DatabaseError(f"{absent[ARTIFACTS]}: no SkillMeat enterprise stores its data here")
    usable = {name: table for name, table in tables.items() if name not in absent}
    gaps = (_never_stored(), *absent.values(), *_columns_absent(usable))
    problems: list[Record] = [{"kind": "absent", "detail": f"{gap}: not compared"} for gap in gaps]
    return usable, problems + _unsecured(connection, usable)


def _absent(tables: Tables) -> Iterator[tuple[str, str]]:
    """Yield the tables that cannot be read, and why."""
    for name, required in _REQUIRED.items():
        table = tables.get(name)
        if table is None:
            yield name, f"there is no table {name}"
        elif lacking := [column for column in required if column not in table.columns]:
            yield name, f"{name} has no {', '.join(lacking)}"


def _never_stored() -> str:
    names = [name.removesuffix("_json") for name in COLUMNS if name not in COMPARED]
    return f"{ARTIFACTS} has no columns for {', '.join(names)}"


def _columns_absent(tables: Tables) -> Iterator[str]:
    for name, optional in _OPTIONAL.items():
        if name in tables:
            lacking = [column for column in optional if column not in tables[name].columns]
            if lacking:
                yield f"{name} has no {', '.join(lacking)}"


def _unsecured(connection: Reader, tables: Tables) -> list[Record]:
    """Return the problem of the tables whose rows the database does not keep apart for the role."""
    names = sorted(n for n, table in tables.items() if not table.is_secured and n != BLOBS)
    if not names:
        return []
    ((role, bypasses),) = connection.execute(
        "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchall()
    why = "the role bypasses it" if bypasses else "it is not enabled, or not forced on the owner"
    return [
        {
            "kind": "unsecured",
            "detail": f"{', '.join(names)}, read as {printable(role)}: {why}; "
            "rows of the tenant were chosen by tenant_id alone",
        }
    ]


def read_artifacts(connection: Reader, tables: Tables, tenant: str) -> list[StoredArtifact]:
    """Return the artifacts of *tenant* by name, without those that were deleted softly."""
    table = tables[ARTIFACTS]
    in_custom = table.columns.get("custom_fields") == "jsonb"
    columns = {name: table.text(name) for name in StoredArtifact._fields} | {
        **{name: table.text(column) for name, column in COMPARED.items()},
        "catalog_id": "t.custom_fields ->> 'catalog_entry_id'" if in_custom else "NULL::text",
        "content": table.text("core_content"),
    }
    active = " AND t.is_active IS NOT FALSE" if "is_active" in table.columns else ""
    values = fetch_text(
        connection,
        f"SELECT {', '.join(columns.values())} FROM {ARTIFACTS} t "
        f"WHERE t.tenant_id = '{tenant}'{active} ORDER BY 1, 2, 3",
        list(columns),
    )
    columns_read = (values[name].to_pylist() for name in StoredArtifact._fields)
    return [StoredArtifact(*row) for row in zip(*columns_read, strict=True)]


def read_catalog(connection: Reader, tables: Tables, tenant: str) -> pd.DataFrame:
    """Return ``CATALOG`` of *tenant*; the import id of an entry is its own id."""
    frame = _read(connection, tables, CATALOG_ENTRIES, CATALOG, tenant)
    frame["artifact_id"] = frame["artifact_type"] + ":" + frame["name"]
    return sort_nulls_last(frame, "artifact_id", "upstream_url")


def read_sources(connection: Reader, tables: Tables, tenant: str) -> pd.DataFrame:
    """Return ``SOURCES`` of *tenant*."""
    return sort_nulls_last(_read(connection, tables, CATALOG_SOURCES, SOURCES, tenant), "id")


def _read(
    connection: Reader, tables: Tables, name: str, contract: Table, tenant: str
) -> pd.DataFrame:
    """Return the rows of *tenant* in the table *name*; ``import_id`` is their id."""
    if name not in tables:
        return contract.empty()
    columns = {each: tables[name].text(each) for each in contract.columns}
    columns |= {"import_id": "t.id::text"} if "import_id" in columns else {}
    query = f"SELECT {', '.join(columns.values())} FROM {name} t WHERE t.tenant_id = '{tenant}'"
    return contract.build(fetch_text(connection, query, list(columns)))
