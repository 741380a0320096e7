"""The cache: every shape its tables can have, the rows in it, and what is odd about it."""

import re
import sqlite3
from contextlib import closing

import pytest
from conftest import PROJECT

from skillmeat_audit.base.urls import sqlite_url
from skillmeat_audit.loaders.cache import load_cache
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.snapshot import Cache
from skillmeat_audit.model.tables import CATALOG, COLLECTIONS, PROBLEMS, ROWS, SOURCES

OLD, NEW = (
    (PROJECT / "skillmeat_audit" / "replay" / "schemas" / f"{era}.sql").read_text()
    for era in ("artifact_id", "artifact_uuid")
)
S1 = (
    "description author license tags_json version source origin origin_source resolved_sha "
    "resolved_version synced_at"
)
S2 = f"{S1} tools_json deployments_json"
FINGERPRINTS = (
    "artifact_content_hash artifact_structure_hash artifact_file_count artifact_total_size"
)
COLLECTION_KEY = "FOREIGN KEY (collection_id) REFERENCES collections (id)"
ARTIFACT_KEY = "FOREIGN KEY (artifact_uuid) REFERENCES artifacts (uuid)"


def table(script, name):
    """Return the statement that creates table *name* in *script*."""
    return re.search(rf'CREATE TABLE "?{name}"? \(.*?\n\s*\);', script, re.DOTALL)[0]


def cached(columns, key, *constraints):
    """Return the statement that creates collection_artifacts with *columns* and primary *key*."""
    names = ["collection_id", *columns.split()]
    parts = [*names, f"PRIMARY KEY (collection_id, {key})", *constraints]
    return f"CREATE TABLE collection_artifacts ({', '.join(parts)});"


COMMON = (
    "INSERT INTO collections (id, name, created_at, updated_at) VALUES ('default', 'D', '', '');"
)
S_TABLES = table(OLD, "collections") + table(OLD, "artifacts") + COMMON
U_TABLES = (
    table(NEW, "collections")
    + table(NEW, "artifacts")
    + "CREATE UNIQUE INDEX ix_artifacts_uuid ON artifacts (uuid);"
    + COMMON
    + "INSERT INTO artifacts (id, uuid, name, type, created_at, updated_at) "
    "VALUES ('skill:a.md', 'u1', 'a', 'skill', '', '');"
)


def row(key, value, **columns):
    """Return the statement that inserts a row of collection default."""
    columns = {"collection_id": "default", key: value, "added_at": "2026-01-01"} | columns
    values = ", ".join(f"'{each}'" for each in columns.values())
    return f"INSERT INTO collection_artifacts ({', '.join(columns)}) VALUES ({values});"


def load(tmp_path, *script):
    path = tmp_path / "cache.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("".join(script))
    return load_cache(sqlite_url(path))


def said(cache, kind):
    frame = cache.problems
    return frame.loc[frame["kind"] == kind, "detail"].tolist()


def values(cache):
    """Return the rows without their nulls."""
    return [
        {key: value for key, value in each.items() if value is not None}
        for each in records(cache.rows)
    ]


def old_row(**columns):
    return {
        "collection_id": "default",
        "artifact_id": "skill:a.md",
        "stem": "skill:a",
        "has_artifact": True,
        "added_at": "2026-01-01",
    } | columns


def uuid_row(**columns):
    return old_row(artifact_uuid="u1") | columns


def test_a_home_without_a_cache_has_empty_frames():
    cache = Cache()
    frames = (cache.rows, cache.collections, cache.catalog, cache.sources, cache.problems)

    assert cache.era is None and not cache.catalog_known
    assert [list(frame.columns) for frame in frames] == [
        list(each.columns) for each in (ROWS, COLLECTIONS, CATALOG, SOURCES, PROBLEMS)
    ]


@pytest.mark.parametrize(
    ("columns", "lacking"),
    [
        (
            "",
            "description, source, origin, origin_source, tags_json, author, license, tools_json, "
            "version, resolved_sha, resolved_version, synced_at",
        ),
        (S1, "tools_json"),
    ],
    ids=["S0", "S1"],
)
def test_a_cache_without_some_migrations_is_read_and_reported(tmp_path, columns, lacking):
    shape = cached(f"artifact_id added_at {columns}", "artifact_id", COLLECTION_KEY)
    told = {"description": "D", "synced_at": "2026-01-02"} if columns else {}
    cache = load(tmp_path, S_TABLES, shape, row("artifact_id", "skill:a.md", **told))

    assert cache.era == "artifact_id"
    assert values(cache) == [old_row(**told)]
    assert said(cache, "schema") == [
        f"collection_artifacts lacks {lacking}: a migration did not run"
    ]
    assert said(cache, "integrity") == []


