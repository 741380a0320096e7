"""Rows that a repair wrote are attributed to it, as long as they are as it left them."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

import skillmeat_audit as sma
from skillmeat_audit.api import repair
from skillmeat_audit.api.repaired import load_journals, load_repaired
from skillmeat_audit.base.urls import sqlite_url
from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.provenance.verdicts import attribute
from skillmeat_audit.loaders.snapshot import load_snapshot
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.repair.journal import decode_journal, encode_journal

pytestmark = pytest.mark.slow

OURS = "skillmeat-audit"


def writers(home, database=None, state_dir=None):
    """Return who wrote each row, and how certain that is: what `audit` finds before the rules."""
    snapshot = load_snapshot(home, database, progress=False)
    snapshot = replace(
        snapshot, repaired=load_repaired(snapshot, load_journals(snapshot, state_dir))
    )
    return {
        tuple(row[key] for key in KEY): (row["writer"], row["writer_confidence"])
        for row in records(attribute(compare(snapshot)))
    }


def writers_of(home, keys, **options):
    """Return the different writers of the rows of *keys*."""
    by_key = writers(home, **options)
    return {by_key[key] for key in keys}


def repaired(home, **options):
    """Apply the changes of descriptions; return the run and the keys of its rows."""
    plan = sma.audit(home, progress=False).plan(select=["D"])
    run = sma.apply(plan, options=repair.Options(**options), recheck=False)
    return run, {change.key for change in plan.document.changes}


def execute(home, statement):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection:
        connection.execute(statement)
        connection.commit()


def journal_of(run):
    return run.outcome.backup.with_name("journal.json")


def test_rows_that_a_repair_wrote_are_its_own_until_it_is_undone(make_home, era):
    home = make_home(era=era)
    before = writers(home)
    run, keys = repaired(home)
    after = writers(home)

    assert len(keys) == 3
    assert {key: after[key] for key in keys} == dict.fromkeys(keys, (OURS, "certain"))
    assert {key: after[key] for key in after.keys() - keys} == {
        key: before[key] for key in before.keys() - keys
    }

    run.undo()
    assert writers(home) == before


def test_a_row_that_a_repair_inserted_is_its_own(make_home, era):
    home = make_home(era=era)
    sma.apply(sma.audit(home, progress=False).plan(), recheck=False)

    assert writers(home)["default", "command:commit-message"] == (OURS, "certain")


def test_every_form_of_the_audit_names_the_repair(cli, make_home, tmp_path, era):
    home = make_home(era=era)
    run, _ = repaired(home)
    name = run.outcome.run
    audit = sma.audit(home, progress=False)

    assert f"3  a repair by {OURS}, run {name} ({OURS})" in cli("check", home)[1]
    only = json.loads(cli("check", home, "--writer", OURS, "--format", "json")[1])["findings"]
    assert {(each["writer"], each["writer_confidence"]) for each in only} == {(OURS, "certain")}
    assert f"{OURS} (certain), run {name}" in " ".join(cli("show", "1password", home)[1].split())
    assert f"run {name}" in audit.show("skill:1password").explanations["default"]
    assert f"a repair by {OURS}, run {name}" in audit._repr_html_()
    assert f"{OURS}: error" in audit.charts.causes.alt

    cli("report", home, "-o", tmp_path / "r.json", "-o", tmp_path / "r.html")
    causes = json.loads((tmp_path / "r.json").read_text())["causes"]
    assert {"writer": OURS, "does": f"a repair by {OURS}, run {name}", "rows": 3}.items() <= next(
        cause for cause in causes if cause["writer"] == OURS
    ).items()
    assert f"a repair by {OURS}, run {name}" in (tmp_path / "r.html").read_text()


def test_the_audit_after_a_repair_names_it(make_home, tmp_path):
    home = make_home()
    plan = sma.audit(home, progress=False).plan(select=["D"])
    run = sma.apply(plan, options=repair.Options(state_dir=tmp_path / "own"))

    assert set(run.after.findings["writer"].dropna()) == {OURS, "refresh"}


def test_a_state_folder_elsewhere_has_to_be_named(cli, make_home, tmp_path):
    home, own = make_home(), tmp_path / "own"
    _, keys = repaired(home, state_dir=own)
    elsewhere = json.loads(cli("check", home, "--format", "json")[1])["findings"]

    assert OURS not in {each["writer"] for each in elsewhere}
    assert writers_of(home, keys, state_dir=own) == {(OURS, "certain")}
    form = ("--format", "json", "--writer", OURS, "--state-dir", own)
    assert json.loads(cli("check", home, *form)[1])["findings"]
    assert json.loads(cli("plan", home, *form)[1])["changes"]
    shown = " ".join(cli("show", "1password", home, "--state-dir", own)[1].split())
    assert f"{OURS} (certain), run" in shown
    cli("report", home, "--state-dir", own, "--history", tmp_path / "h", "-o", tmp_path / "r.json")
    assert OURS in {
        cause["writer"] for cause in json.loads((tmp_path / "r.json").read_text())["causes"]
    }


def test_a_refresh_afterwards_is_a_refresh(make_home, era):
    home = make_home(era=era)
    _, keys = repaired(home)
    execute(
        home,
        "UPDATE collection_artifacts SET origin = 'local', synced_at = "
        "strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '+1 hour') WHERE collection_id <> 'default'",
    )
    team = {key for key in keys if key[0] != "default"}

    assert writers_of(home, team) == {("refresh", "likely")}
    assert writers_of(home, keys - team) == {(OURS, "certain")}


def test_an_interrupted_repair_is_never_certain(make_home, monkeypatch):
    home = make_home()
    with monkeypatch.context() as patched:
        patched.setattr("skillmeat_audit.repair.transaction.conclude_run", lambda *_: None)
        _, keys = repaired(home)

    assert writers_of(home, keys) == {(OURS, "likely")}
    repair.runs(home)  # settles it: the database proves the commit
    assert writers_of(home, keys) == {(OURS, "certain")}


@pytest.mark.parametrize("mark", ["prepared", "failed"])
def test_a_repair_that_was_never_committed_wrote_nothing(make_home, mark):
    home = make_home()
    before = writers(home)
    run, _ = repaired(home)
    shutil.copy(run.outcome.backup, home / "cache" / "cache.db")
    journal_of(run).with_name("state").write_text(f"{mark}\n")

    assert writers(home) == before


def test_another_cache_in_the_same_place_is_not_ours(make_home):
    home = make_home()
    repaired(home)
    execute(home, "UPDATE collections SET created_at = '2020-01-01 00:00:00.000000'")

    assert OURS not in {writer for writer, _ in writers(home).values()}


DAMAGE = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "another release": b'{"schema": "skillmeat-audit/journal/99"}',
    "a list": b"[]",
    "a number": b"1",
    "no entries": b'{"schema": "skillmeat-audit/journal/1"}',
    "deep": b"[" * 100_000,
}


@pytest.fixture(scope="module")
def repaired_home(built_home, tmp_path_factory):
    """A home after a repair, the folder of its run (never changed), and the keys of its rows."""
    folder = tmp_path_factory.mktemp("repaired")
    home = shutil.copytree(built_home("batch-import", "artifact_id"), folder / ".skillmeat")
    run, keys = repaired(home, state_dir=folder / "state")
    return home, journal_of(run).parent, keys


@pytest.fixture
def run_copy(repaired_home, tmp_path):
    """A copy of the state folder of the repaired home, and the folder of its run there."""
    _, run, _ = repaired_home
    copy = shutil.copytree(run.parent.parent, tmp_path / "copy")
    return copy, copy / run.parent.name / run.name


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_journal_attributes_nothing(repaired_home, run_copy, content):
    home, _, keys = repaired_home
    state, run = run_copy
    (run / "journal.json").write_bytes(content)

    assert OURS not in {writer for writer, _ in writers_of(home, keys, state_dir=state)}


def test_damaged_journals_take_nothing_from_others(repaired_home, run_copy):
    home, _, keys = repaired_home
    state, run = run_copy
    for number, content in enumerate(DAMAGE.values()):
        damaged = shutil.copytree(run, run.with_name(f"20260101T000000Z-abcde{number}"))
        (damaged / "journal.json").write_bytes(content)

    assert writers_of(home, keys, state_dir=state) == {(OURS, "certain")}


ODD_CELLS = [b"\xff", 5, 1.5, float("inf"), True, "", None]


@pytest.mark.parametrize("cell", ODD_CELLS, ids=repr)
@pytest.mark.parametrize("part", ["before", "after"])
def test_cells_of_any_type_in_a_journal_are_compared_with_the_row(
    repaired_home, run_copy, part, cell
):
    home, _, keys = repaired_home
    state, run = run_copy
    journal = run / "journal.json"
    record = decode_journal(journal.read_bytes(), run.name)
    for entry in record.entries:
        getattr(entry, part)["description"] = cell
    journal.write_bytes(encode_journal(record))
    names = {writer for writer, _ in writers_of(home, keys, state_dir=state)}

    assert (names == {OURS}) == (part == "before")


def test_a_state_folder_that_is_a_file_does_not_end_the_audit(make_home, tmp_path):
    (tmp_path / "file").write_text("")

    audit = sma.audit(make_home(), progress=False, state_dir=tmp_path / "file")

    assert len(audit.writers) == 5


def test_a_repair_on_a_server_is_attributed_too(home_on_postgres, era):
    home, url = home_on_postgres(era=era)
    before = writers(home, database=url)
    run = sma.apply(sma.audit(home, database=url, progress=False).plan(select=["D"]))
    keys = {outcome.change.key for outcome in run.outcome.applied}
    after = writers(home, database=url)

    assert {after[key] for key in keys} == {(OURS, "certain")}
    assert {key: after[key] for key in after.keys() - keys} == {
        key: before[key] for key in before.keys() - keys
    }
    run.undo()
    assert writers(home, database=url) == before


def test_of_two_repairs_the_latest_is_named(cli, make_home):
    home = make_home()
    repaired(home)
    plan = sma.audit(home, progress=False).plan(select=["S"])
    second = sma.apply(plan, recheck=False)
    explanation = sma.audit(home, progress=False).show("skill:1password").explanations["default"]

    assert f"run {second.outcome.run}: it wrote source, origin, origin_source" in explanation
    assert explanation.endswith("(import-bare, certain)")
    assert f"a repair by {OURS}, run {second.outcome.run}" in cli("check", home)[1]
    assert plan.url == sqlite_url(home / "cache" / "cache.db")
    assert cli("undo", home)[0] == ExitCode.CLEAN
    assert {sure for writer, sure in writers(home).values() if writer == OURS} == {"certain"}
