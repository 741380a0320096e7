"""What people see in the real application where our rules speak: blank pages, and error 500."""

import itertools
import os
import shutil
from collections import Counter

import pytest
import tomli
from conformance.app import DEFAULT
from conformance.declared import HEAD, declare, entry
from conftest import SHARED

import skillmeat_audit as sma
from skillmeat_audit.loaders.mistyped import value_faults
from skillmeat_audit.model.contracts import records
from skillmeat_audit.schema.newest import NEWEST_COLUMNS, NEWEST_RELEASE

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

PAGE = f"/user-collections/{DEFAULT}/artifacts"
LIST, DETAIL = "/artifacts?limit=100", "/artifacts/skill:odd"
REFRESH = f"/user-collections/{DEFAULT}/refresh-cache"


@pytest.fixture
def app(unlimited):
    """The application over an empty home, not started."""
    unlimited.install()
    return unlimited


def findings(app, *rules):
    found = records(sma.audit(app.home, progress=False).findings)
    return [each for each in found if each["rule"] in rules]


def shown(app):
    return {item["id"]: item for item in app.ask("GET", f"{PAGE}?limit=100")["items"]}


def test_a_description_that_only_the_file_knows_is_blank_on_the_page(app):
    declare(app, entry("odd"))
    app.start()
    app.ask("POST", REFRESH)

    assert shown(app)["skill:odd"]["description"] is None
    (found,) = findings(app, "V001")
    repair = ("skill:odd", "frontmatter", "fill")
    assert (found["artifact_id"], found["evidence"], found["disposition"]) == repair


def test_a_page_that_is_blank_for_ever_is_filled_by_the_time_alone(app, tmp_path):
    declare(app, entry("here", metadata='description = "Here"\n'))
    declare(app, entry("odd", metadata='description = "Odd"\n'), collection="work")
    app.start()
    app.restart()
    app.ask("POST", "/user-collections/refresh-cache")
    assert app.rows()[DEFAULT, "skill:odd"]["description"] == "Odd"
    assert shown(app)["skill:odd"]["description"] is None
    blank, never_synced = findings(app, "V001", "V003")
    assert blank["artifact_id"] == never_synced["artifact_id"] == "skill:odd"

    plan = sma.audit(app.home, progress=False).plan(select=["V003"])
    plan.apply(sma.Options(tmp_path / "state"))

    assert shown(app)["skill:odd"]["description"] == "Odd"
    app.restart()
    app.ask("POST", "/user-collections/refresh-cache")
    assert shown(app)["skill:odd"]["description"] == "Odd"
    assert findings(app, "V001", "V003") == []


def test_a_group_fails_the_list_of_its_collection(app):
    declare(app, entry("odd", metadata='description = "Odd"\n'))
    app.start()
    app.ask("POST", REFRESH)
    assert app.status(f"{PAGE}?include_groups=true") == 200
    assert findings(app, "V004") == []

    group = app.ask("POST", "/groups", {"name": "Ops", "collection_id": DEFAULT})["id"]
    app.ask("POST", f"/groups/{group}/artifacts", {"artifact_ids": ["skill:odd"]})

    assert (app.status(PAGE), app.status(f"{PAGE}?include_groups=true")) == (200, 500)
    (found,) = findings(app, "V004")
    assert "take skill:odd out of the group Ops" in found["detail"]


ENTRY_KEYS = """
    upstream version_spec uuid resolved_sha resolved_version import_id tags
""".split()
METADATA_KEYS = """
    description author license version title model dependencies extra
""".split()
VALUES = ("5", "1.10", "false", "2026-01-01", "[]", '["a"]', "[1]", "{}", '{a = "b"}', '"abc"')
CASES = [(key, "", value) for key, value in itertools.product(ENTRY_KEYS, VALUES)] + [
    (key, "metadata.", value) for key, value in itertools.product(METADATA_KEYS, VALUES)
]


def real_effects(app, path, number):
    """Return what fails with the manifest at *path* as it is: list, page, refresh."""
    os.utime(path, (1e9 + number, 1e9 + number))  # the server sees a manifest by its time
    statuses = app.status(LIST), app.status(DETAIL), app.status(REFRESH, "POST")
    refreshed = app.rows()[DEFAULT, "skill:good"]["description"] == f"No {number}"
    return statuses[0] != 200, statuses[1] != 200, not refreshed


def test_the_values_that_we_report_are_those_that_the_application_fails_on(app, tally):
    path = declare(app, entry("good"), entry("odd"))
    app.start()
    differences = []
    for number, (key, prefix, value) in enumerate(CASES):
        odd = f"{key} = {value}\n"
        text = HEAD + entry("good", metadata=f'description = "No {number}"\n')
        text += entry("odd", metadata=odd) if prefix else entry("odd", odd)
        path.write_text(text)
        faults = [(kind, why) for kind, _, why in value_faults(tomli.loads(text)["artifacts"][1])]
        whole = any("the list" in why for _, why in faults)
        ours = (
            whole,
            any(kind == "mistyped" for kind, _ in faults),
            any("a refresh" in why for _, why in faults),
        )
        real = real_effects(app, path, number)
        if ours != real:
            differences.append((prefix + key, value, ours, real))
        tally["values of manifests and what fails on them"] += 1

    # A whole number as upstream fails the list as well, other scalars do not: we name the page.
    assert differences == [("upstream", "5", (False, True, False), (True, True, False))]


def test_a_mistyped_value_fails_pages_and_is_reported_with_its_line(app):
    declare(app, entry("odd", metadata="version = 1.10\n"))
    app.start()

    assert (app.status(LIST), app.status(DETAIL)) == (500, 500)
    found = Counter(each["rule"] for each in findings(app, "L004", "V004"))
    assert found == {"L004": 1, "V004": 1}
    assert "collection.toml:13" in findings(app, "L004")[0]["detail"]


def test_the_columns_that_we_call_needed_are_those_of_the_newest_release():
    import skillmeat
    from skillmeat.cache import models

    tables = models.Base.metadata.tables
    assert skillmeat.__version__ == NEWEST_RELEASE
    for table, columns in NEWEST_COLUMNS.items():
        assert sorted(columns) == sorted(tables[table].c.keys())


def test_a_new_database_lacks_nothing(app):
    app.start()

    assert findings(app, "X003") == []


@pytest.mark.parametrize("name", ["A-seed", "D-0.9.0"])
def test_an_older_database_fails_and_is_reported(app, name):
    older = SHARED / "homes" / name / "home" / ".skillmeat"
    if not older.exists():
        pytest.skip(f"no home written by an older release at {older}")
    shutil.rmtree(app.home)
    shutil.copytree(older, app.home, symlinks=True)
    app.start()

    assert app.status("/user-collections") == app.status(PAGE) == 500
    (found,) = findings(app, "X003")
    assert "collections lacks slug" in found["detail"]