def test_a_cache_keyed_by_artifact_id_is_read(tmp_path):
    told = {column: f"the {column}" for column in S2.split()}
    cache = load(tmp_path, OLD, COMMON, row("artifact_id", "skill:a.md", **told))

    assert cache.era == "artifact_id"
    assert values(cache) == [old_row(**told)]
    assert cache.problems.empty


def test_a_cache_keyed_by_artifact_uuid_is_read(tmp_path):
    told = {column: f"the {column}" for column in S2.split()}
    extra = {"artifact_content_hash": "h", "artifact_structure_hash": "s"}
    cache = load(
        tmp_path,
        U_TABLES,
        table(NEW, "collection_artifacts"),
        row("artifact_uuid", "u1", **told, **extra),
    )

    assert cache.era == "artifact_uuid"
    assert values(cache) == [uuid_row(artifact_content_hash="h", **told)]
    assert said(cache, "schema") == said(cache, "integrity") == []


def test_a_half_done_move_to_uuids_is_read_and_reported(tmp_path):
    shape = cached(
        f"artifact_uuid _artifact_id_backup added_at {S2}", "_artifact_id_backup", COLLECTION_KEY
    )
    rows = row("artifact_uuid", "u1", _artifact_id_backup="skill:old") + row(
        "artifact_uuid", "gone", _artifact_id_backup="skill:gone"
    )
    cache = load(tmp_path, U_TABLES, shape, rows)
    known, gone = values(cache)

    assert known == uuid_row()
    assert (gone["artifact_id"], gone["artifact_uuid"]) == ("skill:gone", "gone")
    assert not gone["has_artifact"]
    assert said(cache, "schema") == [
        "the move to artifact_uuid (2026-02-19) stopped half way: the old key is still primary"
    ]


@pytest.mark.parametrize("backup", ["", "_artifact_id_backup"])
def test_a_completed_move_to_uuids_is_not_an_oddity(tmp_path, backup):
    shape = cached(
        f"artifact_uuid added_at {S2} {backup}", "artifact_uuid", COLLECTION_KEY, ARTIFACT_KEY
    )
    cache = load(tmp_path, U_TABLES, shape, row("artifact_uuid", "u1"))

    assert cache.era == "artifact_uuid"
    assert values(cache) == [uuid_row()]
    assert cache.problems.empty


def test_the_order_of_columns_does_not_count(tmp_path):
    shape = cached(
        " ".join(reversed(f"artifact_uuid added_at {S2} {FINGERPRINTS}".split())), "artifact_uuid"
    )
    cache = load(tmp_path, U_TABLES, shape, row("artifact_uuid", "u1", license="MIT"))

    assert values(cache) == [uuid_row(license="MIT")]


def test_a_row_without_its_artifact_is_loaded_and_marked(tmp_path):
    rows = row("artifact_uuid", "gone") + row("artifact_uuid", "u1")
    cache = load(tmp_path, U_TABLES, table(NEW, "collection_artifacts"), rows)
    gone, known = values(cache)

    assert known["has_artifact"] and known["artifact_id"] == "skill:a.md"
    assert not gone["has_artifact"]
    assert gone["artifact_id"] == gone["artifact_uuid"] == gone["stem"] == "gone"
    assert said(cache, "integrity") == [
        "1 rows of collection_artifacts refer to rows of artifacts that do not exist"
    ]


def test_broken_references_are_counted_by_table(tmp_path):
    rows = "".join(
        row("artifact_id", f"skill:{n}", collection_id=f"none-{n % 2}") for n in range(3)
    )
    entry = (
        "INSERT INTO marketplace_catalog_entries (id, source_id, artifact_type, name, path, "
        "upstream_url, detected_at, confidence_score, created_at, updated_at) "
        "VALUES ('e', 'none', 'skill', 'a', 'p', 'u', '', 1, '', '');"
    )
    cache = load(tmp_path, OLD, rows, entry)

    assert said(cache, "integrity") == [
        "3 rows of collection_artifacts refer to rows of collections that do not exist",
        "1 rows of marketplace_catalog_entries refer to rows of marketplace_sources "
        "that do not exist",
    ]


