"""The shared service: four functions, one row or many, on every shape of the cache."""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from conftest import build, cache_rows, dump
from sqlalchemy.orm import Session

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.schema.tables import reflect_tables
from skillmeat_audit.service.cache_service import (
    CollectionArtifact,
    create_or_update_collection_artifact,
    populate_collection_artifact_from_import,
    refresh_single_artifact_cache,
    upsert_collection_artifacts,
)
from skillmeat_audit.service.rows import delete_rows, read_rows

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
KNOWN, NEW = ("default", "skill:lock-audit"), ("default", "command:commit-message")
URL = "https://github.com/acme-labs/agent-kit/tree/main/skills/lock-audit"


@pytest.fixture
def database(make_home, era):
    return make_home(era=era) / "cache" / "cache.db"


@pytest.fixture
def session(database):
    with opened(database) as session:
        yield session


def opened(database):
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.NullPool)
    return Session(engine)


@dataclass
class Metadata:
    description: str | None = None
    author: str | None = None
    license: str | None = None
    version: str | None = None
    tools: list[object] = field(default_factory=list)


@dataclass
class Artifact:
    metadata: Metadata = field(default_factory=Metadata)
    upstream: str | None = None
    origin: str = "local"
    origin_source: str | None = None
    tags: list[str] = field(default_factory=list)
    resolved_sha: str | None = None
    resolved_version: str | None = None


@dataclass
class Manager:
    """SkillMeat's artifact manager, with what a test puts in by name and type."""

    artifacts: dict[tuple[str, str | None], Artifact]

    def show(self, artifact_name, artifact_type=None):
        try:
            return self.artifacts[artifact_name, artifact_type]
        except KeyError:
            raise ValueError(f"no {artifact_name}") from None


@dataclass
class Entry:
    artifact_type: str = "skill"
    name: str = "lock-audit"
    upstream_url: str = URL
    description: str | None = "As imported."
    tags: list[str] = field(default_factory=lambda: ["ci", "locks"])


@dataclass
class Tool:
    """An enum member, as SkillMeat's tools are."""

    value: str


# create_or_update_collection_artifact


def test_a_new_row_gets_both_times(session, database):
    before = cache_rows(database)

    returned = create_or_update_collection_artifact(session, *NEW, {"description": "New."})

    rows = cache_rows(database)
    row = rows.pop(NEW)
    assert rows == before
    assert row["description"] == "New."
    assert TIME.fullmatch(row["added_at"])
    assert row["added_at"] == row["synced_at"]
    assert isinstance(returned, CollectionArtifact)
    assert (returned.collection_id, returned.artifact_id) == NEW
    assert {**returned.columns, "named": NEW[1]} == row


def test_an_existing_row_keeps_all_other_columns(session, database):
    before = cache_rows(database)

    returned = create_or_update_collection_artifact(session, *KNOWN, {"license": "MIT"})

    rows = cache_rows(database)
    synced_at = rows[KNOWN]["synced_at"]
    assert TIME.fullmatch(synced_at)
    assert rows == before | {KNOWN: before[KNOWN] | {"license": "MIT", "synced_at": synced_at}}
    assert returned.columns["license"] == "MIT"
    assert returned.columns["added_at"] == before[KNOWN]["added_at"]


def test_columns_of_people_and_other_code_paths_are_kept(session, database):
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET deployments_json = '[1]'")
    before = cache_rows(database)[KNOWN]

    create_or_update_collection_artifact(session, *KNOWN, {"description": None})

    row = cache_rows(database)[KNOWN]
    assert {name for name in row if row[name] != before[name]} == {"synced_at"}


def test_an_upsert_without_columns_sets_only_the_time(session, database):
    before = cache_rows(database)[KNOWN]

    create_or_update_collection_artifact(session, *KNOWN, {})

    row = cache_rows(database)[KNOWN]
    assert {name for name in row if row[name] != before[name]} == {"synced_at"}


