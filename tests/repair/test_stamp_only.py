"""A repair that writes ``synced_at`` alone: the row is right, and no page shows it."""

import json
import sqlite3
from contextlib import closing

import pytest
from builders import audited, entry, snapshot, synced
from conftest import cache_rows

import skillmeat_audit as sma
from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.repair.plan import changes_from, decode_plan

pytestmark = pytest.mark.slow


@pytest.fixture
def blank(make_home, era):
    """A home of which one artifact moved to a file collection that is not active, never synced."""
    home = make_home("clean", era)
    folder = home / "collections"
    (folder / "default").rename(folder / "work")
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET synced_at = NULL")
    return home


@pytest.fixture
def options(tmp_path):
    return sma.Options(tmp_path / "state")


def stamps(home):
    return {key: row["synced_at"] for key, row in cache_rows(home / "cache/cache.db").items()}


def planned(home):
    """Return the audit of *home* and the plan of its V003 findings."""
    audit = sma.audit(home, progress=False)
    return audit, audit.plan(select=["V003"])


def test_the_plan_names_the_time_and_no_value(blank):
    audit, plan = planned(blank)

    assert len(plan.document.changes) == (audit.findings["rule"] == "V003").sum() > 0
    for change in plan.document.changes:
        assert (change.op, change.disposition, change.rules) == ("update", "safe", ["V003"])
        assert (change.before, change.after) == ({"synced_at": None}, {"synced_at": "now"})
    assert set(plan.changes["column"]) == {"synced_at"}


def test_apply_writes_the_time_and_nothing_else_and_undo_takes_it_away(blank, options, tmp_path):
    _, plan = planned(blank)
    plan = sma.Plan.load(plan.save(tmp_path / "plan.json"))
    before = cache_rows(blank / "cache/cache.db")

    run = plan.apply(options)

    after = cache_rows(blank / "cache/cache.db")
    written = {change.key for change in plan.document.changes}
    assert {key for key, row in after.items() if row["synced_at"]} == written
    for key, row in after.items():
        assert row | {"synced_at": None} == before[key]
    assert not set(run.after.findings["rule"]) & {"V001", "V003"}
    assert run.after.pages["description"].notna().all()
    assert {type(each).__name__ for each in run.undo().outcome.outcomes} == {"Applied"}
    assert cache_rows(blank / "cache/cache.db") == before


def test_a_rehearsal_changes_nothing(blank, options):
    before = cache_rows(blank / "cache/cache.db")

    run = planned(blank)[1].rehearse(options)

    assert set(run.outcomes["outcome"]) == {"applied"}
    assert cache_rows(blank / "cache/cache.db") == before


def stamp(home, text):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET synced_at = ?", [text])


def test_a_row_that_was_synced_meanwhile_is_left_alone(blank, options):
    _, plan = planned(blank)
    stamp(blank, "2026-05-01 00:00:00.000000")

    run = plan.apply(options)

    assert set(run.outcomes["reason"]) == {"already so"}
    assert set(stamps(blank).values()) == {"2026-05-01 00:00:00.000000"}


def test_an_undo_leaves_alone_what_was_synced_since(blank, options):
    run = planned(blank)[1].apply(options, recheck=False)
    stamp(blank, "2026-05-01 00:00:00.000000")

    undo = run.undo()

    assert len(undo.outcome.conflicts) == len(run.outcomes)
    assert set(stamps(blank).values()) == {"2026-05-01 00:00:00.000000"}


def test_a_value_and_the_time_of_a_row_are_one_change():
    said = entry(place="work", description="Does it.", author="Jane")
    snap = snapshot([said], [synced(said, synced_at=None, author=None)])

    (change,) = changes_from(
        audited(snap).findings, snap.rows.head(0), snap.rows, ["safe"], deletes=False
    )

    assert change.after == {"author": "Jane"}  # the service writes the time with it


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "2026-01-01"), ("2026-01-01", "now"), (None, None)],
)
def test_no_other_time_can_be_planned(blank, before, after):
    document = json.loads(planned(blank)[1].save(blank.parent / "plan.json").read_text())
    cell = document["changes"][0]["cells"]["synced_at"]
    cell["before"], cell["after"] = before, after

    with pytest.raises(PlanError, match="may not write column synced_at"):
        decode_plan(json.dumps(document).encode())
