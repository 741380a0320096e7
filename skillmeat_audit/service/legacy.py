"""Writes the row that imports wrote before 2026-02-10; used on scratch homes by the replay."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from skillmeat_audit.schema.tables import reflect_tables
from skillmeat_audit.service.artifacts import ensure_artifacts
from skillmeat_audit.service.cache_service import format_stored_time, session_clock


def merge_bare_row(session: Session, collection_id: str, artifact_id: str) -> None:
    """Write key and ``added_at`` of one row, and nothing else; the caller commits.

    As ``session.merge`` did in SkillMeat: a query, then an insert without metadata; in an existing
    row only ``added_at`` changes and the metadata stays (docs/skillmeat.md#merge-of-three-fields).
    """
    connection = session.connection()
    tables = reflect_tables(connection)
    key = artifact_id
    if tables.keyed_by_uuid:
        key = ensure_artifacts(connection, tables, [artifact_id]).uuids[artifact_id]
    columns, (first, second) = tables.cache.c, tables.primary_key
    is_row = (columns[first] == collection_id) & (columns[second] == key)
    added = {"added_at": format_stored_time(session_clock(session)())}
    if connection.execute(sa.select(columns[first]).where(is_row)).first() is None:
        values = {first: collection_id, second: key, **added}
        connection.execute(sa.insert(tables.cache).values(values))
    else:
        connection.execute(sa.update(tables.cache).where(is_row).values(added))