@pytest.mark.parametrize(
    "column",
    [
        "added_at",
        "synced_at",
        "deployments_json",
        "artifact_content_hash",
        "artifact_structure_hash",
        "artifact_file_count",
        "artifact_total_size",
        "collection_id",
        "colour",
        "description; --",
    ],
)
def test_protected_and_unknown_columns_are_refused_by_name(session, database, column):
    before = dump(database)

    with pytest.raises(DatabaseError, match=re.escape(column)):
        create_or_update_collection_artifact(session, *KNOWN, {"license": "MIT", column: "x"})

    session.rollback()
    assert dump(database) == before


def test_the_artifact_of_a_new_row_is_created_where_rows_refer_to_one(session, database, era):
    before = dump(database)

    create_or_update_collection_artifact(session, *NEW, {})

    after = dump(database)
    made = set(after["artifacts"]) - set(before["artifacts"])
    assert len(made) == (era == "artifact_uuid")
    assert all("command:commit-message" in row for row in made)
    assert all("collection_artifacts_global" in row for row in made)
    assert after["projects"] == before["projects"]


def test_a_second_row_of_an_artifact_uses_the_existing_one(session, database):
    create_or_update_collection_artifact(session, *NEW, {})
    before = dump(database)["artifacts"]

    team = ("5f0c4b1e9a7d4e60b812233445566778", NEW[1])
    create_or_update_collection_artifact(session, *team, {})

    assert dump(database)["artifacts"] == before
    assert team in cache_rows(database)


# refresh_single_artifact_cache


def test_a_refresh_writes_the_values_of_the_manifest(session, database):
    said = Artifact(
        Metadata("Checks locks.", "Jane", "MIT", "1.0", [Tool("Bash"), "Read"]),
        URL,
        "marketplace",
        "github",
        ["ops", "größe"],
        "abc",
        "v1",
    )
    before = cache_rows(database)

    done = refresh_single_artifact_cache(
        session, Manager({("lock-audit", "skill"): said}), "skill:lock-audit"
    )

    rows = cache_rows(database)
    written = {
        "description": "Checks locks.",
        "author": "Jane",
        "license": "MIT",
        "version": "1.0",
        "tools_json": '["Bash", "Read"]',
        "source": URL,
        "origin": "marketplace",
        "origin_source": "github",
        "tags_json": json.dumps(["ops", "größe"]),
        "resolved_sha": "abc",
        "resolved_version": "v1",
    }
    assert done is True
    written["synced_at"] = rows[KNOWN]["synced_at"]
    assert rows == before | {KNOWN: before[KNOWN] | written}


def test_a_refresh_empties_columns_without_a_manifest_value(session, database):
    manager = Manager({("scribe", "agent"): Artifact()})

    refresh_single_artifact_cache(session, manager, "agent:scribe", deployment_profile_id="p")

    row = cache_rows(database)["default", "agent:scribe"]
    assert (row["description"], row["tools_json"], row["tags_json"]) == (None, None, None)


@pytest.mark.parametrize("artifact_id", ["skill:unknown", "agent:lock-audit", "lock-audit", ""])
def test_a_refresh_without_a_manifest_entry_writes_nothing(session, database, artifact_id):
    before = dump(database)
    manager = Manager({("lock-audit", "skill"): Artifact(), ("lock-audit", None): Artifact()})

    assert refresh_single_artifact_cache(session, manager, artifact_id) is False
    assert dump(database) == before


def test_artifacts_of_the_same_name_are_distinguished_by_type(session, database):
    manager = Manager(
        {
            ("scribe", "agent"): Artifact(Metadata("The agent.")),
            ("scribe", "skill"): Artifact(Metadata("The skill.")),
        }
    )

    refresh_single_artifact_cache(session, manager, "agent:scribe")
    refresh_single_artifact_cache(session, manager, "skill:scribe")

    rows = cache_rows(database)
    assert rows["default", "agent:scribe"]["description"] == "The agent."
    assert rows["default", "skill:scribe"]["description"] == "The skill."


# populate_collection_artifact_from_import


