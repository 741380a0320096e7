"""Where a running SkillMeat differs from the page model."""

from skillmeat_audit.diff.live_pages import compare_live
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import LIVE_FAILURES, LIVE_PAGES, LiveAnswers
from skillmeat_audit.model.tables import PAGES

KEY = {"collection_id": "default", "artifact_id": "skill:alpha"}


def compared(modelled, live, complete=("default",)):
    pages = PAGES.from_records([KEY | each for each in modelled])
    live_pages = LIVE_PAGES.from_records([KEY | each for each in live])
    answers = LiveAnswers("http://h", live_pages, LIVE_FAILURES.empty(), frozenset(complete))
    comparison = compare_live(pages, answers)
    found = records(comparison.differences)
    return comparison.compared, [(*each.values(),)[1:] for each in found]


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
