"""Plan, apply, undo over generated homes: what was there comes back, cell for cell."""

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from conftest import build, dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillmeat_audit.commands import audit, repair

EXAMPLES = int(os.environ.get("ROUNDTRIP_EXAMPLES", "10"))

TEXT = st.one_of(
    st.sampled_from(
        ['it\'s "quoted"', "a; b -- c", "größe 👩🏽‍💻", "two\nlines", "x" * 3000, "None"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8),
)
LISTS = st.lists(st.sampled_from(["ops", "ci", "it's", "größe"]), max_size=3, unique=True)
TOOLS = st.lists(st.sampled_from(["Bash", "Read", "Grep"]), max_size=2, unique=True)
URLS = st.sampled_from([None, "https://github.com/acme/kit/tree/main/skills/a", "acme/kit/a"])
ARTIFACTS = st.sampled_from([
    "skill:alpha", "skill:it's", "skill:größe", "agent:alpha", "command:run", "hook:x.md",
])  # fmt: skip
ENTRIES = st.dictionaries(
    ARTIFACTS,
    st.fixed_dictionaries({
        "origin": st.sampled_from(["local", "github", "marketplace"]),
        "origin_source": st.sampled_from([None, "github"]),
        "upstream": URLS, "tags": LISTS, "resolved_sha": st.sampled_from([None, "abc"]),
        "metadata": st.fixed_dictionaries({
            "description": st.none() | TEXT, "author": st.none() | TEXT,
            "license": st.sampled_from([None, "MIT"]), "version": st.sampled_from([None, "1.0"]),
            "tools": TOOLS,
        }),
    }),
    max_size=5,
)  # fmt: skip

# What a loosely typed column may hold; bytes are no text at all.
CELL = st.one_of(
    st.none(),
    st.sampled_from(["", "[]", 0, 7, 2**60, 1.5, b"", b"\x00\xff", "None", "---", " ", "a\0b"]),
    st.sampled_from(["local", "github", "marketplace", "MIT", "1.0", '["ops"]', '{"a": 1}']),
    TEXT,
)
FILLED = (
    "description", "source", "origin", "origin_source", "tags_json", "author", "license",
    "tools_json", "version", "resolved_sha", "resolved_version", "synced_at", "deployments_json",
)  # fmt: skip
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["default", "team"]), ARTIFACTS | st.just("skill:orphan")),
    st.dictionaries(st.sampled_from(FILLED), CELL),
    max_size=7,
)
UNTOUCHED = (
    "collection_id", "artifact_id", "artifact_uuid", "added_at", "deployments_json",
    "artifact_content_hash", "artifact_structure_hash", "artifact_file_count",
    "artifact_total_size",
)  # fmt: skip
MAY_GROW = ("artifacts", "projects", "collection_artifacts")

COLLECTIONS = """
INSERT INTO collections (id, name, created_at, updated_at) VALUES
    ('default', 'Default Collection', '2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000'),
    ('team', 'Team', '2026-02-10 11:00:00.000000', '2026-02-10 11:00:00.000000');
INSERT INTO tags (id, name, slug) VALUES ('t', 'mine', 'mine');
INSERT INTO groups (id, collection_id, name) VALUES ('g', 'team', 'Mine');
"""


@cache
def empty_cache(era):
    """Return a database of *era* without rows."""
    path = Path(tempfile.mkdtemp(prefix="roundtrip-")) / "cache.db"
    script = COLLECTIONS
    if era == "artifact_uuid":
        stamp = "'2026-01-05', '2026-01-05'"
        script = script.replace(
            "slug) VALUES ('t', 'mine', 'mine')",
            f"slug, created_at, updated_at) VALUES ('t', 'mine', 'mine', {stamp})",
        )
        script = script.replace(
            "name) VALUES ('g', 'team', 'Mine')",
            f"name, created_at, updated_at) VALUES ('g', 'team', 'Mine', {stamp})",
        )
    build.build_cache("", path, era)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def toml(value):
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")


