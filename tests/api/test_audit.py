"""The audit as scripts call it."""

import json

import pytest
from builders import SOURCE, audited, entry, imported, known, row, snapshot, synced

import skillmeat_audit as sma
from skillmeat_audit.api import planning
from skillmeat_audit.api.planning import PlanScope
from skillmeat_audit.api.scope import Scope, apply_scope
from skillmeat_audit.base.errors import UsageError

BARE = "batch import and reimport until 2026-02-10 (import-bare)"
ADDED = "adding to a collection in any release (membership-add)"


def test_a_collection_without_an_id_is_no_other_ones():
    snap = snapshot(
        [entry()], [row(), row(collection="t1")], collections=((None, "Lost"), ("t1", "Team"))
    )
    found, *_ = apply_scope(audited(snap).findings, Scope(collections=("Team",)), snap)

    assert set(found["collection_id"]) == {"t1"}


def test_a_tally_counts_every_finding_and_says_what_things_are_called():
    entries = [imported(f"skill:a{n}", description="Does.") for n in range(2)]
    audit = audited(snapshot(entries, [row("skill:a0"), row("skill:a0", "t1")]))

    by_rule = audit.tally("severity", "rule")
    assert list(by_rule.columns) == ["severity", "rule", "title", "findings"]
    assert list(by_rule["severity"]) == ["error"] * 5 + ["info"]
    assert by_rule["findings"].sum() == len(audit.findings)

    by_writer = audit.tally("writer", "collection")
    assert by_writer.to_dict("records") == [
        {"writer": ADDED, "collection": "Team", "findings": 5},
        {"writer": BARE, "collection": "Default Collection", "findings": 5},
        {"writer": "no row", "collection": "Default Collection", "findings": 1},
    ]


def test_a_tally_of_nothing_is_empty():
    assert audited(snapshot()).tally("rule", "severity").empty


def test_a_tally_by_what_findings_do_not_have_is_refused():
    with pytest.raises(UsageError, match="no column colour to count by"):
        audited(snapshot()).tally("rule", "colour")


def planned_cells(audit, *codes):
    """Return the cells of the plan that repairs the findings with *codes*, by rule."""
    return {
        (change.artifact_id, column): cell.disposition
        for change in audit.plan(select=codes, targets=["rows"]).document.changes
        for column, cell in change.cells.items()
    }


def test_a_blank_page_is_repaired_by_the_cell_of_its_row():
    said = imported("skill:alpha")
    written = {"skill:alpha": {"description": "Reads.", "version": "1"}}
    audit = audited(snapshot([said], [synced(said)], written=written))

    assert planned_cells(audit, "V001") == {("skill:alpha", "description"): "fill"}


def test_a_page_that_will_show_the_row_takes_its_other_texts_along():
    """The repair sets ``synced_at``: a source that only the manifest has would be lost."""
    written = {"skill:alpha": {"description": "Reads.", "version": "1"}}
    audit = audited(snapshot([imported("skill:alpha")], [row()], written=written))

    assert {column for _, column in planned_cells(audit, "V001")} == {
        "description",
        "source",
        "origin",
        "origin_source",
    }


def test_a_page_whose_row_holds_the_text_is_repaired_by_any_repair_of_the_row():
    said = entry(place="work", description="Works.", version="1")
    unsynced = synced(said, synced_at=None, version=None)

    assert planned_cells(audited(snapshot([said], [unsynced])), "V001") == {
        ("skill:alpha", "version"): "safe",
    }
    right = audited(snapshot([said], [unsynced | {"version": "1"}]))
    assert planned_cells(right, "V001") == {("skill:alpha", "synced_at"): "safe"}


def test_a_page_without_a_link_is_repaired_by_its_source():
    said = imported(description="Does.")
    audit = audited(
        snapshot([said], [synced(said, source="skill:alpha")], catalog=[known()], sources=[SOURCE])
    )

    assert list(planned_cells(audit, "V002")) == [("skill:alpha", "source")]


def test_the_part_of_an_audit_plans_the_repair_of_its_pages():
    said = imported("skill:alpha")
    written = {"skill:alpha": {"description": "Reads."}}
    audit = audited(snapshot([said], [synced(said)], written=written)).only(rule="V001")

    assert audit.plan(targets=["rows"]).changes["column"].to_list() == ["description"]


@pytest.mark.slow
def test_the_command_line_plans_the_repair_of_pages(cli, make_home, era):
    home = make_home("unindexed", era)

    for codes in (["V001"], ["V"], ["V001", "D001"]):
        options = [f"--select={code}" for code in codes]
        (change,) = json.loads(cli("plan", home, *options, "--format", "json")[1])["changes"]
        assert list(change["cells"]) == ["description"]


def test_an_ignored_rule_repairs_no_page(cli, make_home):
    options = ("--select", "V001", "--ignore", "D001", "--format", "json")

    assert json.loads(cli("plan", make_home("unindexed"), *options)[1])["changes"] == []


@pytest.mark.parametrize("name", ["batch-import", "clean", "reimport", "unindexed"])
@pytest.mark.parametrize("scope", [PlanScope(), PlanScope(("review",), deletes=True)])
def test_a_draft_reads_no_manifest_and_counts_what_the_plan_writes(
    make_home, monkeypatch, name, scope
):
    audit = sma.audit(make_home(name), progress=False, parse_cache=False)
    planned = audit.plan(dispositions=scope.dispositions, deletes=scope.deletes).document
    monkeypatch.setattr(planning, "load_manifest_documents", None)
    draft = audit.draft(scope)

    assert draft.changes == planned.changes
    assert [(edit.file_collection, edit.artifact_id, edit.key) for edit in draft.edits] == [
        (manifest.file_collection, edit.artifact_id, edit.key)
        for manifest in planned.manifests
        for edit in manifest.edits
    ]
