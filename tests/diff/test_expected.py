"""Which manifest entry speaks for a row, and which layer is believed."""

import pytest
from builders import SOURCE, UPSTREAM, entry, imported, known, row, snapshot, synced

from skillmeat_audit.diff.cells import compare
from skillmeat_audit.diff.expected import candidates, missing_rows
from skillmeat_audit.model.contracts import records


def cells(snap):
    return {(cell["artifact_id"], cell["column"]): cell for cell in records(compare(snap).cells)}


def preferred(snap):
    """Return the file collection that speaks for each row."""
    found = candidates(snap, snap.rows)
    first = found[found["rank"] == 0]
    return snap.manifest["file_collection"].take(first["entry"].to_numpy(dtype=int)).tolist()


def test_the_file_collection_named_like_the_id_is_preferred():
    entries = [entry(place=place) for place in ("active", "Team", "t1")]

    assert preferred(snapshot(entries, [row(collection="t1")], active="active")) == ["t1"]


def test_then_the_one_named_like_the_collection():
    entries = [entry(place=place) for place in ("active", "Team", "zeta")]

    assert preferred(snapshot(entries, [row(collection="t1")], active="active")) == ["Team"]


def test_then_the_active_one():
    entries = [entry(place=place) for place in ("aaa", "active", "zeta")]

    assert preferred(snapshot(entries, [row()], active="active")) == ["active"]


def test_then_the_first_by_name():
    entries = [entry(place=place) for place in ("zeta", "beta")]

    assert preferred(snapshot(entries, [row()], active="gone")) == ["beta"]


def test_an_exact_name_wins_over_one_without_its_suffix():
    entries = [entry("command:go.md"), entry("command:go")]
    snap = snapshot(entries, [row("command:go"), row("command:go.md")])

    found = candidates(snap, snap.rows)

    assert found["entry"].tolist() == [1, 0]


@pytest.mark.parametrize("suffix", [".md", ".txt", ".json", ".yaml", ".yml"])
def test_a_suffix_on_either_side_is_ignored(suffix):
    there = snapshot([entry(f"command:go{suffix}")], [row("command:go")])
    here = snapshot([entry("command:go")], [row(f"command:go{suffix}")])

    assert len(candidates(there, there.rows)) == len(candidates(here, here.rows)) == 1


def test_only_one_suffix_is_ignored():
    snap = snapshot([entry("command:go")], [row("command:go.md.md")])

    assert candidates(snap, snap.rows).empty


def test_the_manifest_is_believed_before_the_front_matter():
    snap = snapshot(
        [entry(description="said")], [row(origin="local")],
        written={"skill:alpha": {"description": "written"}},
    )  # fmt: skip

    cell = cells(snap)["skill:alpha", "description"]

    assert (cell["expected"], cell["evidence"], cell["disposition"]) == ("said", "manifest", "safe")


def test_what_only_the_front_matter_knows_is_filled_in():
    snap = snapshot(
        [entry()], [row(origin="local")], written={"skill:alpha": {"description": "written"}}
    )

    cell = cells(snap)["skill:alpha", "description"]

    assert (cell["expected"], cell["evidence"], cell["disposition"]) == (
        "written",
        "frontmatter",
        "fill",
    )
    assert "next refresh blanks" in cell["detail"]


def test_what_differs_from_the_front_matter_alone_wants_review():
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


def test_what_no_layer_knows_is_extra_and_left_alone():
    cell = cells(snapshot([entry()], [row(origin="local", author="Ann")]))["skill:alpha", "author"]

    assert (cell["status"], cell["expected"], cell["disposition"]) == ("extra", None, "none")


def test_the_catalogue_knows_source_and_description_of_what_was_imported():
    said = imported(source=None, import_id="i1", origin_source=None)
    snap = snapshot(
        [said], [row(origin="marketplace")], sources=[SOURCE],
        catalog=[known(import_id="i1", description="listed"), known("skill:beta", import_id="i1")],
    )  # fmt: skip

    found = cells(snap)

    assert found["skill:alpha", "source"]["expected"] == UPSTREAM
    assert found["skill:alpha", "description"]["evidence"] == "catalog"
    assert found["skill:alpha", "origin_source"]["expected"] == "github"


@pytest.mark.parametrize("origin", ["local", "github"])
def test_a_catalogue_entry_of_the_same_name_is_not_evidence_for_other_origins(origin):
    said = entry(origin=origin, import_id="i1")
    snap = snapshot([said], [synced(said)], catalog=[known(import_id="i1", description="listed")])

    assert cells(snap) == {}


def test_two_catalogue_entries_that_fit_are_none():
    said = imported(description=None)
    twins = [known(import_id="x", description=text) for text in ("one", "two")]
    snap = snapshot([said], [synced(said)], catalog=twins)

    assert cells(snap) == {}


def test_candidates_that_agree_are_as_good_as_one():
    entries = [entry(place=place, author="Jane") for place in ("default", "work")]

    cell = cells(snapshot(entries, [row(origin="local")]))["skill:alpha", "author"]

    assert cell["disposition"] == "safe"


def test_candidates_that_disagree_want_review():
    entries = [entry(author="Jane"), entry(place="work", author="Ann")]

    cell = cells(snapshot(entries, [row(origin="local")]))["skill:alpha", "author"]

    assert (cell["expected"], cell["disposition"]) == ("Jane", "review")


def test_a_preferred_entry_that_is_silent_never_takes_another_candidates_word():
    entries = [entry(), entry(place="work", author="Ann")]

    assert cells(snapshot(entries, [row(origin="local")])) == {}


def test_a_name_that_one_manifest_declares_twice_speaks_for_no_row():
    snap = snapshot([entry(author="Jane"), entry(author="Ann")], [row()])

    assert candidates(snap, snap.rows).empty


def test_a_row_of_another_collection_does_not_make_up_for_a_missing_one():
    snap = snapshot([entry()], [row(collection="t1")])

    assert missing_rows(snap)["artifact_id"].tolist() == ["skill:alpha"]


def test_a_row_of_the_same_stem_does():
    assert missing_rows(snapshot([entry("command:go.md")], [row("command:go")])).empty


def test_but_not_where_another_entry_has_that_row():
    entries = [entry("command:go"), entry("command:go.md")]

    found = missing_rows(snapshot(entries, [row("command:go")]))

    assert found["artifact_id"].tolist() == ["command:go.md"]


def test_without_a_default_collection_nothing_is_missing():
    assert missing_rows(snapshot([entry()], [], collections=(("t1", "Team"),))).empty


def test_an_inner_disagreement_of_lists_is_by_content():
    said = entry(tags_json='["b", "a"]')

    assert cells(snapshot([said], [synced(said, tags_json='["a", "b"]')])) == {}
