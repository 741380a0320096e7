"""The headline of an audit: what people see, in artifacts, in one value that every format renders.

A row holds a value, a page shows one: the numbers are of pages first, then of rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.values import plural

NOTHING_WRONG = "Nothing wrong was found."  # within the scope: rules may be left out
# The order is that of belief: of layers that know equally many, the first is named.
_LAYERS = {"in_manifest": "the manifest", "in_file": "", "in_catalog": "the catalogue"}
_LAYERS |= {"in_row": "a row"}
KNOWING = tuple(_LAYERS)  # the columns of ``PAGE_FACTS`` that say which layers know a description
_ALL_SHOWN = "no page shows an artifact without a description or a link"
_PART_LIMIT = 120
FAILS = "V004"  # the rule about pages that answer error 500


@dataclass(frozen=True)
class Selection:
    """The part of an audit's findings that was asked for (empty: all), and how many are hidden.

    A baseline hides none: what it accepts is counted apart. ``failing`` counts the reasons why
    pages answer error 500, whatever was asked for.
    """

    part: str = ""
    hidden: int = 0
    failing: int = 0


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
    wrong_but_shown_right : int
        Artifacts with a row that holds a wrong value, which its page shows right.
    values_blanked_next : int
        Values that rows hold and SkillMeat's next restart or refresh blanks.
    """

    without_description: int
    described_elsewhere: int
    best_layer: str | None
    described_by_best: int
    not_clickable: int
    not_right: int
    wrong_but_shown_right: int
    values_blanked_next: int


@dataclass(frozen=True)
class Headline:
    """The answer of an audit: its `pages`, its findings, and what was not judged.

    ``pages`` is None without a cache. ``failing`` counts the reasons why pages answer error 500,
    ``matching`` the findings of ``selection``, ``errors`` and ``warnings`` the bad ones of them;
    ``accepted`` are those of the baseline, None without one; ``unreadable`` counts manifests that
    could not be read in full.
    """

    pages: PageCounts | None
    failing: int
    matching: int
    errors: int
    warnings: int
    selection: Selection
    accepted: int | None
    unreadable: int

    @property
    def sentence(self) -> str:
        """The answer in a few sentences, never empty."""
        return " ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What pages show, what comes next, what rows hold, then what limits the answer."""
        pages = tuple(self._of_pages())
        limits = tuple(self._limits())
        # Where pages say something, they are the answer, and findings come second.
        # Accepted findings are something: that nothing is new is among the limits.
        answered = bool(pages and not self._is_clean) or bool(self.accepted and not self.matching)
        first = () if answered else (self._of_findings(),)
        return (*first, *pages, *limits)

    @property
    def _is_clean(self) -> bool:
        """Whether no layer knows better than any page, no value is at risk, nothing is hidden."""
        pages = self.pages
        # `without_description` is not among them: where no layer knows one, nothing is wrong.
        at_risk = pages is not None and (
            pages.described_elsewhere,
            pages.not_clickable,
            pages.wrong_but_shown_right,
            pages.values_blanked_next,
        )
        return not (self.errors or self.warnings or self.selection.hidden or any(at_risk or ()))

    @property
    def is_bad(self) -> bool:
        """Whether any page shows less than the layers know, or than it should."""
        return self.pages is not None and bool(
            self.pages.without_description or self.pages.not_clickable
        )

    def _of_pages(self) -> Iterator[str]:
        pages = self.pages
        if pages is None:
            return
        if blank := pages.without_description:
            shown = f"Pages show {plural(blank, 'artifact')} without a description"
            yield f"{shown}; {who_knows(pages)}."
        if pages.not_clickable:
            number = plural(pages.not_clickable, "artifact")
            yield f"Pages show {number} with a source that cannot be clicked."
        wrong, blanked = pages.wrong_but_shown_right, pages.values_blanked_next
        if self.failing:
            reasons = plural(self.failing, "reason")
            yield f"Some pages answer error 500, for {reasons} (see {FAILS})."
        if (wrong or blanked or self.failing) and not self.is_bad:
            yield f"{_ALL_SHOWN.capitalize()}."
        if blanked:
            rows = "a row holds" if blanked == 1 else "rows hold"
            blanks = f"SkillMeat's next restart or refresh blanks {plural(blanked, 'value')}"
            yield f"{blanks} that {rows} and no manifest has."
        if wrong:
            rows = (
                "The row of 1 artifact holds" if wrong == 1 else f"Rows of {wrong:,} artifacts hold"
            )
            yield f"{rows} wrong values that pages still show right."

    def _of_findings(self) -> str:
        """Return the sentence where no page is blank and no row is wrong behind a right page."""
        counts = [plural(self.errors, "error")] if self.errors else []
        counts += [plural(self.warnings, "warning")] if self.warnings else []
        if not counts and self.selection.hidden:
            return f"{_ALL_SHOWN.capitalize()}."
        if not counts and self.matching:
            return f"No error and no warning was found, {plural(self.matching, 'note')}."
        if not counts:
            return NOTHING_WRONG
        return (
            f"{' and '.join(counts)}, but {_ALL_SHOWN}."
            if self.pages
            else f"{' and '.join(counts)}."
        )

    def _limits(self) -> Iterator[str]:
        """Yield what limits the answer: a filter, a baseline, manifests that cannot be read."""
        if self.selection.part:
            matching = plural(self.matching, "finding") if self.matching else "No finding"
            verb = "match" if self.matching > 1 else "matches"
            part = shortened(printable(self.selection.part), _PART_LIMIT)
            yield f"{matching} {verb} {part}; {_are(self.selection.hidden, 'other')} hidden."
        if self.accepted is not None:
            new = f"{self.matching:,} new" if self.matching else "Nothing new"
            yield f"{new}; {_are(self.accepted, 'known finding')} accepted."
        if self.unreadable:
            number, pronoun = plural(self.unreadable, "manifest"), _pronoun(self.unreadable)
            yield f"{number} could not be read in full: what {pronoun} is not known."


