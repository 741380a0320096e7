"""Where a running SkillMeat differs from the page model."""

from builders import imported, row, snapshot

from skillmeat_audit.diff.live_pages import compare_live
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import (
    LIVE_FAILURES,
    LIVE_PAGES,
    LIVE_SINGLES,
    LiveAnswers,
    LiveScope,
)
from skillmeat_audit.model.tables import PAGES

KEY = {"collection_id": "default", "artifact_id": "skill:alpha"}


def compared(modelled, live, complete=("default",)):
    pages = PAGES.from_records([KEY | each for each in modelled])
    live_pages = LIVE_PAGES.from_records([KEY | each for each in live])
    answers = LiveAnswers("http://h", live_pages, LIVE_FAILURES.empty(), frozenset(complete))
    comparison = compare_live(snapshot(), pages, answers, LiveScope())
    found = records(comparison.differences)
    return comparison.compared, [(*each.values(),)[2:] for each in found]


def test_equal_pages_have_no_difference():
    text = {"description": "said", "source": "https://github.com/a/b", "origin": "github"}

    assert compared([text], [text]) == (1, [])


def test_an_empty_text_is_shown_as_none():
    assert compared([{"description": ""}], [{"description": None}]) == (1, [])


def test_every_text_that_differs_is_a_difference():
    model = {"description": "a", "source": "s", "origin": None, "origin_source": "github"}
    live = {"description": "b", "source": "s", "origin": "local", "origin_source": None}

    assert compared([model], [live]) == (
        1,
        [
            ("skill:alpha", "description", "a", "b"),
            ("skill:alpha", "origin", None, "local"),
            ("skill:alpha", "origin_source", "github", None),
        ],
    )


def test_an_artifact_that_one_side_lacks_is_one_difference():
    assert compared([{}], [{"artifact_id": "skill:beta"}]) == (
        0,
        [
            ("skill:alpha", None, "listed", None),
            ("skill:beta", None, None, "listed"),
        ],
    )


def test_a_collection_that_was_not_answered_completely_is_not_compared():
    assert compared([{}], [], complete=()) == (0, [])
    assert compared([{}, {"collection_id": "team"}], [{}]) == (1, [])


def test_what_is_listed_twice_counts_once():
    first, second = {"description": "a"}, {"description": "b"}

    assert compared([first, second, {"artifact_id": None}], [first, second]) == (1, [])


def singles(entries, *shown, rows=()):
    """Return the differences of pages that SkillMeat serves from manifests."""
    live = LIVE_SINGLES.from_records(
        [
            {"artifact_id": "skill:alpha", "origin": "marketplace", "origin_source": "github"}
            | each
            for each in shown
        ]
    )
    answers = LiveAnswers("http://h", LIVE_PAGES.empty(), LIVE_FAILURES.empty(), frozenset(), live)
    compared = compare_live(snapshot(entries, rows), PAGES.empty(), answers, LiveScope())
    assert compared.singles == len(shown)
    return [
        (each["page"], each["column"], each["model"], each["live"])
        for each in records(compared.differences)
    ]


def test_a_page_of_its_own_shows_the_manifest():
    said = imported(description="Does.", source=None)
    right = {"page": "artifact", "description": "Does.", "source": "local"}

    assert singles([said], right) == []
    assert singles([said], right | {"description": "Other."}) == [
        ("artifact", "description", "Does.", "Other."),
    ]
    assert singles([said], right | {"description": None, "source": "x"}) == [
        ("artifact", "description", "Does.", None),
        ("artifact", "source", "local", "x"),
    ]


def test_the_list_of_all_artifacts_takes_the_source_of_a_row():
    said, held = imported(source="https://a/b"), [row(source="https://c/d"), row(collection="t1")]
    shown = {"page": "list", "source": "https://c/d"}

    assert singles([said], shown, rows=held) == []
    assert singles([said], shown | {"page": "artifact"}, rows=held) == [
        ("artifact", "source", "https://a/b", "https://c/d"),
    ]


def test_any_file_collection_that_declares_an_artifact_may_serve_its_page():
    declared = [imported(place="work", source="https://w"), imported(source="https://d")]

    assert singles(declared, *({"page": "artifact", "source": f"https://{n}"} for n in "wd")) == []
    assert singles(declared, {"page": "artifact", "source": "https://x"}) == [
        ("artifact", "source", "https://d", "https://x"),
    ]


def test_what_no_manifest_declares_is_one_difference():
    assert singles([], {"page": "list"}) == [("list", None, None, "listed")]
