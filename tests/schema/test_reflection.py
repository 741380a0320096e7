"""The cache's tables as a database has them: which a repair can write, how often they are read."""

import pytest
import sqlalchemy as sa

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.schema.tables import reflect_tables


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ([], "no collection_artifacts table"),
        (["collections (id)"], "no collection_artifacts table"),
        (["collection_artifacts (collection_id, artifact_uuid)"], "no artifacts table with id"),
        (["collection_artifacts (artifact_uuid)", "artifacts (uuid)"], "no artifacts table with"),
        (["collection_artifacts (artifact_uuid, _ARTIFACT_ID_BACKUP PRIMARY KEY)"], "half way"),
    ],
)
def test_tables_that_no_statement_fits_are_refused(tables, reason):
    with sa.create_engine("sqlite://").connect() as connection:
        for table in tables:
            connection.exec_driver_sql(f"CREATE TABLE {table}")

        with pytest.raises(DatabaseError, match=reason):
            reflect_tables(connection)


def test_tables_are_reflected_once_per_transaction_and_again_in_the_next():
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE collection_artifacts (collection_id, artifact_id)")
        connection.commit()
        statements = []
        sa.event.listen(engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
        first = reflect_tables(connection)
        looked_up = len(statements)

        assert reflect_tables(connection) is first
        assert len(statements) == looked_up

        connection.commit()
        connection.exec_driver_sql("ALTER TABLE collection_artifacts ADD COLUMN description")
        connection.commit()

        assert "description" in reflect_tables(connection).cache.c