def headline_of(
    snapshot: Snapshot,
    facts: pd.DataFrame,
    findings: pd.DataFrame,
    selection: Selection,
    accepted: Accepted | None = None,
) -> Headline:
    """Return the headline from *facts* (``PAGE_FACTS``) and the *findings* in *selection*."""
    severities = findings["severity"].value_counts()
    # Without a cache SkillMeat shows no page yet, and there is nothing to count.
    has_cache = snapshot.home.database is not None
    return Headline(
        pages=count_pages(facts) if has_cache else None,
        failing=selection.failing,
        matching=len(findings),
        errors=int(severities.get(Severity.ERROR, 0)),
        warnings=int(severities.get(Severity.WARNING, 0)),
        selection=selection,
        accepted=None if accepted is None else len(accepted.findings),
        unreadable=_unreadable(snapshot),
    )


def count_pages(facts: pd.DataFrame) -> PageCounts:
    """Return the numbers of *facts* (``PAGE_FACTS``), in artifacts."""
    blank, not_right = facts[facts["blank"]], facts[facts["blank"] | facts["dead_link"]]
    ids, is_known = blank["artifact_id"], blank[list(_LAYERS)].any(axis=1)
    counts = {layer: ids[blank[layer]].nunique() for layer in _LAYERS}
    # Of layers that know equally many, the first: the order is that of trust.
    best = max(counts, key=lambda layer: counts[layer])
    return PageCounts(
        # Rows without an artifact (K006) have a blank page too: all of them count as one.
        without_description=ids.nunique(dropna=False),
        described_elsewhere=ids[is_known].nunique(),
        best_layer=_layer_name(blank, best) if counts[best] else None,
        described_by_best=counts[best],
        not_clickable=facts.loc[facts["dead_link"], "artifact_id"].nunique(dropna=False),
        not_right=not_right["artifact_id"].nunique(dropna=False),
        wrong_but_shown_right=facts.loc[facts["wrong_but_right"], "artifact_id"].nunique(),
        values_blanked_next=int(facts["blanked_next"].sum()),
    )


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


def _are(number: int, noun: str) -> str:
    return f"{plural(number, noun)} {'is' if number == 1 else 'are'}"


def _pronoun(number: int) -> str:
    return "it says" if number == 1 else "they say"


def _unreadable(snapshot: Snapshot) -> int:
    problems = snapshot.problems
    places = problems.loc[is_in(problems["kind"], ["manifest"]), "place"]
    # collections/default/collection.toml:9 → without the line: several problems of one file are one
    # manifest
    return int(places.str.replace(r":.*$", "", regex=True).nunique())
