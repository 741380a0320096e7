"""Plans that people edited: what may be edited, what is refused and where, what values may hold."""

import json
import sqlite3
from contextlib import closing

import jsonschema
import pytest
from conftest import build, cache_rows, digest, dump

from skillmeat_audit.api import audit, repair
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.repair import overwrites
from skillmeat_audit.repair.plan import encode_plan

TEAM = "5f0c4b1e9a7d4e60b812233445566778"
INSERT, UPDATE = 1, 3  # where in the plan: command:commit-message, skill:lock-audit
CHANGED = ("default", "skill:lock-audit")


def edited(case, edit):
    """Let *edit* change the plan's document, and save what it leaves."""
    document = json.loads(case.file.read_text())
    edit(document)
    case.file.write_text(json.dumps(document))


def put(path, value):
    """Return an edit that puts *value* at *path*."""

    def edit(document):
        *parents, last = path
        for each in parents:
            document = document[each]
        document[last] = value

    return edit


def both(column, before=None, after="x"):
    """Return an edit that has the update write *column* as well."""

    def edit(document):
        document["changes"][UPDATE]["cells"][column] = cell(before, after)

    return edit


def cell(before, after):
    """Return a cell of a plan."""
    reason = {"rules": ["D002"], "evidence": "manifest", "disposition": "safe"}
    return {"before": before, "after": after} | reason


