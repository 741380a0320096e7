"""Findings made ready to be looked through: filtered, counted and sorted in milliseconds."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypedDict, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.model.findings import SEVERITIES

FACETS = ("rule", "severity", "writer", "collection")
_COLUMNS = {"collection": "collection_id"}
_SEARCHED = ("artifact_id", "column", "expected", "actual", "detail")

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class FindingFilter(TypedDict, total=False):
    """Which findings are asked for: those that have all of these.

    ``rule``, ``severity``, ``writer`` and ``collection`` (its id) are exact, ``""`` asks for those
    without one; ``text`` is somewhere in the artifact, the column, a value or the detail, in upper
    or lower case.
    """

    rule: str
    severity: str
    writer: str
    collection: str
    text: str


class FindingFacets:
    """The findings (``FINDINGS``) of an audit, by position."""

    def __init__(self, findings: pd.DataFrame) -> None:
        self.findings = findings
        self._facets = {name: _codes(findings[_COLUMNS.get(name, name)]) for name in FACETS}
        self._ranks: dict[str, Ints] = {}
        self._masks: dict[str, tuple[str, Bools]] = {}

    def matching(self, wanted: FindingFilter) -> Ints:
        """Return the positions of the findings that are *wanted*, in their own order."""
        return np.flatnonzero(self._mask(wanted))

    def counts(self, facet: str, wanted: FindingFilter) -> dict[str, int]:
        """Return how many findings each value of *facet* has, by value, the other filters held."""
        others = {name: value for name, value in wanted.items() if name != facet}
        codes, values = self._facets[facet]
        found = np.bincount(codes[self._mask(cast("FindingFilter", others))], minlength=len(values))
        counted = zip(values, found.tolist(), strict=True)
        return dict(sorted((value, number) for value, number in counted if number))

    def ordered(self, positions: Ints, column: str, *, descending: bool = False) -> Ints:
        """Return *positions* by *column*, those that are alike in their own order."""
        ranks = self._rank(column)[positions]
        return positions[np.argsort(-ranks if descending else ranks, kind="stable")]

    def _mask(self, wanted: FindingFilter) -> Bools:
        mask = np.ones(len(self.findings), dtype=bool)
        for name, value in wanted.items():
            mask &= self._having(name, str(value))
        return mask

    def _having(self, name: str, value: str) -> Bools:
        """Return where filter *name* is met; the latest answer is kept, for counting asks again."""
        asked, mask = self._masks.get(name, (None, None))
        if mask is None or asked != value:
            mask = self._holding(value) if name == "text" else self._being(name, value)
            self._masks[name] = value, mask
        return mask

    def _being(self, name: str, value: str) -> Bools:
        codes, values = self._facets[name]
        return np.equal(codes, values.index(value) if value in values else -2)

    def _holding(self, text: str) -> Bools:
        found = pc.match_substring(self._searched, text.lower())
        return cast("Bools", found.to_numpy(zero_copy_only=False))

    @cached_property
    def _searched(self) -> Any:
        columns = [
            pa.array(self.findings[name].fillna(""), pa.large_string()) for name in _SEARCHED
        ]
        return pc.utf8_lower(
            pc.binary_join_element_wise(*columns, pa.scalar("\n", pa.large_string()))
        )

    def _rank(self, column: str) -> Ints:
        if column not in self._ranks:
            codes, values = _codes(self.findings[column])
            grave = {each.value: number for number, each in enumerate(SEVERITIES)}
            order = sorted(values, key=lambda value: (grave.get(value, -1), value))
            place = {value: number for number, value in enumerate(order)}
            self._ranks[column] = np.array([place[value] for value in values], dtype=int)[codes]
        return self._ranks[column]


def _codes(values: pd.Series) -> tuple[Ints, list[str]]:
    """Return a number for each of *values*, and what the numbers stand for; "" is an absent one."""
    codes, known = pd.factorize(values.fillna(""))
    return codes.astype(np.int64), [str(value) for value in known]


def filter_arguments(wanted: Mapping[str, object]) -> str:
    """Return the arguments of the call that asks for *wanted*."""
    return ", ".join(f"{name}={value!r}" for name, value in wanted.items())