def test_an_older_cache_in_a_newer_database_is_read_and_reported(tmp_path):
    shape = cached(f"artifact_id added_at {S2}", "artifact_id", COLLECTION_KEY)
    cache = load(tmp_path, U_TABLES, shape, row("artifact_id", "skill:a.md"))
    (told,) = said(cache, "schema")

    assert (cache.era, values(cache)) == ("artifact_id", [old_row()])
    assert "an older cache opened by a newer release, whose writes to it fail" in told


@pytest.mark.parametrize("constraint", [(), (ARTIFACT_KEY,)])
def test_a_newer_cache_in_an_older_database_is_read_and_reported(tmp_path, constraint):
    shape = cached(f"artifact_uuid added_at {S2}", "artifact_uuid", *constraint)
    cache = load(tmp_path, S_TABLES, shape, row("artifact_uuid", "u1"))

    assert values(cache) == [uuid_row(artifact_id="u1", stem="u1", has_artifact=False)]
    assert said(cache, "schema") == [
        "rows are keyed by artifact_uuid, and there is no artifacts table with id and uuid"
    ]
    assert len(said(cache, "integrity")) == len(constraint)


def test_a_reference_sqlite_cannot_check_is_reported(tmp_path):
    tables = U_TABLES.replace("CREATE UNIQUE INDEX", "CREATE INDEX")
    cache = load(tmp_path, tables, table(NEW, "collection_artifacts"), row("artifact_uuid", "u1"))

    assert values(cache) == [uuid_row()]
    assert said(cache, "integrity") == [
        'foreign key check: foreign key mismatch - "collection_artifacts" referencing "artifacts"'
    ]


def test_a_cache_alone_is_read_and_reported(tmp_path):
    shape = cached(f"artifact_uuid added_at {S2}", "artifact_uuid")
    cache = load(tmp_path, shape, row("artifact_uuid", "u1"))

    assert values(cache) == [uuid_row(artifact_id="u1", stem="u1", has_artifact=False)]
    assert len(said(cache, "schema")) == 2
    assert said(cache, "schema")[-1].startswith("the database has no collections table")
    assert cache.collections.empty and not cache.catalog_known


def test_a_database_the_server_never_started_on_has_no_rows(tmp_path):
    cache = load(tmp_path, table(NEW, "collections"), table(NEW, "artifacts"))

    assert (cache.era, len(cache.rows)) == (None, 0)
    assert said(cache, "schema") == [
        "the database has no collection_artifacts table: SkillMeat's server never started on it"
    ]


def test_a_cache_without_marketplace_tables_is_recognised(tmp_path):
    with_both = load(tmp_path, OLD)
    (tmp_path / "cache.db").unlink()
    without = load(tmp_path, OLD, "DROP TABLE marketplace_sources;")

    assert with_both.catalog_known and with_both.catalog.empty
    assert not without.catalog_known
    assert without.sources.empty


