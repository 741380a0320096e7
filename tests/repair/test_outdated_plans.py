"""Plans whose layers changed after they were made: the rows and values that were right then."""

import json
import sqlite3
from contextlib import closing

import pytest

from skillmeat_audit.model.exits import ExitCode

DESCRIPTION = "Checks lock files for drift against the manifest they were made from."


@pytest.fixture
def home(make_home):
    return make_home(era="artifact_uuid")


@pytest.fixture
def plan(cli, home, tmp_path):
    path = tmp_path / "plan.json"
    assert cli("plan", home, "-o", path)[0] == ExitCode.CLEAN
    return path


def replace_in_manifest(home, before, after):
    path = home / "collections" / "default" / "collection.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def descriptions(home):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection:
        rows = connection.execute("SELECT description FROM collection_artifacts")
        return {text for (text,) in rows}


def apply(cli, plan, tmp_path, *options):
    code, out, _ = cli("apply", plan, *options, "--state-dir", tmp_path / "state")
    return code, " ".join(out.split())


@pytest.mark.parametrize("options", [["--rehearse"], []])
def test_a_value_that_its_layer_no_longer_holds_is_told(cli, home, plan, tmp_path, options):
    replace_in_manifest(home, DESCRIPTION, "Edited since.")

    code, out = apply(cli, plan, tmp_path, *options)

    assert code == ExitCode.CLEAN
    assert "the plan is not up to date: its description of skill:lock-audit is not what" in out


def test_a_row_to_insert_is_compared_as_well(cli, home, plan, tmp_path):
    inserted = next(c for c in json.loads(plan.read_bytes())["changes"] if c["op"] == "insert")
    replace_in_manifest(home, inserted["cells"]["description"]["after"], "Edited since.")

    _, out = apply(cli, plan, tmp_path)

    assert f"its description of {inserted['artifact_id']} is not what" in out


def test_a_value_that_a_person_put_into_the_plan_is_written_and_told(cli, home, plan, tmp_path):
    plan.write_text(plan.read_text().replace(DESCRIPTION, "Better words."))

    _, out = apply(cli, plan, tmp_path)

    assert "the plan is not up to date: its description of skill:lock-audit" in out
    assert "Better words." in descriptions(home)


def test_an_unrelated_edit_of_the_manifest_is_not_told(cli, home, plan, tmp_path):
    replace_in_manifest(home, "[collection]", "# a comment\n[collection]")

    code, out = apply(cli, plan, tmp_path)

    assert (code, "up to date" in out) == (ExitCode.CLEAN, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "targets", [[], ["--rows-only"], ["--manifests-only"], ["--disposition=review"]]
)
@pytest.mark.parametrize("name", ["batch-import", "reimport", "unindexed"])
def test_a_plan_that_was_just_made_is_up_to_date(cli, make_home, tmp_path, name, targets):
    home = make_home(name)
    cli("plan", home, "-o", tmp_path / "plan.json", "--deletes", *targets)

    _, out = apply(cli, tmp_path / "plan.json", tmp_path, "--rehearse")

    assert "up to date" not in out
