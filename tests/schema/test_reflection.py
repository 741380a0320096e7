"""The tables as a database has them: which of them a repair can write."""

import pytest
import sqlalchemy as sa

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.schema.tables import reflect_tables


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ([], "no collection_artifacts table"),
        (["collections (id)"], "no collection_artifacts table"),
        (["collection_artifacts (collection_id, artifact_uuid)"], "no artifacts table with id"),
        (["collection_artifacts (artifact_uuid)", "artifacts (uuid)"], "no artifacts table with"),
        (["collection_artifacts (artifact_uuid, _ARTIFACT_ID_BACKUP PRIMARY KEY)"], "half way"),
    ],
)
def test_tables_that_no_statement_fits_are_refused(tables, said):
    with sa.create_engine("sqlite://").connect() as connection:
        for table in tables:
            connection.exec_driver_sql(f"CREATE TABLE {table}")

        with pytest.raises(DatabaseError, match=said):
            reflect_tables(connection)
