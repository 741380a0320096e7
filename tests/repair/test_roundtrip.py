"""Plan, apply, undo over generated homes: what was there comes back, cell for cell."""

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from conftest import build, dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillmeat_audit.api import audit, repair

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("ROUNDTRIP_EXAMPLES", "6"))

TEXT = st.one_of(
    st.sampled_from(
        ['it\'s "quoted"', "a; b -- c", "größe 👩🏽‍💻", "two\nlines", "x" * 3000, "None"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8),
)
LISTS = st.lists(st.sampled_from(["ops", "ci", "it's", "größe"]), max_size=3, unique=True)
TOOLS = st.lists(st.sampled_from(["Bash", "Read", "Grep"]), max_size=2, unique=True)
URLS = st.sampled_from([None, "https://github.com/acme/kit/tree/main/skills/a", "acme/kit/a"])
ARTIFACTS = st.sampled_from(
    """
    skill:alpha skill:it's skill:größe agent:alpha command:run hook:x.md
""".split()
)
ENTRIES = st.dictionaries(
    ARTIFACTS,
    st.fixed_dictionaries(
        {
            "origin": st.sampled_from(["local", "github", "marketplace"]),
            "origin_source": st.sampled_from([None, "github"]),
            "upstream": URLS,
            "tags": LISTS,
            "resolved_sha": st.sampled_from([None, "abc"]),
            "metadata": st.fixed_dictionaries(
                {
                    "description": st.none() | TEXT,
                    "author": st.none() | TEXT,
                    "license": st.sampled_from([None, "MIT"]),
                    "version": st.sampled_from([None, "1.0"]),
                    "tools": TOOLS,
                }
            ),
        }
    ),
    max_size=5,
)

# What a loosely typed column may hold; bytes are no text at all.
CELL = st.one_of(
    st.none(),
    st.sampled_from(["", "[]", 0, 7, 2**60, 1.5, b"", b"\x00\xff", "None", "---", " ", "a\0b"]),
    st.sampled_from(["local", "github", "marketplace", "MIT", "1.0", '["ops"]', '{"a": 1}']),
    TEXT,
)
FILLED = """
    description source origin origin_source tags_json author license tools_json version resolved_sha
    resolved_version synced_at deployments_json
""".split()
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["default", "team"]), ARTIFACTS | st.just("skill:orphan")),
    st.dictionaries(st.sampled_from(FILLED), CELL),
    max_size=7,
)
LATER = ("tools_json", "deployments_json")  # columns that the oldest shape has not
KEYS = ("collection_id", "artifact_id", "artifact_uuid")
UNTOUCHED = """
    added_at deployments_json artifact_content_hash artifact_structure_hash artifact_file_count
    artifact_total_size
""".split()
MAY_GROW = ("artifacts", "projects", "collection_artifacts")

COLLECTIONS = """
INSERT INTO collections (id, name, created_at, updated_at) VALUES
    ('default', 'Default Collection', '2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000'),
    ('team', 'Team', '2026-02-10 11:00:00.000000', '2026-02-10 11:00:00.000000');
INSERT INTO tags (id, name, slug, created_at, updated_at) VALUES ('t', 'mine', 'mine', '0', '0');
INSERT INTO groups (id, collection_id, name, created_at, updated_at)
    VALUES ('g', 'team', 'Mine', '0', '0');
"""


@pytest.fixture(scope="module", params=[*build.ERAS, "oldest"])
def empty(request, tmp_path_factory):
    """A shape of the cache, and a database of that shape without rows."""
    era, path = request.param, tmp_path_factory.mktemp("empty") / "cache.db"
    build.build_cache("", path, "artifact_uuid" if era == "artifact_uuid" else "artifact_id")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(COLLECTIONS)
        if era == "oldest":
            connection.execute("DROP INDEX idx_collection_artifacts_tools_json")
            for column in LATER:
                connection.execute(f"ALTER TABLE collection_artifacts DROP COLUMN {column}")
    return era, path


def toml(table):
    """Return the lines of a TOML table; null is left out, for TOML has none."""
    return [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if value is not None
    ]


def manifest(entries):
    at = "2026-01-05T08:00:00"
    head = {"name": "default", "version": "1.0.0", "created": at, "updated": at}
    lines = ["[collection]", *toml(head)]
    for artifact_id, entry in entries.items():
        kind, _, name = artifact_id.partition(":")
        known = {"name": name, "type": kind, "path": f"{kind}s/{name}", "added": at} | entry
        metadata = known.pop("metadata")
        lines += ["[[artifacts]]", *toml(known), "[artifacts.metadata]", *toml(metadata)]
    return "\n".join(lines)


def put(connection, table, **row):
    marks = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
    )


def put_artifact(connection, artifact_id, uuid):
    kind, _, name = artifact_id.partition(":")
    times = {"created_at": "2026", "updated_at": "2026"}
    put(connection, "projects", id=build.SENTINEL, name="x", path="x", **times)
    named = {"id": artifact_id, "uuid": uuid, "name": name, "type": kind}
    put(connection, "artifacts", project_id=build.SENTINEL, **named, **times)


