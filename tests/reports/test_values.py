"""Values on a line: cut at words, whole where there is room, different where they differ."""

import pytest
from rich.cells import cell_len

from skillmeat_audit.base.text import shortened
from skillmeat_audit.reports.facts.values import display_value, fit_cells, fit_pair

URL = "https://github.com/acme-labs/agent-kit/tree/{}/skills/1password"
TEXT = "Reads secrets with the 1Password CLI (op). Use when a task needs a password or a key."


@pytest.mark.parametrize("width", range(12, 80))
def test_a_cut_is_after_a_word_or_a_part_of_a_path(width):
    for text in (TEXT, URL.format("main")):
        for cut in (fit_cells(text, width).rstrip(), shortened(text, width)):
            assert cell_len(cut) <= width
            if cut != text:
                kept = cut.removesuffix("…")
                assert text.startswith(kept)
                is_end = kept.endswith("/") or text[len(kept)] == " "
                assert is_end or not any(mark in kept[width // 2 + 1 :] for mark in " /")


@pytest.mark.parametrize("room", range(30, 120))
@pytest.mark.parametrize(
    ("one", "other"),
    [(URL.format("main"), URL.format("5ca1c484b6")), (TEXT, TEXT.replace("task", "run"))],
)
def test_what_differs_is_in_sight(room, one, other):
    before, after = fit_pair(one, other, room)

    assert before != after
    assert cell_len(before) + cell_len(after) <= room


def test_the_longer_value_has_the_room_that_the_shorter_one_leaves():
    assert fit_pair("(empty)", TEXT, 7 + len(TEXT)) == ("(empty)", TEXT)
    assert fit_pair("(empty)", TEXT, 60)[1].startswith("Reads secrets with the 1Password CLI")


def test_an_end_of_line_is_a_sign():
    assert display_value("one\ntwo\n") == "one↵two↵"
    assert display_value('["a\\nb"]') == "a↵b"
    assert display_value("a\\nb") == "a\\nb"