def refused(cli, case, said, *options):
    """Apply what must be refused: one line that holds *said*, and no byte changed."""
    before = digest(case.home)

    code, out, err = cli("apply", case.file, "--state-dir", case.state, "--rehearse", *options)

    assert (code, out) == (ExitCode.FAILED, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("skillmeat-audit: ")
    assert said in err
    assert digest(case.home) == before
    assert all(path.read_text().endswith("failed\n") for path in case.state.glob("*/*/state"))


@pytest.mark.slow
def test_changes_may_be_removed(cli, planned, era):
    case = planned(era)
    edited(case, lambda document: document["changes"].pop(UPDATE))
    start = cache_rows(case.database)

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    rows = cache_rows(case.database)
    assert code == ExitCode.CLEAN
    assert "3 rows (20 cells) and 6 keys of manifests applied" in out
    assert rows[CHANGED] == start[CHANGED]
    assert rows["default", "skill:1password"]["description"]


def test_a_plan_without_changes_changes_nothing(cli, planned):
    case = planned()
    edited(case, lambda document: document.update(changes=[], manifests=[]))
    before = digest(case.home)

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert "nothing was changed" in out
    assert digest(case.home) == before


LICENSE = ["changes", 3, "cells", "license"]
PLACE = "changes[3] (skill:lock-audit): "
PROTECTED = """
    added_at synced_at deployments_json artifact_content_hash artifact_structure_hash
    artifact_file_count artifact_total_size collection_id artifact_id artifact_uuid
""".split()
EDITS = {
    **{
        f"the column {column}": (
            both(column),
            f"{PLACE}a plan may not write column {column}",
        )
        for column in (*PROTECTED, "colour", "", "description; DROP TABLE collections")
    },
    "a number as a value": (put([*LICENSE, "after"], 3), "$.changes[3].cells[...].after"),
    "a list as a value": (put([*LICENSE, "before"], []), "$.changes[3].cells[...].before"),
    "an unknown op": (put(["changes", 3, "op"], "upsert"), "$.changes[3].op"),
    "an unknown disposition": (
        put([*LICENSE, "disposition"], "?"),
        "$.changes[3].cells[...].disposition",
    ),
    "rules as text": (put([*LICENSE, "rules"], "D001"), "$.changes[3].cells[...].rules"),
    "no artifact": (put(["changes", 3, "artifact_id"], None), "$.changes[3].artifact_id"),
    "changes as an object": (put(["changes"], {}), "$.changes"),
    "an unknown key": (put(["changes", 3, "sql"], "x"), "unknown field `sql` - at `$.changes[3]`"),
    "an unknown key at the top": (put(["force"], True), "unknown field `force`"),
    "a missing key": (lambda document: document["changes"][3].pop("cells"), "$.changes[3]"),
    "an unknown era": (put(["era"], "v3"), "$.era"),
    "the other era": (put(["era"], "artifact_uuid"), "the plan is for a cache keyed by"),
    "an artifact without type": (
        put(["changes", 3, "artifact_id"], "lock-audit"),
        "changes[3] (lock-audit): its key is not a collection and a type:name",
    ),
    "an empty collection": (
        put(["changes", 3, "collection_id"], ""),
        f"{PLACE}its key is not a collection and a type:name",
    ),
    "the same row twice": (
        lambda document: document["changes"].append(document["changes"][3]),
        "skill:lock-audit in default is changed twice",
    ),
    "an insert with a before": (
        put(["changes", 1, "cells", "license"], cell("x", "y")),
        "changes[1] (command:commit-message): license: a cell of an insert cannot have a before",
    ),
    "a delete with an after": (
        put(["changes", 3, "op"], "delete"),
        "a cell of a delete cannot have an after",
    ),
    "a newer schema": (
        put(["schema"], "skillmeat-audit/plan/3"),
        "its schema is skillmeat-audit/plan/3",
    ),
    "another kind of document": (
        put(["schema"], 1),
        "is not a plan; make one: skillmeat-audit plan HOME",
    ),
    "a home that is not there": (put(["home"], "/no/such/home"), "no SkillMeat home at"),
    "a home that cannot be": (put(["home"], "a\0b"), "no SkillMeat home at a\\x00b"),
    "a database that is not there": (put(["database"], "sqlite:////no.db"), "no database at"),
    "a database of another kind": (put(["database"], "mysql://x"), "cannot read a database"),
    "an identity made up": (put(["identity"], "x\ny"), "made for (x\\ny); nothing was changed"),
}


@pytest.mark.slow
def test_an_insert_into_a_deleted_collection_is_skipped_and_named(cli, planned, era):
    case = planned(era)
    edited(case, put(["changes", 1, "collection_id"], "'); DROP TABLE collections; --"))

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "3 rows (24 cells) and 6 keys of manifests applied" in out
    assert (
        "skipped command:commit-message · '); DROP TABLE collections; --: its collection is gone"
        in out
    )


@pytest.mark.parametrize("case", EDITS)
def test_an_invalid_edit_of_a_plan_is_refused_and_named(cli, planned, case):
    edit, said = EDITS[case]
    plan = planned()
    edited(plan, edit)

    refused(cli, plan, said)


FILES = {
    "nothing": b"",
    "no JSON": b"changes: none\n",
    "a binary file": bytes(range(256)),
    "text that is not UTF-8": b'{"schema": "skillmeat-audit/plan/2", "home": "\xff"}',
    "half a surrogate": b'{"schema": "skillmeat-audit/plan/2", "home": "\\ud800"}',
    "a list": b"[]",
    "deeply nested JSON": b'{"schema": "skillmeat-audit/plan/2", "changes": ' + b"[" * 100_000,
    "deeply nested text": b"[" * 100_000,
}


@pytest.mark.parametrize("content", FILES)
def test_a_file_that_is_not_a_plan_is_refused(cli, planned, content):
    case = planned()
    case.file.write_bytes(FILES[content])

    refused(cli, case, str(case.file))


def test_a_missing_plan_file_or_a_folder_is_refused(cli, planned):
    case = planned()
    case.file.unlink()
    refused(cli, case, "there is no plan")

    case.file.mkdir()
    refused(cli, case, "is a folder, not a plan")


@pytest.mark.parametrize("key", ["home", "database"])
def test_the_plan_of_another_home_is_refused(cli, planned, key):
    case, other = planned(), planned(at="other")
    with closing(sqlite3.connect(other.database)) as connection, connection:
        connection.execute("UPDATE collections SET created_at = '2025-03-04 05:06:07.000001'")
    theirs = json.loads(other.file.read_text())
    before = digest(other.home)
    edited(case, put(["database"], theirs["database"]))
    edited(case, put(["home"], theirs["home"] if key == "home" else str(case.home)))

    refused(
        cli,
        case,
        "05:06:07.000001) is not the one it was made for (default since 2026-01-05",
    )

    assert digest(other.home) == before


VALUES = {
    "quotes": "it's \"quoted\" `twice` '' \\'",
    "statements": "x'); DROP TABLE collection_artifacts; DELETE FROM collections; --",
    "placeholders": ":description ?1 %s %(author)s {0} $1 @x",
    "NUL": "before\0after\0",
    "controls": "\x01\x1b[31m\x7f\r\n\t",
    "5,000 characters": "0123456789" * 500,
    "emoji": "👩🏽‍💻🇪🇺🏳️‍🌈",
    "right to left": "\u202eעִבְרִית العربية\u2066",
    "blanks": "  \n ",
}


@pytest.mark.parametrize("value", VALUES)
def test_values_arrive_intact_and_never_become_sql(planned, era, value):
    text = VALUES[value]
    case = planned(era)
    start = dump(case.database)
    row = cache_rows(case.database)[CHANGED]
    edited(case, put(["changes", UPDATE, "cells", "description", "after"], text))
    edited(case, put(["changes", INSERT, "cells", "description", "after"], text))
    edited(case, put(["changes", INSERT, "artifact_id"], f"command:{text}"))

    plan = repair.Plan.load(case.file)
    run = repair.apply(plan, options=repair.Options(case.state), recheck=False)

    rows, tables = cache_rows(case.database), dump(case.database)
    assert len(run.outcome.applied) == 4
    assert rows[CHANGED]["description"] == text
    assert rows["default", f"command:{text}"]["description"] == text
    assert rows[CHANGED]["added_at"] == row["added_at"]
    assert {name: len(found) for name, found in tables.items()} == {
        name: len(found) + (name == "collection_artifacts" or (name, era) == ADDED)
        for name, found in start.items()
    }

    run.undo()

    assert dump(case.database) == start


ADDED = ("artifacts", "artifact_uuid")  # an insert brings an artifacts row in this era


def overwriting(case, count):
    """Have the plan overwrite the descriptions of *count* of the cache's five rows."""
    olds = {
        "agent:scribe": "Writes release notes from merged changes.",
        "skill:retired": "Was deleted from the manifest.",
    }
    changes = [
        {
            "op": "update",
            "collection_id": "default",
            "artifact_id": artifact_id,
            "cells": {"description": cell(old, "new")},
        }
        for artifact_id, old in list(olds.items())[:count]
    ]
    edited(case, put(["changes"], changes))


@pytest.fixture
def no_floor(monkeypatch):
    """Let the share alone decide, in a home of five rows."""
    monkeypatch.setattr(overwrites, "OVERWRITE_FLOOR", 0)


def test_in_a_small_home_a_few_rows_may_be_overwritten_unasked(cli, planned):
    case = planned()
    overwriting(case, 2)

    code, out, _ = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert "2 rows (2 cells) and 6 keys of manifests rehearsed" in out


@pytest.mark.usefixtures("no_floor")
def test_overwriting_more_than_a_fifth_is_refused_unless_asked_for(cli, planned, era):
    case = planned(era)
    overwriting(case, 2)

    refused(
        cli,
        case,
        "this would overwrite or delete 2 of 5 rows, more than 1; "
        "if that is meant, allow it with --max-overwrites 2",
    )
    refused(cli, case, "more than 1", "--max-overwrites", "1")

    arguments = ("apply", case.file, "--rehearse", "--state-dir", case.state)
    code, out, _ = cli(*arguments, "--max-overwrites", "2")

    assert code == ExitCode.CLEAN
    assert "2 rows (2 cells) and 6 keys of manifests rehearsed" in out


def test_a_fifth_may_be_overwritten_unless_none_may(cli, planned):
    case = planned()
    overwriting(case, 1)

    refused(cli, case, "1 of 5 rows, more than 0", "--max-overwrites", "0")
    code, _, _ = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert code == ExitCode.CLEAN


def test_filling_empty_cells_is_unlimited(cli, planned):
    case = planned()
    arguments = ("apply", case.file, "--rehearse", "--state-dir", case.state)

    code, out, _ = cli(*arguments, "--max-overwrites", "0")

    assert code == ExitCode.CLEAN
    assert "4 rows (26 cells) and 6 keys of manifests rehearsed" in out


@pytest.mark.usefixtures("no_floor")
def test_deletes_count_as_overwriting(cli, planned, era):
    case = planned(era)

    def two_deletes(document):
        row = {"collection_id": TEAM, "artifact_id": "skill:1password"}
        orphan = {"collection_id": "default", "artifact_id": "skill:retired"}
        document["changes"] = [{"op": "delete", **key, "cells": {}} for key in (row, orphan)]

    edited(case, two_deletes)

    refused(cli, case, "this would overwrite or delete 2 of 5 rows")
    allowed = repair.Options(case.state, max_overwrites=2)
    repair.apply(repair.Plan.load(case.file), options=allowed, recheck=False)

    assert len(cache_rows(case.database)) == 3


def test_rows_that_moved_do_not_count_as_overwritten(cli, planned):
    case = planned()
    overwriting(case, 2)
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.execute(
            "UPDATE collection_artifacts SET description = 'theirs' "
            "WHERE artifact_id = 'skill:retired'"
        )

    code, out, _ = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "1 row (1 cell) and 6 keys of manifests rehearsed" in out


@pytest.fixture
def schema(cli):
    """The published schema of plans, as a check."""
    code, out, err = cli("plan", "--schema")
    assert (code, err) == (ExitCode.CLEAN, "")
    kind = jsonschema.validators.validator_for(json.loads(out))
    kind.check_schema(json.loads(out))
    return kind(json.loads(out))


@pytest.mark.parametrize("name", build.HOMES)
def test_every_plan_fits_the_published_schema(schema, make_home, name):
    audited = audit.audit(make_home(name), progress=False)
    plan = audited.plan(dispositions=("safe", "fill", "review"), deletes=True)

    schema.validate(json.loads(encode_plan(plan.document)))


@pytest.mark.parametrize("edit", ["an unknown key", "an unknown op", "a number as a value"])
def test_the_published_schema_refuses_what_apply_refuses(schema, planned, edit):
    case = planned()
    edited(case, EDITS[edit][0])

    with pytest.raises(jsonschema.ValidationError):
        schema.validate(json.loads(case.file.read_text()))


def test_what_is_not_a_plan_is_called_what_it_is(cli, make_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = make_home(at="a home")
    cli("report", home, "-q", "-o", "report.json")
    (tmp_path / "empty.json").write_text("{}")

    for given, reason in (
        (
            home,
            f"a home/.skillmeat is a folder, not a plan; make one: skillmeat-audit plan '{home}'",
        ),
        (
            "report.json",
            "is a report, not a plan; make one: skillmeat-audit plan HOME -o plan.json",
        ),
        ("empty.json", "is not a plan; make one: skillmeat-audit plan HOME -o plan.json"),
        ("none.json", "there is no plan none.json; make one: skillmeat-audit plan HOME"),
    ):
        code, out, err = cli("apply", given)
        assert (code, out) == (ExitCode.FAILED, "")
        assert reason in err
