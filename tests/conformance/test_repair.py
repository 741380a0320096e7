"""Our repair as the real application takes it: shown, kept, and overwritten only where it must."""

import json
from dataclasses import dataclass

import pandas as pd
import pytest
from conformance.app import DEFAULT
from conformance.life import ACCIDENTS, AUTHORS_WORD, PART, Life

import skillmeat_audit as sma
from skillmeat_audit.api.repair import Options
from skillmeat_audit.model.changes import Change
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.manifest_edits import MANIFEST_KEYS, ManifestEdit
from skillmeat_audit.model.tables import KEY

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

# How the application names what it shows of a row, and what it never shows, with the reason.
SHOWN = {
    "description": "description",
    "source": "source",
    "origin": "origin",
    "author": "author",
    "tags_json": "tags",
    "tools_json": "tools",
}
HIDDEN = {"version": "32", "origin_source": "32"}
UNSHOWN = {"license", "resolved_sha", "resolved_version"}  # its answer has no place for them


@dataclass(frozen=True)
class Repaired:
    """A home after its repair, the server running all the while; ``shown`` is what it said then."""

    life: Life
    outcomes: pd.DataFrame
    changes: list[Change]
    edits: list[ManifestEdit]
    rows: dict
    shown: dict
    findings: dict
    writers: pd.DataFrame
    options: Options

    def ours(self) -> set[tuple[str, str]]:
        """Return the rows that the audit attributes to the repair now, by its journal."""
        state_dir = self.options.state_dir
        told = records(sma.audit(self.life.app.home, progress=False, state_dir=state_dir).writers)
        ours = [each for each in told if each["writer"] == "skillmeat-audit"]
        assert {each["writer_confidence"] for each in ours} <= {"certain"}
        return {tuple(each[name] for name in KEY) for each in ours}


@pytest.fixture(scope="module")
def repaired(life, tmp_path_factory):
    """Spoil a home, plan and apply its repair, and ask the application what it shows."""
    life.app.execute(
        "UPDATE collection_artifacts SET description = NULL, source = NULL, version = NULL, "
        "origin = 'spoilt', origin_source = NULL, resolved_sha = NULL"
    )
    life.app.execute("DELETE FROM artifacts WHERE id = 'skill:late'")  # and its row with it
    plan = sma.audit(life.app.home, progress=False).plan()
    options = Options(state_dir=tmp_path_factory.mktemp("state"), max_overwrites=1000)
    run = sma.apply(plan, options=options)
    writers = sma.audit(life.app.home, progress=False).writers
    seen = life.app.rows(), life.shown(), life.findings(), writers
    changes, edits = plan.document.changes, edits_of(plan)
    return Repaired(life, run.outcomes, changes, edits, *seen, options)


@dataclass(frozen=True)
class Refreshed:
    """The repaired home after the server has started again and refreshed all it refreshes."""

    life: Life
    answer: dict
    rows: dict
    findings: dict
    changes: list[Change]
    edits: list[ManifestEdit]
    ours: set


@pytest.fixture(scope="module")
def refreshed(repaired):
    """Restart the server, have it refresh, and audit once more."""
    life = repaired.life
    life.app.restart()
    answer = life.app.ask("POST", "/user-collections/refresh-cache")
    plan = sma.audit(life.app.home, progress=False).plan()
    seen = life.app.rows(), life.findings(), plan.document.changes, edits_of(plan)
    return Refreshed(life, answer, *seen, repaired.ours())


def edits_of(plan):
    return [edit for manifest in plan.document.manifests for edit in manifest.edits]


def test_a_repair_beside_the_running_server_applies_every_change(repaired):
    outcomes = repaired.outcomes

    assert set(outcomes["outcome"]) == {"applied"}
    assert len(outcomes) == len(repaired.rows) - 1  # all but the one that is nobody's
    assert "skill:late" in set(outcomes["artifact_id"][outcomes["op"] == "insert"])