def test_an_import_merges_import_entry_and_manifest_entry(session, database):
    said = Artifact(
        Metadata("Older.", "Jane", "MIT", "1.0", ["Read"]), "x", "local", None, ["mine", "ci"]
    )

    populate_collection_artifact_from_import(
        session, Manager({("lock-audit", "skill"): said}), "default", Entry()
    )

    row = cache_rows(database)[KNOWN]
    assert row["description"] == "As imported."
    assert (row["source"], row["origin"], row["origin_source"]) == (URL, "marketplace", "github")
    assert (row["author"], row["license"], row["version"]) == ("Jane", "MIT", "1.0")
    assert json.loads(row["tools_json"]) == ["Read"]
    assert json.loads(row["tags_json"]) == ["ci", "locks", "mine"]


def test_an_import_without_a_description_keeps_that_of_the_manifest(session, database):
    manager = Manager({("lock-audit", "skill"): Artifact(Metadata("The manifest's."))})

    populate_collection_artifact_from_import(session, manager, "default", Entry(description=None))

    assert cache_rows(database)[KNOWN]["description"] == "The manifest's."


def test_an_import_without_a_manifest_entry_is_written(session, database):
    entry = Entry("command", "commit-message", tags=[])

    returned = populate_collection_artifact_from_import(session, Manager({}), "default", entry)

    row = cache_rows(database)[NEW]
    assert (returned.collection_id, returned.artifact_id) == NEW
    assert (row["description"], row["tags_json"], row["author"]) == ("As imported.", None, None)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://github.com/a/b", "github"),
        ("https://www.GitHub.com/a/b", "github"),
        ("https://gitlab.com/a/b", "gitlab"),
        ("https://bitbucket.org/a/b", "bitbucket"),
        ("https://git.example.org/github.com/b", None),
        ("not a url", None),
    ],
)
def test_the_origin_source_of_an_import_follows_from_its_host(session, database, url, host):
    entry = Entry(upstream_url=url)

    populate_collection_artifact_from_import(session, Manager({}), "default", entry)

    row = cache_rows(database)[KNOWN]
    assert (row["source"], row["origin_source"]) == (url, host)


# upsert_collection_artifacts


def row(key, **columns):
    return {"collection_id": key[0], "artifact_id": key[1], **columns}


MANY = [
    row(NEW, description="New.", origin="local"),
    row(KNOWN, license="MIT"),
    row(("default", "agent:scribe"), license=None, author="Jane"),
    row(("default", "hook:unheard-of")),
]


def test_rows_with_different_columns_are_written_in_one_call(session, database, era):
    before = cache_rows(database)

    count = upsert_collection_artifacts(session.connection(), MANY)
    session.commit()

    rows = cache_rows(database)
    assert count == 4
    assert (rows[NEW]["description"], rows[NEW]["origin"]) == ("New.", "local")
    assert ("default", "hook:unheard-of") in rows
    for given in MANY[1:3]:
        key = given["collection_id"], given["artifact_id"]
        written = {name: given[name] for name in given if name not in row(key)}
        written["synced_at"] = rows[key]["synced_at"]
        assert rows[key] == before[key] | written
    assert len({each["synced_at"] for each in map(rows.get, [NEW, KNOWN])}) == 1


def test_rows_that_the_caller_has_read_are_updated_without_another_look(session, database):
    connection = session.connection()
    stored = read_rows(connection, reflect_tables(connection), [KNOWN, NEW])
    before = cache_rows(database)
    statements = []
    sa.event.listen(connection, "before_cursor_execute", lambda *each: statements.append(each[2]))

    upsert_collection_artifacts(connection, [row(KNOWN, license="MIT")], stored=stored)
    session.commit()

    after = cache_rows(database)
    stamp = after[KNOWN]["synced_at"]
    assert list(stored) == [KNOWN]
    assert [text.split()[0] for text in statements] == ["UPDATE"]
    assert after == before | {KNOWN: before[KNOWN] | {"license": "MIT", "synced_at": stamp}}


def test_a_row_that_vanished_since_it_was_read_is_an_error(session):
    connection = session.connection()
    tables = reflect_tables(connection)
    stored = read_rows(connection, tables, [KNOWN])
    delete_rows(connection, tables, list(stored.values()))

    with pytest.raises(DatabaseError, match="wrote 0 rows instead of 1"):
        upsert_collection_artifacts(connection, [row(KNOWN, license="MIT")], stored=stored)


