"""The upsert of `cache_service`, by an installed SkillMeat; imported only for that.

SkillMeat's service commits after every row; joined to our transaction by ``rollback_only`` these
commits do not end it. It overwrites ``synced_at`` with its own clock and accepts misspelt columns,
so this module checks the columns and sets the time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.schema.tables import reflect_tables
from skillmeat_audit.service.artifacts import ensure_artifacts
from skillmeat_audit.service.cache_service import check_columns, format_stored_time, utc_now
from skillmeat_audit.service.rows import read_rows, with_keys, write_cells


def upsert_collection_artifacts(
    connection: sa.Connection,
    rows: Sequence[RawRow],
    at: datetime | None = None,
    stored: Mapping[RowKey, RawRow] | None = None,
) -> int:
    """Insert or update *rows* through SkillMeat's own service, in the caller's transaction.

    As `cache_service.upsert_collection_artifacts`; *stored* is not used. Raises `DatabaseError` if
    no SkillMeat with the service (0.30.1 or later) is installed, or if it cannot write this schema.
    """
    try:
        import skillmeat.core.collection  # noqa: F401, PLC0415 - first: avoids a circular import
        from skillmeat.api.services.artifact_cache_service import (  # noqa: PLC0415
            create_or_update_collection_artifact,
        )
    except ImportError as exc:
        raise DatabaseError(
            f"no SkillMeat with the cache service is installed here ({printable(exc)}); "
            "use --service embedded"
        ) from exc
    tables = reflect_tables(connection)
    if not tables.keyed_by_uuid:
        raise DatabaseError(
            "an installed SkillMeat cannot write a cache keyed by artifact_id; "
            "use --service embedded"
        )
    ensure_artifacts(connection, tables, sorted({str(row["artifact_id"]) for row in rows}))
    with Session(connection, join_transaction_mode="rollback_only", autoflush=False) as session:
        for row in rows:
            metadata = dict(row)
            key = str(metadata.pop("collection_id")), str(metadata.pop("artifact_id"))
            check_columns(tables, metadata)
            create_or_update_collection_artifact(session, *key, metadata)
    stamp = {"synced_at": format_stored_time(at or utc_now())}
    keys = [(row["collection_id"], row["artifact_id"]) for row in rows]
    written = read_rows(connection, tables, keys).values()
    write_cells(connection, tables, with_keys(tables, [(row, stamp) for row in written]))
    return len(rows)
