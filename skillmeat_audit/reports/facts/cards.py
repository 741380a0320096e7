"""The numbers of the headline as cards: one number, what it counts, a note."""

from collections.abc import Iterator
from dataclasses import dataclass

from skillmeat_audit.reports.facts.page_counts import PageCounts, who_knows


@dataclass(frozen=True)
class Card:
    """One number of the answer, what it counts, and more about it.

    ``tone`` is "bad" for what pages do not show, "warn" for what rows do not hold, "good" for 0.
    """

    number: int
    label: str
    note: str
    tone: str


def cards_of(pages: PageCounts | None) -> Iterator[Card]:
    """Yield the numbers of the headline as cards; none without a cache."""
    if pages is None:
        return
    noun = "artifact" if pages.without_description == 1 else "artifacts"
    layers = who_knows(pages)
    yield _card(pages.without_description, f"{noun} shown without a description", layers, "bad")
    yield _card(pages.not_clickable, "with a source that cannot be clicked", "", "bad")
    if pages.shown_wrong:
        yield _card(pages.shown_wrong, "shown with a wrong description or source", "", "bad")
    until = "until it is synced"
    yield _card(pages.wrong_but_shown_right, "wrong in a row, shown right", until, "warn")
    if pages.lacking_details:
        label = "lack or misstate tags, author, license, tools or version"
        yield _card(pages.lacking_details, label, "in a row", "warn")
    by_whom = "by a restart or a refresh"
    yield _card(pages.values_blanked_next, "values blanked next", by_whom, "warn")


def _card(number: int, label: str, note: str, tone: str) -> Card:
    return Card(number, label, note if number else "", tone if number else "good")
