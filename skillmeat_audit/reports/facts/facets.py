"""Filters, counts and sorts the findings of an audit in milliseconds."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, TypedDict, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.model.findings import SEVERITIES

FACETS = (
    "severity",
    "rule",
    "kind",
    "column",
    "disposition",
    "evidence",
    "collection",
    "writer",
    "page",
)
# A fleet's findings have a home, and no page.
FLEET_FACETS = ("home", *FACETS[: FACETS.index("page")])
TEXTS = ("artifact", "actual", "expected", "text")
_COLUMNS = {"collection": "collection_id", "artifact": "artifact_id"}
_SEARCHED = ("artifact_id", "column", "expected", "actual", "detail")

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Choice: TypeAlias = str | Sequence[str]


class FindingFilter(TypedDict, total=False):
    """A filter of findings: all of its fields must match.

    A facet (``severity``, ``rule``, ``kind`` of artifact, ``column``, ``disposition``,
    ``evidence``, ``collection`` by its id, ``writer``, and ``page``: what the page of the artifact
    is: blank, not clickable, right) matches one value or one of several exactly, and ``""`` matches
    findings without one. ``artifact``, ``actual`` and ``expected`` are searched in that column,
    ``text`` in the artifact, the column, the values and the detail, in upper or lower case.
    """

    severity: Choice
    rule: Choice
    kind: Choice
    column: Choice
    disposition: Choice
    evidence: Choice
    collection: Choice
    writer: Choice
    page: Choice
    artifact: str
    actual: str
    expected: str
    text: str


def choices(value: Choice) -> list[str]:
    """Return the values that a facet of a filter accepts."""
    return [value] if isinstance(value, str) else list(value)


class FindingFacets:
    """Findings (``FINDINGS``) by position; *pages* are the states of their pages.

    Findings of a fleet (``FLEET_FINDINGS``) have `FLEET_FACETS` as *names*, and no pages.
    """

    def __init__(
        self, findings: pd.DataFrame, pages: pd.Series | None, names: Sequence[str] = FACETS
    ) -> None:
        self.findings, self.names = findings, names
        kinds = findings["artifact_id"].str.replace(r":.*", "", regex=True)
        columns = findings.assign(page=pages, kind=kinds)
        self._facets = {name: _codes(columns[_COLUMNS.get(name, name)]) for name in names}
        self._ranks: dict[str, Ints] = {}
        self._masks: dict[str, tuple[Choice, Bools]] = {}

    @cached_property
    def row_codes(self) -> Ints:
        """A number per finding, the same for all findings of one row."""
        keys = self.findings["collection_id"].fillna("") + "\0"
        if "home" in self.findings:
            keys = self.findings["home"] + "\0" + keys
        return _codes(keys + self.findings["artifact_id"].fillna(""))[0]

    def matching(self, filters: FindingFilter) -> Ints:
        """Return the positions of the findings that match *filters*, in their own order."""
        return np.flatnonzero(self._misses(filters) == 0)

    def counts(self, filters: FindingFilter) -> dict[str, dict[str, int]]:
        """Return for each facet how many findings each value has, under the other filters."""
        misses, counts = self._misses(filters), {}
        for name in self.names:
            codes, values = self._facets[name]
            # Counts answer "what if I chose this": the filter of the facet itself takes no part.
            others = misses
            if name in filters:
                choice = cast("Mapping[str, Choice]", filters)[name]
                others = misses - ~self._filter_mask(name, choice)
            numbers = np.bincount(codes[others == 0], minlength=len(values))
            counted = zip(values, numbers.tolist(), strict=True)
            counts[name] = dict(sorted((value, number) for value, number in counted if number))
        return counts

    def value_counts(self, name: str, positions: Ints) -> dict[str, int]:
        """Return how many of the findings at *positions* have each value of a facet."""
        codes, values = self._facets[name]
        numbers = np.bincount(codes[positions], minlength=len(values))
        return dict(zip(values, numbers.tolist(), strict=True))

    def ordered(self, positions: Ints, column: str, *, descending: bool = False) -> Ints:
        """Return *positions* by *column*, stable."""
        ranks = self._column_ranks(column)[positions]
        # Negated, not reversed: equal findings keep their order in both directions.
        return positions[np.argsort(-ranks if descending else ranks, kind="stable")]

    def _misses(self, filters: FindingFilter) -> npt.NDArray[np.int8]:
        """Return how many of *filters* each finding does not match."""
        misses = np.zeros(len(self.findings), dtype=np.int8)
        for name, choice in cast("Mapping[str, Choice]", filters).items():
            misses += ~self._filter_mask(name, choice)
        return misses

    def _filter_mask(self, name: str, choice: Choice) -> Bools:
        """Return where filter *name* matches; the latest mask is cached: most filters stay."""
        cached_choice, mask = self._masks.get(name, (None, None))
        if mask is None or cached_choice != choice:
            mask = self._facet_mask(name, choices(choice)) if name in self.names else None
            if mask is None:
                mask = self._text_mask(self._texts(name), str(choice))
            # One mask per filter: people change one filter at a time.
            self._masks[name] = choice, mask
        return mask

    def _facet_mask(self, name: str, accepted: Sequence[str]) -> Bools:
        codes, values = self._facets[name]
        is_accepted = np.array([value in accepted for value in values], dtype=bool)
        return cast("Bools", is_accepted[codes])

    def _texts(self, name: str) -> Any:
        if name == "text":
            return self._search_texts
        return pc.utf8_lower(pa.array(self.findings[_COLUMNS.get(name, name)].fillna("")))

    def _text_mask(self, texts: Any, text: str) -> Bools:
        matches = pc.match_substring(texts, text.lower())
        return cast("Bools", matches.to_numpy(zero_copy_only=False))

    @cached_property
    def _search_texts(self) -> Any:
        # One text per finding, in lower case once: a search is then one pass of Arrow, 100,000 in
        # milliseconds.
        columns = [
            pa.array(self.findings[name].fillna(""), pa.large_string()) for name in _SEARCHED
        ]
        return pc.utf8_lower(
            pc.binary_join_element_wise(*columns, pa.scalar("\n", pa.large_string()))
        )

    def _column_ranks(self, column: str) -> Ints:
        if column not in self._ranks:
            codes, values = _codes(self.findings[column])
            # Severities by their rank, all other values by the alphabet.
            severities = {str(severity): severity.rank for severity in SEVERITIES}
            order = sorted(values, key=lambda value: (severities.get(value, -1), value))
            ranks = {value: number for number, value in enumerate(order)}
            self._ranks[column] = np.array([ranks[value] for value in values], dtype=int)[codes]
        return self._ranks[column]


def _codes(values: pd.Series) -> tuple[Ints, list[str]]:
    """Return a number for each of *values*, and the text per number; an absent value is ""."""
    codes, texts = pd.factorize(values.fillna(""))
    return codes.astype(np.int64), [str(text) for text in texts]


def filter_arguments(filters: Mapping[str, object]) -> str:
    """Return *filters* as the arguments of a call."""
    return ", ".join(f"{name}={value!r}" for name, value in filters.items())
