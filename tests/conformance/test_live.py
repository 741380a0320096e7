"""The page model beside the real application, asked as people's browsers ask it: over HTTP."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from conformance.live_server import running_server
from conftest import SHARED

import skillmeat_audit as sma
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import LIVE_TEXTS
from skillmeat_audit.ui.cli.main import main

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")
HOME = SHARED / "homes" / "F-0.74.0" / "home"
pytestmark = pytest.mark.skipif(not HOME.is_dir(), reason=f"needs the home at {HOME}")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A copy of a home of SkillMeat 0.74.0, and the address of the server over it."""
    home = tmp_path_factory.mktemp("live") / "home"
    shutil.copytree(HOME, home, symlinks=True)
    with running_server(home) as url:
        yield home, url


def test_the_page_model_agrees_with_the_server_in_every_cell(served, tally):
    home, url = served

    audit = sma.audit(home, live=url, progress=False, parse_cache=False)

    assert records(audit.live.differences) == []
    assert audit.live.compared == len(audit.pages) == len(audit.live.answers.pages) > 40
    assert set(audit.live.answers.pages["collection_id"]) == set(audit.pages["collection_id"])
    singles = audit.live.answers.singles
    assert singles["page"].value_counts().to_dict() == {"list": 40, "artifact": 40}
    tally["cells of pages, asked over HTTP"] += audit.live.compared * len(LIVE_TEXTS)
    tally["cells of the list and of single pages"] += audit.live.singles * len(LIVE_TEXTS)


def test_the_request_with_groups_fails_for_every_collection_with_a_group(served, tally):
    home, url = served

    failures = records(
        sma.audit(home, live=url, progress=False, parse_cache=False).live.answers.failures
    )

    grouped = {each["request"] for each in failures if each["status"] == 500}
    with closing(sqlite3.connect(home / ".skillmeat" / "cache" / "cache.db")) as connection:
        query = "SELECT DISTINCT collection_id FROM groups JOIN group_artifacts ON id = group_id"
        collections = [name for (name,) in connection.execute(query)]
    assert grouped == {
        f"/user-collections/{name}/artifacts?limit=100&include_groups=true" for name in collections
    }
    assert len(grouped) == 2
    assert {each["status"] for each in failures} == {404, 500}
    tally["failing requests, asked over HTTP"] += len(failures)


def test_a_row_changed_behind_the_audit_is_a_difference(served, capsys):
    home, url = served
    other = home.with_name("other")
    shutil.copytree(home, other, symlinks=True)
    with closing(sqlite3.connect(other / ".skillmeat" / "cache" / "cache.db")) as db, db:
        changed = db.execute(
            "UPDATE collection_artifacts SET description = 'changed' WHERE synced_at IS NOT NULL"
        ).rowcount

    main(["check", str(other), "--live", url, "--format", "json", "--no-parse-cache"])

    live = json.loads(capsys.readouterr().out)["live"]
    assert len(live["differences"]) == changed > 10
    assert {each["column"] for each in live["differences"]} == {"description"}
    assert {each["model"] for each in live["differences"]} == {"changed"}


def test_a_manifest_changed_behind_the_audit_differs_on_list_and_page(served):
    home, url = served
    other = home.with_name("edited")
    shutil.copytree(home, other, symlinks=True)
    manifest = other / ".skillmeat" / "collections" / "default" / "collection.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace('\ndescription = "', '\ndescription = "New. ', 1))

    audit = sma.audit(other, live=url, progress=False, parse_cache=False)

    found = [
        (each["page"], each["column"], each["model"] == f"New. {each['live']}")
        for each in records(audit.live.differences)
        if each["page"] != "collection"
    ]
    assert found == [("artifact", "description", True), ("list", "description", True)]


def test_filters_narrow_what_the_server_is_asked(served):
    home, url = served
    scope = sma.Scope(artifacts=["1password"], collections=["default"])

    live = sma.audit(home, live=url, scope=scope, progress=False, parse_cache=False).live

    assert set(live.answers.pages["artifact_id"]) == {"skill:1password"}
    assert set(live.answers.singles["artifact_id"]) == {"skill:1password"}
    assert live.answers.complete == {"default"}
    assert records(live.differences) == []
