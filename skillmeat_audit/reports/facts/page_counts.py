"""Counts what pages show and what becomes of it, in artifacts: the numbers of the headline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in

# The order is that of belief: of layers that know equally many, the first is named.
_LAYERS = {"in_manifest": "the manifest", "in_file": "", "in_catalog": "the catalogue"}
_LAYERS |= {"in_row": "a row"}
KNOWING = tuple(_LAYERS)  # the columns of ``PAGE_FACTS`` that say which layers know a description


@dataclass(frozen=True)
class PageCounts:
    """What pages show, and what becomes of it; each number counts artifacts, the last one values.

    Parameters
    ----------
    without_description : int
        Artifacts that a page shows without a description.
    described_elsewhere : int
        Those of them whose description some layer knows.
    best_layer, described_by_best : str or None, int
        The layer that knows most of them, and how many.
    not_clickable : int
        Artifacts with a known source that a page shows without a link.
    not_right : int
        Artifacts with a page of either kind.
    shown_wrong : int
        Artifacts of which a page shows another description, source or origin than is expected.
    wrong_but_shown_right : int
        Other artifacts with a row that holds a wrong value, which its page shows right.
    lacking_details : int
        Other artifacts with a row in which tags, author, license, tools or version are missing or
        wrong. None of the last three is among those of the numbers before it.
    values_blanked_next : int
        Values that rows hold and SkillMeat's next restart or refresh blanks.
    """

    without_description: int
    described_elsewhere: int
    best_layer: str | None
    described_by_best: int
    not_clickable: int
    not_right: int
    shown_wrong: int
    wrong_but_shown_right: int
    lacking_details: int
    values_blanked_next: int


def count_pages(facts: pd.DataFrame) -> PageCounts:
    """Return the numbers of *facts* (``PAGE_FACTS``), in artifacts."""
    blank = facts[facts["blank"]]
    ids, is_known = blank["artifact_id"], blank[list(_LAYERS)].any(axis=1)
    counts = {layer: ids[blank[layer]].nunique() for layer in _LAYERS}
    # Of layers that know equally many, the first: the order is that of trust.
    best = max(counts, key=lambda layer: counts[layer])
    not_right = facts["blank"] | facts["dead_link"]
    states = (not_right, facts["shows_wrong"], facts["wrong_but_right"], facts["lacks_details"])
    exclusive = tuple(_count_exclusive(facts["artifact_id"], states))
    return PageCounts(
        # Rows without an artifact (K006) have a blank page too: all of them count as one.
        without_description=ids.nunique(dropna=False),
        described_elsewhere=ids[is_known].nunique(),
        best_layer=_layer_name(blank, best) if counts[best] else None,
        described_by_best=counts[best],
        not_clickable=facts.loc[facts["dead_link"], "artifact_id"].nunique(dropna=False),
        not_right=exclusive[0],
        shown_wrong=exclusive[1],
        wrong_but_shown_right=exclusive[2],
        lacking_details=exclusive[3],
        values_blanked_next=int(facts["blanked_next"].sum()),
    )


def _count_exclusive(ids: pd.Series, states: Sequence[pd.Series]) -> Iterator[int]:
    """Yield how many artifacts have a row in each of *states* and in none of those before it."""
    counted = pd.Series(False, index=ids.index)
    for state in states:
        of_state = ids[state & ~counted]
        yield of_state.nunique(dropna=False)
        counted |= is_in(ids, of_state.dropna()) | state


def knowing_layers(fact: Mapping[str, object]) -> list[str]:
    """Return the names of the layers that know the description of a page's artifact."""
    file = str(fact["file"] or "the artifact's file")
    return [name or file for layer, name in _LAYERS.items() if fact[layer]]


def who_knows(pages: PageCounts) -> str:
    """Return which layer knows the descriptions that pages do not show."""
    described, best = pages.described_elsewhere, pages.described_by_best
    if not described:
        return "no layer knows one"
    if pages.without_description == 1:
        return f"{pages.best_layer} knows it"
    if best == described:
        return f"{pages.best_layer} knows {best:,} of them"
    return f"some layer knows {described:,} of them, {pages.best_layer} {best:,}"


def _layer_name(blank: pd.DataFrame, layer: str) -> str:
    """Return what *layer* is called; a front matter by its file where all have the same."""
    if layer != "in_file":
        return _LAYERS[layer]
    names = blank.loc[blank[layer], "file"].unique()
    return str(names[0]) if len(names) == 1 else "the front matter"
