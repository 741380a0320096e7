"""The numbers of the headline as cards: one number, what it counts, a note."""

from collections.abc import Iterator
from dataclasses import dataclass

from skillmeat_audit.reports.facts.page_counts import PageCounts, who_knows


@dataclass(frozen=True)
class Card:
    """One number of the answer, what it counts, and more about it."""

    number: int
    label: str
    note: str


def cards_of(pages: PageCounts | None) -> Iterator[Card]:
    """Yield the numbers of the headline as cards; none without a cache."""
    if pages is None:
        return
    noun = "artifact" if pages.without_description == 1 else "artifacts"
    layers = who_knows(pages) if pages.without_description else "none"
    yield Card(pages.without_description, f"{noun} shown without a description", layers)
    yield Card(pages.not_clickable, "with a source that cannot be clicked", "")
    yield Card(pages.wrong_but_shown_right, "wrong in a row, shown right", "until it is synced")
    yield Card(pages.values_blanked_next, "values blanked next", "by a restart or a refresh")
