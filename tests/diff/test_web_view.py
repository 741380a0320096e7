"""What SkillMeat's pages show of a row."""

import pytest
from builders import SOURCE, UPSTREAM, entry, imported, known, row, snapshot, synced

from skillmeat_audit.diff.web_view import ENTRIES_FOUND, SOURCES_LOADED, page_cells
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.tables import PAGES

MARKET = {"catalog": [known()], "sources": [SOURCE]}


def shown(entries=(), rows=(), **values):
    return records(page_cells(snapshot(entries, rows, **values)))


def test_a_synced_row_is_served_as_it_stands():
    said = imported(description="said")

    (page,) = shown([said], [synced(said, description="held", origin="local")], **MARKET)

    assert (page["tier"], page["description"], page["origin"]) == ("row", "held", "local")
    assert (page["source"], page["clickable"]) == (UPSTREAM, True)


def test_a_row_that_was_never_synced_is_served_from_the_manifest():
    (page,) = shown([imported(description="said")], [row()], **MARKET)

    texts = ("manifest", "said", "marketplace")
    assert (page["tier"], page["description"], page["origin"]) == texts
    assert page["clickable"]


def test_an_unsynced_row_outside_the_active_collection_is_reconstructed():
    held = row(held_description="from artifacts", held_source=UPSTREAM)

    (page,) = shown([imported(place="other", description="said")], [held], **MARKET)

    assert (page["tier"], page["description"]) == ("reconstructed", "from artifacts")
    assert (page["source"], page["origin"]) == (UPSTREAM, None)


def test_a_manifest_with_a_bad_entry_serves_nothing():
    refused = {
        "kind": "manifest",
        "place": "collections/default/collection.toml:9",
        "detail": "bad",
    }

    (page,) = shown([imported(description="said")], [row()], problems=[refused])

    assert (page["tier"], page["description"]) == ("reconstructed", None)


@pytest.mark.parametrize(("era", "expected"), [("artifact_id", "github"), ("artifact_uuid", None)])
def test_the_origin_source_of_a_synced_row_is_lost_since_0_9(era, expected):
    said = imported()

    (page,) = shown([said], [synced(said)], era=era)

    assert page["origin_source"] == expected


def test_a_source_is_never_empty():
    said = entry()

    (page,) = shown([said], [synced(said)], **MARKET)

    assert (page["source"], page["clickable"]) == ("skill:alpha", False)
    assert page["obstacle"] == "the row and its manifest have no source"


def test_a_synced_row_without_source_borrows_it():
    said = imported()
    elsewhere = imported(place="other", source="https://github.com/acme/kit/tree/main/else")

    of_row = shown([said], [synced(said, source=None), synced(elsewhere, "t1")], **MARKET)
    of_manifest = shown([said], [synced(said, source="")], **MARKET)

    assert [page["source"] for page in of_row] == [elsewhere["source"]] * 2
    assert of_manifest[0]["source"] == UPSTREAM


def test_a_name_with_another_suffix_is_found_in_the_manifest():
    (page,) = shown([imported("agent:scribe", description="said")], [row("agent:scribe.md")])

    assert page["description"] == "said"


@pytest.mark.parametrize(
    ("catalog", "sources", "obstacle"),
    [
        ([known()], [], "no registered source is its repository"),
        ([known()], [SOURCE | {"owner": "other", "repo_url": "https://x.y/z"}], "no registered"),
        ([known("skill:beta")], [SOURCE], "the catalogue has no entry of this name and type"),
        ([known("command:alpha")], [SOURCE], "the catalogue has no entry of this name and type"),
        ([known(status="excluded")], [SOURCE], "its catalogue entry is excluded"),
        ([known(confidence_score="29")], [SOURCE], "less than 30 % confidence"),
    ],
)
def test_a_source_that_cannot_be_clicked_says_why(catalog, sources, obstacle):
    said = imported()

    (page,) = shown([said], [synced(said)], catalog=catalog, sources=sources)

    assert not page["clickable"]
    assert obstacle in page["obstacle"]


def test_an_entry_that_was_removed_upstream_can_still_be_clicked():
    said = imported()

    (page,) = shown([said], [synced(said)], catalog=[known(status="removed")], sources=[SOURCE])

    assert page["clickable"]


@pytest.mark.parametrize(
    ("rivals", "clickable"), [(ENTRIES_FOUND - 1, True), (ENTRIES_FOUND, False)]
)
def test_a_name_that_many_others_contain_is_pushed_off_the_search(rivals, clickable):
    said = imported()
    others = [known(f"skill:my-alpha-{n}", confidence_score="95") for n in range(rivals)]
    catalog = [known(confidence_score="50"), *others]

    (page,) = shown([said], [synced(said)], catalog=catalog, sources=[SOURCE])

    assert page["clickable"] == clickable


def test_only_the_first_sources_are_loaded():
    said = imported()
    others = [
        {"id": f"a{n:03}", "repo_url": f"https://x.y/{n}", "owner": "o", "repo_name": f"r{n}"}
        for n in range(SOURCES_LOADED)
    ]

    (page,) = shown([said], [synced(said)], catalog=[known()], sources=[*others, SOURCE])

    assert "not among the first 100" in page["obstacle"]


def test_pages_keep_their_contract_and_the_order_of_the_rows():
    said = imported()
    snap = snapshot([said], [synced(said), row("skill:zeta"), row(None)], **MARKET)

    frame = page_cells(snap)

    assert dict(frame.dtypes.astype(str)) == PAGES.dtypes
    assert list(frame["artifact_id"].fillna("-")) == list(snap.rows["artifact_id"].fillna("-"))


def test_a_home_without_rows_has_no_pages():
    assert shown([imported()]) == []
