"""The headline of an audit: what people see, in artifacts, in one value that every format renders.

A row holds a value, a page shows one: the numbers are of pages first, then of rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in, to_arrow
from skillmeat_audit.base.columns import count_texts
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.page_counts import PageCounts, count_pages, who_knows
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.schema.newest import NEWEST_RELEASE

NOTHING_WRONG = "Nothing wrong was found."  # within the scope: rules may be left out
_NONE_BLANK = "no page is blank"
_PART_LIMIT = 120
# The rules about pages that answer error 500, now and once SkillMeat is upgraded, and about
# artifacts that no page lists.
FAILS, BLOCKS_UPGRADE, UNLISTED = "V004", "X003", "K001"


@dataclass(frozen=True)
class Selection:
    """The part of an audit's findings that was asked for (empty: all), and how many are hidden.

    A baseline hides none: what it accepts is counted apart. Whatever was asked for, ``failing``
    counts the reasons why pages answer error 500, ``unlisted`` the artifacts that the list of all
    artifacts lacks, and ``blocks_upgrade`` is True where the newest release would answer error 500.
    """

    part: str = ""
    hidden: int = 0
    failing: int = 0
    unlisted: int = 0
    blocks_upgrade: bool = False


@dataclass(frozen=True)
class UnreadableManifests:
    """How many ``manifests`` could not be read in full, and where and why the ``first`` could not.

    ``is_mendable`` says that a plan mends all that SkillMeat refuses in them.
    """

    manifests: int
    first: str
    is_mendable: bool

    @property
    def sentence(self) -> str:
        """Which manifests are unreadable, and what to do."""
        number, one = plural(self.manifests, "manifest"), self.manifests == 1
        which = f"{number} could not be read in full ({self.first}{'' if one else '; …'})"
        it, says = ("it", "it says") if one else ("them", "they say")
        advice = "" if self.is_mendable else f" Make {it} readable, then check again."
        return f"{which}: what {says} is not known.{advice}"


@dataclass(frozen=True)
class Headline:
    """The answer of an audit: its `pages`, its findings, and what was not judged.

    ``pages`` is None without a cache. ``failing`` counts the reasons why pages answer error 500,
    ``unlisted`` the artifacts that the list of all artifacts lacks. ``matching`` counts the
    findings of ``selection``, ``errors`` and ``warnings`` the bad ones of them; ``accepted`` are
    those of the baseline, None without one; ``unreadable`` are the manifests that could not be read
    in full; ``blocks_upgrade`` says that pages of the newest release would fail.
    """

    pages: PageCounts | None
    failing: int
    unlisted: int
    matching: int
    errors: int
    warnings: int
    selection: Selection
    accepted: int | None
    unreadable: UnreadableManifests | None
    blocks_upgrade: bool

    @property
    def sentence(self) -> str:
        """The answer in a few sentences, never empty."""
        return " ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is unreadable, what pages show, what comes next, what rows hold, then the limits."""
        unreadable = () if self.unreadable is None else (self.unreadable.sentence,)
        pages = tuple(self._of_pages())
        limits = tuple(self._limits())
        # Where pages say something, they are the answer, and findings come second.
        # Accepted findings are something: that nothing is new is among the limits.
        answered = bool(pages and not self._is_clean) or bool(self.accepted and not self.matching)
        first = () if answered else (self._of_findings(),)
        return (*unreadable, *first, *pages, *limits)

    @property
    def tone(self) -> str:
        """Return "bad" where pages or manifests fail people, "warn" where rows do, else "good"."""
        fails_people = self.is_bad or self.failing or self.unlisted
        if fails_people or self.unreadable or (self.errors and not self.pages):
            return "bad"
        return "good" if self._is_clean else "warn"

    @property
    def _is_clean(self) -> bool:
        """Whether no layer knows better than any page, no value is at risk, nothing is hidden."""
        pages = self.pages
        # `without_description` is not among them: where no layer knows one, nothing is wrong.
        at_risk = pages is not None and (
            pages.described_elsewhere,
            pages.not_clickable,
            pages.shown_wrong,
            pages.wrong_but_shown_right,
            pages.lacking_details,
            pages.values_blanked_next,
        )
        return not (self.errors or self.warnings or self.selection.hidden or any(at_risk or ()))

    @property
    def is_bad(self) -> bool:
        """Whether any page shows less than the layers know, or than it should."""
        return self.pages is not None and bool(
            self.pages.without_description or self.pages.not_clickable
        )

    @property
    def blank_sentence(self) -> str:
        """How many artifacts pages show without a description, empty for none."""
        if self.pages is None or not self.pages.without_description:
            return ""
        number = plural(self.pages.without_description, "artifact")
        return f"Pages show {number} without a description; {who_knows(self.pages)}."

    def _of_pages(self) -> Iterator[str]:
        pages = self.pages
        if pages is None:
            return
        if self.blank_sentence:
            yield self.blank_sentence
        if pages.not_clickable:
            number = plural(pages.not_clickable, "artifact")
            yield f"Pages show {number} with a source that cannot be clicked."
        if self.unlisted:
            one = self.unlisted == 1
            yield (
                f"The list of all artifacts lacks {plural(self.unlisted, 'artifact')}: "
                f"{'it has' if one else 'they have'} no row (rule {UNLISTED})."
            )
        if self.failing:
            reasons = plural(self.failing, "reason")
            yield f"Some pages answer error 500, for {reasons} (rule {FAILS})."
        if pages.shown_wrong:
            number = plural(pages.shown_wrong, "artifact")
            yield f"Pages show a wrong description, source or origin of {number}."
        yield from self._of_rows(pages)
        if self.blocks_upgrade:
            yield (
                f"Do not upgrade to SkillMeat {NEWEST_RELEASE} yet: its pages would answer error "
                f"500, as columns are missing (rule {BLOCKS_UPGRADE})."
            )

    def _of_rows(self, pages: PageCounts) -> Iterator[str]:
        """Yield what rows hold that pages do not show, or not yet."""
        leads = not (self.is_bad or self.unlisted or self.failing or pages.shown_wrong)
        if wrong := pages.wrong_but_shown_right:
            number, one = plural(wrong, "artifact"), wrong == 1
            if leads:
                errors = f" ({plural(self.errors, 'error')})" if self.errors else ""
                yield f"{number} {'has' if one else 'have'} wrong rows{errors}."
                yield "Its page still looks right." if one else "Their pages still look right."
            else:
                rows = "The row of 1 artifact holds" if one else f"Rows of {number} hold"
                yield f"{rows} wrong values that pages still show right."
        if blanked := pages.values_blanked_next:
            rows = "a row holds" if blanked == 1 else "rows hold"
            blanks = f"SkillMeat's next restart or refresh blanks {plural(blanked, 'value')}"
            yield f"{blanks} that {rows} and no manifest has."
        if pages.lacking_details:
            more = "more " if pages.not_right or pages.shown_wrong or wrong else ""
            rows = plural(pages.lacking_details, f"{more}artifact")
            yield f"Rows of {rows} lack or misstate tags, author, license, tools or version."

    def _of_findings(self) -> str:
        """Return the sentence where no page is blank and no row is wrong behind a right page."""
        counts = [plural(self.errors, "error")] if self.errors else []
        counts += [plural(self.warnings, "warning")] if self.warnings else []
        if not counts and self.selection.hidden:
            return f"{_NONE_BLANK.capitalize()}."
        if not counts and self.matching:
            return f"No error and no warning was found, {plural(self.matching, 'note')}."
        if not counts:
            return NOTHING_WRONG
        return (
            f"{' and '.join(counts)}, but {_NONE_BLANK}."
            if self.pages
            else f"{' and '.join(counts)}."
        )

    def _limits(self) -> Iterator[str]:
        """Yield what limits the answer: a filter, a baseline."""
        if self.selection.part:
            matching = plural(self.matching, "finding") if self.matching else "No finding"
            verb = "match" if self.matching > 1 else "matches"
            part = shortened(printable(self.selection.part), _PART_LIMIT)
            yield f"{matching} {verb} {part}; {_are(self.selection.hidden, 'other')} hidden."
        if self.accepted is not None:
            new = f"{self.matching:,} new" if self.matching else "Nothing new"
            yield f"{new}; {_are(self.accepted, 'known finding')} accepted."


