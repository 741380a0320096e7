"""Findings of cells that an earlier run filled say so, and what took the value away."""

import sqlite3
from contextlib import closing

import pytest

import skillmeat_audit as sma
from skillmeat_audit.model.contracts import records

LICENSE = 'license = "MIT"\n'


@pytest.fixture
def filled(make_home):
    """Return a home whose manifest and rows a run has filled, and the run."""
    home = make_home()
    return home, sma.apply(sma.audit(home, progress=False).plan(), recheck=False)


def manifest_of(home):
    return home / "collections" / "default" / "collection.toml"


def lose_license(home, added=None):
    """Take the license of 1password out of the manifest, as SkillMeat's writers do."""
    path = manifest_of(home)
    text = path.read_text()
    assert LICENSE in text
    entry = text.index('name = "1password"')
    start = text.index("added = ", entry)
    line = text[start : text.index("\n", start)]
    text = text.replace(LICENSE, "", 1)
    path.write_text(text if added is None else text.replace(line, f"added = {added}", 1))


def blank_license(home):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection:
        connection.execute("UPDATE collection_artifacts SET license = NULL")
        connection.commit()


def details(home, *rules):
    """Return the details of the findings of *rules* about 1password's license."""
    findings = records(sma.audit(home, progress=False).findings)
    return {
        (each["rule"], each["detail"])
        for each in findings
        if each["column"] == "license"
        and each["artifact_id"] == "skill:1password"
        and each["rule"] in rules
    }


def test_a_reimported_entry_is_named_with_date_and_run(filled):
    home, run = filled
    lose_license(home, added='"2099-03-04T05:06:07"')

    ((_, detail),) = details(home, "M016")
    assert detail == (
        f"the manifest has none; reimported on 2099-03-04: filled before by run {run.outcome.run}"
    )
    blank_license(home)
    ((_, detail),) = details(home, "M007")
    assert detail.endswith(f"; reimported on 2099-03-04: filled before by run {run.outcome.run}")


@pytest.mark.slow
def test_without_a_proof_of_a_reimport_the_cause_is_left_open(filled):
    home, run = filled
    lose_license(home)
    blank_license(home)

    ((_, detail),) = details(home, "M007")
    assert detail.endswith(f"; filled before by run {run.outcome.run}; the manifest lost it since")


@pytest.mark.slow
def test_a_row_that_lost_what_the_manifest_still_has(filled):
    home, run = filled
    blank_license(home)

    assert details(home, "M007") == {
        ("M007", f"filled before by run {run.outcome.run}; the row lost it since")
    }


@pytest.mark.slow
def test_rows_filled_alone_say_that(make_home):
    home = make_home()
    plan = sma.audit(home, progress=False).plan(targets=("rows",))
    run = sma.apply(plan, recheck=False).outcome.run
    assert details(home, "M016") == {("M016", "the manifest has none")}
    blank_license(home)

    ((_, detail),) = details(home, "M007")
    assert detail.endswith(f"filled before by run {run}, in the row only; the row lost it since")


@pytest.mark.slow
def test_an_undone_run_filled_nothing(filled):
    home, run = filled
    run.undo()

    assert "filled before" not in str(details(home, "M007"))
    assert details(home, "M007")
