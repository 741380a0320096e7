"""The shape of the cache's tables: told by their columns, whatever release made them."""

import pytest

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.schema.shape import BACKUP_KEY, TABLES, shape_of

FULL = ("collection_id", "added_at", "synced_at", *COLUMNS)
OLD = {"collection_artifacts": ("artifact_id", *FULL), "collections": ("id",), "artifacts": ("id",)}
NEW = {
    "collection_artifacts": ("artifact_uuid", *FULL),
    "collections": ("id",),
    "artifacts": ("id", "uuid"),
}
OLD_KEY, NEW_KEY = ("collection_id", "artifact_id"), ("collection_id", "artifact_uuid")


@pytest.mark.parametrize(
    ("tables", "key", "era"), [(OLD, OLD_KEY, "artifact_id"), (NEW, NEW_KEY, "artifact_uuid")]
)
def test_the_era_follows_from_the_key_column(tables, key, era):
    shape = shape_of(tables, key)

    assert (shape.era, shape.oddities) == (era, ())
    assert shape.has("collections") and not shape.has("marketplace_sources")


def test_only_the_tables_that_an_audit_reads_are_in_the_shape():
    shape = shape_of(NEW | {"tags": ("id",)}, NEW_KEY)

    assert set(shape.columns) == set(NEW) <= set(TABLES)


def test_names_are_compared_in_lower_case():
    loud = {table.upper(): [name.upper() for name in names] for table, names in NEW.items()}

    assert shape_of(loud, [name.upper() for name in NEW_KEY]) == shape_of(NEW, NEW_KEY)


@pytest.mark.parametrize("table", ["artifacts", "collections"])
def test_a_table_without_an_id_is_ignored(table):
    shape = shape_of(NEW | {table: ("name", "uuid")}, NEW_KEY)

    assert not shape.has(table)
    assert f"no {table} table with" in shape.oddities[0]


def test_a_backup_of_the_key_is_an_oddity_only_in_the_primary_key():
    tables = NEW | {"collection_artifacts": ("artifact_uuid", BACKUP_KEY, *FULL)}

    assert shape_of(tables, NEW_KEY).oddities == ()
    assert "stopped half way" in shape_of(tables, ("collection_id", BACKUP_KEY)).oddities[0]


@pytest.mark.parametrize("column", [*COLUMNS, "synced_at"])
def test_a_missing_column_is_named(column):
    left = tuple(name for name in NEW["collection_artifacts"] if name != column)
    (said,) = shape_of(NEW | {"collection_artifacts": left}, NEW_KEY).oddities

    assert said == f"collection_artifacts lacks {column}: a migration did not run"


@pytest.mark.parametrize(
    ("tables", "key", "said"),
    [
        (OLD | {"artifacts": ("id", "uuid")}, OLD_KEY, "while artifacts has a uuid"),
        (NEW | {"artifacts": ("id",)}, NEW_KEY, "no artifacts table with id and uuid"),
        ({"collection_artifacts": OLD["collection_artifacts"]}, OLD_KEY, "no collections table"),
    ],
)
def test_tables_of_different_releases_are_reported(tables, key, said):
    (oddity,) = shape_of(tables, key).oddities

    assert said in oddity


@pytest.mark.parametrize("tables", [{}, {"collections": ("id",)}])
def test_a_database_without_a_cache_table_has_no_era(tables):
    shape = shape_of(tables, ())

    assert shape.era is None
    assert "no collection_artifacts table" in shape.oddities[0]


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"moz_places": ("id",)}, "none of SkillMeat's tables"),
        ({"collection_artifacts": FULL}, "no known era"),
        ({"collection_artifacts": ()}, "no known era"),
    ],
)
def test_a_database_that_is_not_a_cache_is_refused(tables, reason):
    with pytest.raises(DatabaseError, match=reason):
        shape_of(tables, ())