def headline_of(
    snapshot: Snapshot,
    facts: pd.DataFrame,
    findings: pd.DataFrame,
    selection: Selection,
    accepted: Accepted | None = None,
) -> Headline:
    """Return the headline from *facts* (``PAGE_FACTS``) and the *findings* in *selection*."""
    severities = count_texts(to_arrow(findings["severity"]))
    # Without a cache SkillMeat shows no page yet, and there is nothing to count.
    has_cache = snapshot.home.database is not None
    return Headline(
        pages=count_pages(facts) if has_cache else None,
        failing=selection.failing,
        unlisted=selection.unlisted if has_cache else 0,
        matching=len(findings),
        errors=severities.get(Severity.ERROR, 0),
        warnings=severities.get(Severity.WARNING, 0),
        selection=selection,
        accepted=None if accepted is None else len(accepted.findings),
        unreadable=_unreadable(snapshot),
        blocks_upgrade=selection.blocks_upgrade and not _is_accepted(accepted),
    )


def _is_accepted(accepted: Accepted | None) -> bool:
    """Return whether the baseline accepts that an upgrade would fail: none may be planned."""
    return accepted is not None and bool((accepted.findings["rule"] == BLOCKS_UPGRADE).any())


def _are(number: int, noun: str) -> str:
    return f"{plural(number, noun)} {'is' if number == 1 else 'are'}"


def _unreadable(snapshot: Snapshot) -> UnreadableManifests | None:
    problems = snapshot.problems[is_in(snapshot.problems["kind"], ["manifest"])]
    if problems.empty:
        return None
    # collections/default/collection.toml:9 → without the line: several problems of one file are one
    # manifest
    manifests = int(problems["place"].str.replace(r":.*$", "", regex=True).nunique())
    place, reason = problems[["place", "detail"]].iloc[0]
    first = shortened(printable(f"{place}: {reason}"), _PART_LIMIT)
    return UnreadableManifests(manifests, first, is_mendable=bool(problems["mend"].notna().all()))
