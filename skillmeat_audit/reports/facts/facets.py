"""Filters, counts and sorts the findings of an audit in milliseconds."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypedDict, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.model.findings import SEVERITIES

FACETS = ("rule", "severity", "writer", "collection", "page")
_COLUMNS = {"collection": "collection_id"}
_SEARCHED = ("artifact_id", "column", "expected", "actual", "detail")

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class FindingFilter(TypedDict, total=False):
    """A filter of findings: all of its fields must match.

    ``rule``, ``severity``, ``writer``, ``collection`` (its id) and ``page`` (what the page of the
    artifact is: blank, not clickable, right) match exactly, ``""`` matches findings without one;
    ``text`` is searched in the artifact, the column, the values and the detail, in upper or lower
    case.
    """

    rule: str
    severity: str
    writer: str
    collection: str
    page: str
    text: str


class FindingFacets:
    """Findings (``FINDINGS``) by position; *pages* are the states of their pages."""

    def __init__(self, findings: pd.DataFrame, pages: pd.Series) -> None:
        self.findings = findings
        columns = findings.assign(page=pages)
        self._facets = {name: _codes(columns[_COLUMNS.get(name, name)]) for name in FACETS}
        self._ranks: dict[str, Ints] = {}
        self._masks: dict[str, tuple[str, Bools]] = {}

    def matching(self, filters: FindingFilter) -> Ints:
        """Return the positions of the findings that match *filters*, in their own order."""
        return np.flatnonzero(self._mask(filters))

    def counts(self, facet: str, filters: FindingFilter) -> dict[str, int]:
        """Return how many findings each value of *facet* has, under the other *filters*."""
        others = {name: value for name, value in filters.items() if name != facet}
        codes, values = self._facets[facet]
        numbers = np.bincount(
            codes[self._mask(cast("FindingFilter", others))], minlength=len(values)
        )
        counted = zip(values, numbers.tolist(), strict=True)
        return dict(sorted((value, number) for value, number in counted if number))

    def ordered(self, positions: Ints, column: str, *, descending: bool = False) -> Ints:
        """Return *positions* by *column*, stable."""
        ranks = self._column_ranks(column)[positions]
        # Negated, not reversed: equal findings keep their order in both directions.
        return positions[np.argsort(-ranks if descending else ranks, kind="stable")]

    def _mask(self, filters: FindingFilter) -> Bools:
        mask = np.ones(len(self.findings), dtype=bool)
        for name, value in filters.items():
            mask &= self._filter_mask(name, str(value))
        return mask

    def _filter_mask(self, name: str, value: str) -> Bools:
        """Return where filter *name* matches; the latest mask is cached for `counts`."""
        cached_value, mask = self._masks.get(name, (None, None))
        # Counting five facets under four other filters each asks for the same masks again and
        # again.
        if mask is None or cached_value != value:
            mask = self._text_mask(value) if name == "text" else self._facet_mask(name, value)
            self._masks[name] = value, mask
        return mask

    def _facet_mask(self, name: str, value: str) -> Bools:
        codes, values = self._facets[name]
        # -1 is what factorize gives nulls; here they are "", and -2 is no code at all.
        return np.equal(codes, values.index(value) if value in values else -2)

    def _text_mask(self, text: str) -> Bools:
        matches = pc.match_substring(self._search_texts, text.lower())
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