def test_tables_whose_module_is_missing_do_not_matter(tmp_path):
    virtual = (
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_master VALUES ('table', 'artifact_fts', "
        "'artifact_fts', 0, 'CREATE VIRTUAL TABLE artifact_fts USING nowhere(a)');"
    )
    cache = load(tmp_path, OLD, COMMON, row("artifact_id", "skill:a.md"), virtual)

    assert values(cache) == [old_row()]


def test_a_built_home_is_loaded_completely(make_home, era):
    path = make_home("batch-import", era) / "cache" / "cache.db"
    cache = load_cache(sqlite_url(path))

    assert cache.era == era
    assert cache.catalog_known and cache.problems.empty
    assert cache.rows["artifact_id"].tolist() == [
        "skill:1password",
        "agent:scribe",
        "skill:1password",
        "skill:lock-audit",
        "skill:retired",
    ]
    assert cache.rows["artifact_uuid"].notna().all() == (era == "artifact_uuid")
    assert cache.rows["has_artifact"].all()
    assert cache.collections["id"].is_monotonic_increasing
    assert cache.catalog["artifact_id"].tolist() == ["skill:1password", "skill:lock-audit"]
    assert cache.sources["owner"].tolist() == ["acme-labs"]


def test_every_frame_fulfils_its_contract(make_home, era):
    cache = load_cache(sqlite_url(make_home("reimport", era) / "cache" / "cache.db"))
    frames = (cache.rows, cache.collections, cache.catalog, cache.sources, cache.problems)
    tables = (ROWS, COLLECTIONS, CATALOG, SOURCES, PROBLEMS)

    for frame, contract in zip(frames, tables, strict=True):
        dtypes = dict(zip(frame.columns, map(str, frame.dtypes), strict=True))
        assert dtypes == contract.dtypes


def test_collections_without_a_time_of_making_are_read(tmp_path):
    script = S_TABLES + "ALTER TABLE collections DROP COLUMN created_at;"
    cache = load(
        tmp_path, script, table(OLD, "collection_artifacts"), row("artifact_id", "skill:a")
    )

    assert cache.identity == "default since None"
    assert len(cache.rows) == len(cache.collections) == 1
    assert cache.problems.empty


def test_collections_without_an_id_are_reported_and_the_rows_are_read(tmp_path):
    nameless = "CREATE TABLE collections (name, created_at); INSERT INTO collections VALUES (1, 2);"
    cache = load(
        tmp_path,
        nameless,
        cached("artifact_id", "artifact_id"),
        "INSERT INTO collection_artifacts VALUES ('default', 'skill:a');",
    )

    assert cache.identity is None
    assert len(cache.rows) == 1 and cache.collections.empty
    assert "no collections table with an id" in said(cache, "schema")[1]


def test_artifacts_without_an_id_are_reported_and_the_rows_are_read(tmp_path):
    script = table(OLD, "collections") + COMMON + "CREATE TABLE artifacts (uuid, name);"
    cache = load(
        tmp_path,
        script,
        cached("artifact_uuid", "artifact_uuid"),
        "INSERT INTO collection_artifacts VALUES ('default', 'u1');",
    )

    assert cache.rows["has_artifact"].tolist() == [False]
    assert "no artifacts table with id and uuid" in said(cache, "schema")[1]


def test_names_in_another_case_and_generated_columns_are_seen(tmp_path):
    cache = load(
        tmp_path,
        "CREATE TABLE Collections (ID, Name); INSERT INTO Collections VALUES ('default', 'D');"
        "CREATE TABLE Collection_Artifacts (COLLECTION_ID, ARTIFACT_ID, Added_At,"
        " DESCRIPTION GENERATED ALWAYS AS (upper(ARTIFACT_ID)));"
        "INSERT INTO Collection_Artifacts VALUES ('default', 'skill:a.md', '2026-01-01');",
    )

    assert cache.era == "artifact_id"
    assert cache.collections["name"].tolist() == ["D"]
    assert values(cache) == [old_row(description="SKILL:A.MD")]


GROUPS_OF = {
    "artifact_id": (S_TABLES + table(OLD, "collection_artifacts"), "artifact_id", "'skill:a.md'"),
    "artifact_uuid": (U_TABLES + table(NEW, "collection_artifacts"), "artifact_uuid", "'u1'"),
}


@pytest.mark.parametrize("era", GROUPS_OF)
def test_the_artifacts_in_groups_are_read_in_both_eras(tmp_path, era):
    tables, column, value = GROUPS_OF[era]
    groups = (
        "CREATE TABLE groups (id, collection_id, name);"
        "INSERT INTO groups VALUES ('g1', 'default', 'Ops');"
        f"CREATE TABLE group_artifacts (group_id, {column}, position);"
        f"INSERT INTO group_artifacts VALUES ('g1', {value}, 0), ('lost', {value}, 0);"
    )

    cache = load(tmp_path, tables, groups)

    assert records(cache.groups) == [
        {"collection_id": "default", "artifact_id": "skill:a.md", "name": "Ops"}
    ]


def test_groups_of_another_shape_are_left_out(tmp_path):
    shape = "CREATE TABLE groups (id); CREATE TABLE group_artifacts (group_id);"

    cache = load(tmp_path, U_TABLES, table(NEW, "collection_artifacts"), shape)

    assert cache.groups.empty


def test_columns_that_the_newest_release_misses_are_one_problem(tmp_path):
    own = "CREATE TABLE cache_metadata (key, value, updated_at);"

    cache = load(tmp_path, S_TABLES, table(OLD, "collection_artifacts"), own)

    (missing,) = said(cache, "older")
    assert missing.startswith("collection_artifacts lacks artifact_uuid, ")
    assert "; collections lacks slug, " in missing


def test_a_database_that_skillmeat_did_not_make_is_not_held_against_a_release(tmp_path):
    cache = load(tmp_path, S_TABLES, table(OLD, "collection_artifacts"))

    assert said(cache, "older") == []