def test_more_keys_than_one_statement_takes_are_read(session, database):
    connection = session.connection()
    many = [("default", f"skill:{number}\0{number}") for number in range(1_201)]
    upsert_collection_artifacts(connection, [row(key, author=key[1]) for key in many])

    stored = read_rows(connection, reflect_tables(connection), [*many, NEW, ("other", KNOWN[1])])

    assert {key: values["author"] for key, values in stored.items()} == {k: k[1] for k in many}


def test_the_upsert_is_rolled_back_with_the_callers_transaction(session, database):
    before = dump(database)

    upsert_collection_artifacts(session.connection(), MANY)
    session.rollback()

    assert dump(database) == before


def test_the_upsert_does_not_commit(session, database):
    before = dump(database)

    upsert_collection_artifacts(session.connection(), MANY)

    assert dump(database) == before


def test_artifacts_are_created_under_a_new_sentinel_project(make_home):
    database = make_home(era="artifact_uuid") / "cache" / "cache.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM projects")
        connection.execute("DELETE FROM artifacts")
    with opened(database) as session:
        upsert_collection_artifacts(session.connection(), MANY)
        session.commit()

    tables = dump(database)
    assert len(tables["projects"]) == 1
    assert len(tables["artifacts"]) == 4
    assert all(build.SENTINEL in each for each in tables["artifacts"] + tables["projects"])


def test_a_type_that_the_table_refuses_is_reported(make_home):
    database = make_home(era="artifact_uuid") / "cache" / "cache.db"
    before = dump(database)
    with opened(database) as session:
        rows = [*MANY, row(("default", "thing:x"))]

        with pytest.raises(DatabaseError, match=r"thing:x cannot be created: .*refuses it"):
            upsert_collection_artifacts(session.connection(), rows)
        session.rollback()

    assert dump(database) == before


def test_values_are_data_and_never_sql(session, database):
    text = "x'); DROP TABLE collections; -- \0 👩🏽‍💻 :description ?"
    rows = [row(("default", f"skill:{text}"), description=text)]

    upsert_collection_artifacts(session.connection(), rows)
    session.commit()

    assert cache_rows(database)["default", f"skill:{text}"]["description"] == text


def test_columns_are_refused_before_anything_is_written(session, database):
    before = dump(database)

    with pytest.raises(DatabaseError, match="added_at is protected"):
        upsert_collection_artifacts(session.connection(), [*MANY, row(KNOWN, added_at="x")])

    session.commit()
    assert dump(database) == before


# the shape before 2026-02-02, without tools_json and deployments_json


@pytest.fixture
def oldest(make_home):
    database = make_home() / "cache" / "cache.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP INDEX idx_collection_artifacts_tools_json")
        connection.execute("ALTER TABLE collection_artifacts DROP COLUMN tools_json")
        connection.execute("ALTER TABLE collection_artifacts DROP COLUMN deployments_json")
    return database


def test_a_cache_of_the_oldest_shape_is_written(oldest):
    with opened(oldest) as session:
        create_or_update_collection_artifact(session, *KNOWN, {"license": "MIT"})
        upsert_collection_artifacts(session.connection(), MANY)
        session.commit()

    assert cache_rows(oldest)[KNOWN]["license"] == "MIT"


def test_a_column_missing_in_the_oldest_shape_is_refused_by_name(oldest):
    with opened(oldest) as session, pytest.raises(DatabaseError, match="no column tools_json"):
        create_or_update_collection_artifact(session, *KNOWN, {"tools_json": "[]"})


def test_a_refresh_writes_what_the_oldest_shape_can_hold(oldest):
    manager = Manager({("lock-audit", "skill"): Artifact(Metadata("Checks.", tools=["Read"]))})
    with opened(oldest) as session:
        done = refresh_single_artifact_cache(session, manager, "skill:lock-audit")
        populate_collection_artifact_from_import(session, manager, "default", Entry())

    assert done is True
    assert cache_rows(oldest)[KNOWN]["description"] == "As imported."
