"""Which manifest entry speaks for a row, and which layer is believed."""

import pytest
from builders import SOURCE, UPSTREAM, entry, imported, known, row, snapshot, synced

from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.expected import Layers
from skillmeat_audit.model.contracts import records


def cells(snap):
    return {(cell["artifact_id"], cell["column"]): cell for cell in records(compare(snap).cells)}


def preferred(snap):
    """Return the file collection that speaks for each row."""
    found = compare(snap).candidates
    first = found[found["rank"] == 0]
    return snap.manifest["file_collection"].take(first["entry"].to_numpy(dtype=int)).tolist()


def test_the_file_collection_named_like_the_id_is_preferred():
    entries = [entry(place=place) for place in ("active", "Team", "t1")]

    assert preferred(snapshot(entries, [row(collection="t1")], active="active")) == ["t1"]


def test_the_file_collection_named_like_the_name_comes_next():
    entries = [entry(place=place) for place in ("active", "Team", "zeta")]

    assert preferred(snapshot(entries, [row(collection="t1")], active="active")) == ["Team"]


def test_the_active_file_collection_comes_third():
    entries = [entry(place=place) for place in ("aaa", "active", "zeta")]

    assert preferred(snapshot(entries, [row()], active="active")) == ["active"]


def test_otherwise_the_first_file_collection_by_name_is_preferred():
    entries = [entry(place=place) for place in ("zeta", "beta")]

    assert preferred(snapshot(entries, [row()], active="gone")) == ["beta"]


def test_an_exact_name_wins_over_one_without_its_suffix():
    entries = [entry("command:go.md"), entry("command:go")]
    snap = snapshot(entries, [row("command:go"), row("command:go.md")])

    found = compare(snap).candidates

    assert found["entry"].tolist() == [1, 0]


@pytest.mark.parametrize("suffix", [".md", ".txt", ".json", ".yaml", ".yml"])
def test_a_suffix_on_either_side_is_ignored(suffix):
    there = snapshot([entry(f"command:go{suffix}")], [row("command:go")])
    here = snapshot([entry("command:go")], [row(f"command:go{suffix}")])

    assert len(compare(there).candidates) == len(compare(here).candidates) == 1


def test_only_one_suffix_is_ignored():
    snap = snapshot([entry("command:go")], [row("command:go.md.md")])

    assert compare(snap).candidates.empty


def test_the_manifest_is_believed_before_the_front_matter():
    snap = snapshot(
        [entry(description="said")],
        [row(origin="local")],
        written={"skill:alpha": {"description": "written"}},
    )

    cell = cells(snap)["skill:alpha", "description"]

    assert (cell["expected"], cell["evidence"], cell["disposition"]) == ("said", "manifest", "safe")


def test_a_value_of_the_front_matter_alone_is_filled_in():
    snap = snapshot(
        [entry()], [row(origin="local")], written={"skill:alpha": {"description": "written"}}
    )

    cell = cells(snap)["skill:alpha", "description"]

    assert (cell["expected"], cell["evidence"], cell["disposition"]) == (
        "written",
        "frontmatter",
        "fill",
    )
    assert "next restart or refresh blanks" in cell["detail"]


def test_a_value_that_differs_from_the_front_matter_alone_needs_review():
    snap = snapshot(
        [entry()], [row(origin="local", author="Ann")], written={"skill:alpha": {"author": "Jane"}}
    )

    cell = cells(snap)["skill:alpha", "author"]

    assert (cell["status"], cell["disposition"]) == ("differs", "review")


def test_a_row_that_equals_the_front_matter_has_no_cell():
    snap = snapshot(
        [entry()], [row(origin="local", author="Jane")], written={"skill:alpha": {"author": "Jane"}}
    )

    assert cells(snap) == {}


def test_a_value_that_no_layer_knows_is_extra_and_not_written():
    cell = cells(snapshot([entry()], [row(origin="local", author="Ann")]))["skill:alpha", "author"]

    assert (cell["status"], cell["expected"], cell["disposition"]) == ("extra", None, "none")