def put_row(connection, era, key, cells):
    collection_id, artifact_id = key
    identity, owned = {"artifact_id": artifact_id}, {"added_at": "2026-02-10 09:00:00.000000"}
    if era == "oldest":
        cells = {column: value for column, value in cells.items() if column not in LATER}
    if era == "artifact_uuid":
        identity = {"artifact_uuid": artifact_id.encode().hex()}
        owned |= {"artifact_content_hash": "c0ffee", "artifact_file_count": 3}
        put_artifact(connection, artifact_id, identity["artifact_uuid"])
    row = {"collection_id": collection_id, **identity, **owned, **cells}
    put(connection, "collection_artifacts", **row)
    put(connection, "artifact_tags", tag_id="t", created_at="2026", **identity)
    put(connection, "group_artifacts", group_id="g", added_at="2026", **identity)


def home_of(folder, empty, entries, rows):
    era, template = empty
    home = Path(folder) / ".skillmeat"
    (home / "collections/default").mkdir(parents=True)
    (home / "collections/default/collection.toml").write_text(manifest(entries), encoding="utf-8")
    (home / "cache").mkdir()
    database = home / "cache" / "cache.db"
    shutil.copy(template, database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        for key, cells in rows.items():
            put_row(connection, era, key, cells)
    return home, database


def untouched(database):
    """Return the cells that no repair may write, by the row's key."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM collection_artifacts")]
    return {
        tuple(row[name] for name in KEYS if name in row): [
            repr(row[name]) for name in UNTOUCHED if name in row
        ]
        for row in rows
    }


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(entries=ENTRIES, rows=ROWS, review=st.booleans(), deletes=st.booleans())
def test_plan_apply_undo_leaves_every_table_as_it_was(empty, entries, rows, review, deletes):
    dispositions = ("safe", "fill", "review") if review else ("safe", "fill")
    with tempfile.TemporaryDirectory() as folder:
        home, database = home_of(folder, empty, entries, rows)
        options = repair.Options(Path(folder) / "state", max_overwrites=100)

        def planned():
            audited = audit.audit(home, progress=False)
            return audited.plan(dispositions=dispositions, deletes=deletes)

        start = dump(database)
        plan = planned()
        rehearsed = plan.rehearse(options)

        assert dump(database) == start
        assert repair.runs(home, options=options) == []

        run = repair.apply(plan, options=options, recheck=False)
        applied = dump(database)
        kept = untouched(database)

        assert run.outcome.conflicts == ()
        assert rehearsed.outcome.outcomes == run.outcome.outcomes
        assert len(run.outcome.applied) == len(plan.document.changes)
        assert {name: rows for name, rows in applied.items() if name not in MAY_GROW} == {
            name: rows for name, rows in start.items() if name not in MAY_GROW
        }
        assert set(start["artifacts"]) <= set(applied["artifacts"])
        assert set(start["projects"]) <= set(applied["projects"])

        again = repair.apply(plan, options=options, recheck=False)

        assert again.outcome.run is None
        assert dump(database) == applied
        # What a refused manifest declares is only known once it is mended: that is a second plan.
        mended = {code for edit in run.outcome.edits for code in edit.rules}
        assert planned().document.changes == [] or mended & {"L001", "K003"}

        if run.outcome.run:
            run.undo()

        assert dump(database) == start
        before = untouched(database)
        assert all(kept[key] == before[key] for key in kept.keys() & before.keys())


def test_runs_within_a_second_are_listed_the_latest_first(planned):
    case = planned()
    options = repair.Options(case.state)
    plan = repair.Plan.load(case.file)
    made = []
    for _ in range(4):
        run = repair.apply(plan, options=options, recheck=False)
        made += [run.outcome.run, run.undo().outcome.run]

    assert [each.run for each in repair.runs(case.home, options=options)] == made[::-1]


def test_an_undo_can_be_undone_but_for_artifacts_it_took_away(planned, era):
    case = planned(era)
    options = repair.Options(case.state)
    run = repair.apply(repair.Plan.load(case.file), options=options, recheck=False)
    done = dump(case.database)["collection_artifacts"]

    again = run.undo().undo()

    assert set(dump(case.database)["collection_artifacts"]) <= set(done)
    assert [each.reason for each in again.outcome.conflicts] == (
        ["its artifact no longer exists"] if era == "artifact_uuid" else []
    )


def test_names_in_another_case_and_generated_columns_are_repaired(planned, era):
    case = planned(era)
    with closing(sqlite3.connect(case.database)) as connection:
        connection.executescript(
            "ALTER TABLE collection_artifacts RENAME COLUMN description TO DESCRIPTION;"
            "ALTER TABLE collections RENAME COLUMN id TO ID;"
            "ALTER TABLE collection_artifacts RENAME TO Collection_Artifacts_;"
            "ALTER TABLE Collection_Artifacts_ RENAME TO Collection_Artifacts;"
            "ALTER TABLE collection_artifacts ADD COLUMN loud GENERATED ALWAYS AS (upper(author));"
        )
    start = dump(case.database)
    audited = audit.audit(case.home, progress=False)
    plan = audited.plan(dispositions=("safe", "fill", "review"), deletes=True)

    run = repair.apply(plan, options=repair.Options(case.state), recheck=False)
    applied = dump(case.database)
    run.undo()

    assert len(run.outcome.applied) == len(run.outcome.outcomes) == 5
    assert applied != start
    assert dump(case.database) == start
