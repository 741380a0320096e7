"""Counts what pages show and what becomes of it, in artifacts: the numbers of the headline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import to_arrow
from skillmeat_audit.base.columns import Mask

# The order is that of belief: of layers that know equally many, the first is named.
_LAYERS = {"in_manifest": "the manifest", "in_file": "", "in_catalog": "the catalogue"}
_LAYERS |= {"in_row": "a row"}
_STATES = ("shows_wrong", "wrong_but_right", "lacks_details")
Numbers = npt.NDArray[np.int_]
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
    names = (*_LAYERS, *_STATES, "blank", "dead_link")
    flags = {name: facts[name].to_numpy(dtype=bool) for name in names}
    ids = to_arrow(facts["artifact_id"])
    # Rows without an artifact (K006) have a blank page too: all of them count as one.
    artifacts = np.asarray(ids.dictionary_encode(null_encoding="encode").indices)
    blank, has_artifact = flags["blank"], ids.is_valid().to_numpy(zero_copy_only=False)
    known = {layer: flags[layer] & blank & has_artifact for layer in _LAYERS}
    counts = {layer: _count(artifacts, mask) for layer, mask in known.items()}
    # Of layers that know equally many, the first: the order is that of trust.
    best = max(counts, key=lambda layer: counts[layer])
    states = [blank | flags["dead_link"], *(flags[name] for name in _STATES)]
    exclusive = tuple(_count_exclusive(artifacts, states, has_artifact))
    return PageCounts(
        without_description=_count(artifacts, blank),
        described_elsewhere=_count(artifacts, np.logical_or.reduce([*known.values()])),
        best_layer=_layer_name(facts[blank], best) if counts[best] else None,
        described_by_best=counts[best],
        not_clickable=_count(artifacts, flags["dead_link"]),
        not_right=exclusive[0],
        shown_wrong=exclusive[1],
        wrong_but_shown_right=exclusive[2],
        lacking_details=exclusive[3],
        values_blanked_next=int(facts["blanked_next"].sum()),
    )


def _count(artifacts: Numbers, rows: Mask) -> int:
    """Return how many of *artifacts*, one per row, are those of *rows*."""
    return len(np.unique(artifacts[rows]))


def _count_exclusive(
    artifacts: Numbers, states: Sequence[Mask], has_artifact: Mask
) -> Iterator[int]:
    """Yield how many artifacts have a row in each of *states* and in none of those before it."""
    counted = np.zeros(len(artifacts), dtype=bool)
    for state in states:
        of_state = state & ~counted
        yield _count(artifacts, of_state)
        counted |= np.isin(artifacts, artifacts[of_state & has_artifact]) | state


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