def test_the_catalogue_has_source_and_description_of_imported_artifacts():
    said = imported(source=None, import_id="i1", origin_source=None)
    snap = snapshot(
        [said],
        [row(origin="marketplace")],
        sources=[SOURCE],
        catalog=[known(import_id="i1", description="listed"), known("skill:beta", import_id="i1")],
    )

    found = cells(snap)

    assert found["skill:alpha", "source"]["expected"] == UPSTREAM
    assert found["skill:alpha", "description"]["evidence"] == "catalog"
    assert found["skill:alpha", "origin_source"]["expected"] == "github"


@pytest.mark.parametrize("origin", ["local", "github"])
def test_a_catalogue_entry_of_the_same_name_is_not_evidence_for_other_origins(origin):
    said = entry(origin=origin, import_id="i1")
    snap = snapshot([said], [synced(said)], catalog=[known(import_id="i1", description="listed")])

    assert cells(snap) == {}


def test_two_catalogue_entries_that_fit_are_not_used():
    said = imported(description=None)
    twins = [known(import_id="x", description=text) for text in ("one", "two")]
    snap = snapshot([said], [synced(said)], catalog=twins)

    assert cells(snap) == {}


def test_candidates_that_agree_are_safe():
    entries = [entry(place=place, author="Jane") for place in ("default", "work")]

    cell = cells(snapshot(entries, [row(origin="local")]))["skill:alpha", "author"]

    assert cell["disposition"] == "safe"


def test_candidates_that_disagree_need_review():
    entries = [entry(author="Jane"), entry(place="work", author="Ann")]

    cell = cells(snapshot(entries, [row(origin="local")]))["skill:alpha", "author"]

    assert (cell["expected"], cell["disposition"]) == ("Jane", "review")


def test_a_preferred_entry_without_a_value_never_takes_another_candidates_value():
    entries = [entry(), entry(place="work", author="Ann")]

    assert cells(snapshot(entries, [row(origin="local")])) == {}


def test_an_artifact_that_one_manifest_declares_twice_is_paired_with_no_row():
    snap = snapshot([entry(author="Jane"), entry(author="Ann")], [row()])

    assert compare(snap).candidates.empty


def test_a_row_of_another_collection_does_not_replace_a_missing_one():
    snap = snapshot([entry()], [row(collection="t1")])

    assert compare(snap).missing_rows["artifact_id"].tolist() == ["skill:alpha"]


def test_a_row_of_the_same_stem_replaces_a_missing_one():
    assert compare(snapshot([entry("command:go.md")], [row("command:go")])).missing_rows.empty


def test_a_row_of_the_same_stem_belongs_to_one_entry_only():
    entries = [entry("command:go"), entry("command:go.md")]

    found = compare(snapshot(entries, [row("command:go")])).missing_rows

    assert found["artifact_id"].tolist() == ["command:go.md"]


def test_without_a_default_collection_nothing_is_missing():
    assert compare(snapshot([entry()], [], collections=(("t1", "Team"),))).missing_rows.empty


def test_lists_are_compared_by_content():
    said = entry(tags_json='["b", "a"]')

    assert cells(snapshot([said], [synced(said, tags_json='["a", "b"]')])) == {}


def test_inserts_hold_what_the_layers_know_of_missing_rows():
    entries = [entry("skill:beta", author="Jane"), entry("command:go")]
    front_matter = {"skill:beta": {"license": "MIT"}}
    snap = snapshot(entries, [row("command:go")], written=front_matter)

    found = records(compare(snap).inserts)

    assert [(cell["artifact_id"], cell["column"], cell["expected"]) for cell in found] == [
        ("skill:beta", "origin", "local"),
        ("skill:beta", "author", "Jane"),
        ("skill:beta", "license", "MIT"),
    ]
    assert {(cell["collection_id"], cell["status"]) for cell in found} == {("default", "missing")}


def test_inserts_normalise_no_layer_again(monkeypatch):
    comparison = compare(snapshot([entry(author="Jane"), entry("skill:b")], [row("skill:b")]))
    calls = []
    monkeypatch.setattr(Layers, "_texts", lambda *names: calls.append(names))

    assert len(comparison.inserts) == 2
    assert comparison.inserts is comparison.inserts
    assert calls == []