def test_without_the_journal_no_row_we_wrote_is_certain_to_be_skillmeats(repaired):
    team = {each.key for each in repaired.changes if each.collection_id == repaired.life.team}
    writers = repaired.writers[repaired.writers["collection_id"] == repaired.life.team]

    assert len(team) == len(writers)
    assert set(writers["writer_confidence"]) == {"likely"}


def test_with_the_journal_every_row_we_wrote_is_attributed_to_the_repair(repaired, tally):
    assert repaired.ours() == {change.key for change in repaired.changes}
    tally["repaired rows that are attributed to the repair"] += len(repaired.changes)


def test_a_row_that_a_refresh_wrote_since_is_no_longer_ours(repaired, refreshed, tally):
    before, after = repaired.rows, refreshed.rows
    written = {change.key for change in repaired.changes}
    untouched = {key for key in written if after[key] == before[key]}
    synced = {key for key in written if after[key]["synced_at"] != before[key]["synced_at"]}

    assert synced
    assert untouched <= refreshed.ours <= written - synced
    tally["repaired rows that a refresh took over"] += len(synced)


def test_the_application_shows_every_repaired_value(repaired, tally):
    for change in repaired.changes:
        item = repaired.shown[change.key]
        for column in change.after.keys() & SHOWN.keys():
            value = change.after[column]
            wanted = json.loads(value) if column.endswith("_json") else value
            assert item[SHOWN[column]] == wanted
            tally["repaired cells that the application shows"] += 1


def test_every_artifact_that_has_them_shows_its_description_and_source_again(repaired):
    without = {key[1] for key, item in repaired.shown.items() if item["description"] is None}
    unlinked = {key[1] for key, item in repaired.shown.items() if "https://" not in item["source"]}

    accidents = {artifact for artifact, column in ACCIDENTS if column == "description"}
    assert without == {PART, "composite:toolbox"} | accidents  # nobody wrote one for any of them
    local = {"skill:mine", "skill:quiet", "skill:review", "skill:other", "agent:scribe"}
    assert unlinked == {PART} | local


def test_an_accident_of_the_manifest_is_reported_and_not_written_into_the_row(repaired):
    for artifact, column in ACCIDENTS:
        finding = repaired.findings[(DEFAULT, artifact), column]

        assert repaired.rows[DEFAULT, artifact][column] is None
        assert (finding["rule"], finding["expected"]) == ("D006", None)


def test_every_repaired_column_is_shown_or_never_shown_by_the_application(repaired):
    written = {column for change in repaired.changes for column in change.after}

    assert written == SHOWN.keys() | HIDDEN.keys() | UNSHOWN - {"resolved_version"}
    for item in repaired.shown.values():
        assert [item[column] for column in HIDDEN] == [None, None]


def test_the_server_starts_on_the_repaired_home_and_keeps_its_rows(repaired, refreshed):
    assert refreshed.answer["errors"] == []
    assert refreshed.answer["total_updated"] > 0
    assert refreshed.rows.keys() == repaired.rows.keys()


def test_what_the_author_wrote_stays_because_the_manifest_has_it_now(repaired, refreshed):
    filled = {(each.artifact_id, each.key) for each in repaired.edits}
    wanted = {(artifact, MANIFEST_KEYS[column]) for artifact, column in AUTHORS_WORD}

    assert wanted <= filled
    assert refreshed.findings.keys() <= repaired.findings.keys()


def test_nothing_needs_repair_again(refreshed):
    assert (refreshed.edits, refreshed.changes) == ([], [])


def test_the_application_edits_and_deletes_a_row_that_we_inserted(refreshed):
    life, key = refreshed.life, (DEFAULT, "skill:late")
    life.bring_again("late")
    assert life.app.rows()[key]["description"] == "Comes later"

    life.app.ask("PUT", f"/artifacts/skill:late?collection={DEFAULT}", {"tags": ["new"]})
    assert life.app.rows()[key]["tags_json"] == '["new"]'

    life.app.ask("DELETE", f"/artifacts/skill:late?collection={DEFAULT}")
    assert key not in life.app.rows()