def manifest(entries):
    lines = [
        "[collection]",
        'name = "default"',
        'version = "1.0.0"',
        'created = "2026-01-05T08:00:00"',
        'updated = "2026-01-05T08:00:00"',
    ]
    for artifact_id, entry in entries.items():
        kind, _, name = artifact_id.partition(":")
        known = {
            "name": name,
            "type": kind,
            "path": f"{kind}s/{name}",
            "added": "2026-01-05T08:00:00",
        } | entry
        metadata = known.pop("metadata")
        lines.append("[[artifacts]]")
        lines += [f"{key} = {toml(value)}" for key, value in known.items() if value is not None]
        lines.append("[artifacts.metadata]")
        lines += [f"{key} = {toml(value)}" for key, value in metadata.items() if value is not None]
    return "\n".join(lines)


def write_row(connection, era, key, cells):
    (collection, artifact_id), kind = key, key[1].partition(":")[0]
    name, identity = "artifact_id", artifact_id
    fingerprints = {}
    if era == "artifact_uuid":
        name, identity = "artifact_uuid", artifact_id.encode().hex()
        fingerprints = {"artifact_content_hash": "c0ffee", "artifact_file_count": 3}
        connection.execute(
            "INSERT OR IGNORE INTO projects (id, name, path, created_at, updated_at, status) "
            "VALUES (?, 'x', 'x', '2026', '2026', 'active')",
            [build.SENTINEL],
        )
        connection.execute(
            "INSERT OR IGNORE INTO artifacts (id, uuid, project_id, name, type, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, '2026', '2026')",
            [artifact_id, identity, build.SENTINEL, artifact_id.partition(":")[2], kind],
        )
    row = {
        "collection_id": collection,
        name: identity,
        "added_at": "2026-02-10 09:00:00.000000",
        **fingerprints,
        **cells,
    }
    marks = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO collection_artifacts ({', '.join(row)}) VALUES ({marks})", list(row.values())
    )
    connection.execute(
        f"INSERT OR IGNORE INTO artifact_tags ({name}, tag_id, created_at) VALUES (?, 't', '2026')",
        [identity],
    )
    connection.execute(
        f"INSERT OR IGNORE INTO group_artifacts (group_id, {name}, added_at) VALUES ('g', ?, '2026')",
        [identity],
    )


def home_of(folder, era, entries, rows):
    home = Path(folder) / ".skillmeat"
    (home / "collections/default").mkdir(parents=True)
    (home / "collections/default/collection.toml").write_text(manifest(entries), encoding="utf-8")
    (home / "cache").mkdir()
    database = home / "cache" / "cache.db"
    shutil.copy(empty_cache(era), database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        for key, cells in rows.items():
            write_row(connection, era, key, cells)
    return home, database


def untouched(database, keep):
    """Return the cells that no repair may write, of the rows in *keep*."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM collection_artifacts")]
    keys = {tuple(row[name] for name in row if name in UNTOUCHED[:3]): row for row in rows}
    return {
        key: repr({name: row[name] for name in row if name in UNTOUCHED})
        for key, row in keys.items()
        if keep is None or key in keep
    }


@pytest.mark.parametrize("era", build.ERAS)
@settings(
    max_examples=EXAMPLES, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(entries=ENTRIES, rows=ROWS, review=st.booleans(), deletes=st.booleans())
def test_plan_apply_undo_leaves_every_table_as_it_was(era, entries, rows, review, deletes):
    dispositions = ("safe", "fill", "review") if review else ("safe", "fill")
    with tempfile.TemporaryDirectory() as folder:
        home, database = home_of(folder, era, entries, rows)
        options = repair.Options(Path(folder) / "state", max_overwrites=100)

        def planned():
            audited = audit.audit(home, progress=False)
            return repair.plan(audited, dispositions=dispositions, deletes=deletes)

        start = dump(database)
        plan = planned()
        rehearsed = repair.rehearse(plan, options=options)

        assert dump(database) == start
        assert repair.runs(home, options=options) == []

        run = repair.apply(plan, options=options, recheck=False)
        applied = dump(database)
        kept = untouched(database, None)

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
        assert planned().document.changes == []

        if run.outcome.run:
            run.undo()

        assert dump(database) == start
        before = untouched(database, None)
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


def test_an_undo_can_be_undone(planned, era):
    case = planned(era)
    options = repair.Options(case.state)
    run = repair.apply(repair.Plan.load(case.file), options=options, recheck=False)
    start = dump(case.database)["collection_artifacts"]
    undone = run.undo()

    again = undone.undo()

    assert len(again.outcome.applied) == 3 if era == "artifact_uuid" else 4
    assert len(dump(case.database)["collection_artifacts"]) == len(start) - (era == "artifact_uuid")
