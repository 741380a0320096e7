"""Which line of a table shows what: positions in order, folded to one line per group."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Line(NamedTuple):
    """One line: the positions that it stands for, its group, and how it is folded.

    ``level`` is 1 for a line inside an unfolded group, ``is_open`` None where nothing unfolds.
    """

    positions: Ints
    group: int
    level: int
    is_open: bool | None


class Folding:
    """The lines of *ordered* positions, one per group of *codes* unless it is in *unfolded*.

    *codes* holds the group of each of *ordered*. A group stands where its first position does, and
    a group of one position is a line that does not unfold.
    """

    def __init__(self, ordered: Ints, codes: Ints, unfolded: Collection[int]) -> None:
        groups, firsts, inverse, sizes = np.unique(
            codes, return_index=True, return_inverse=True, return_counts=True
        )
        # np.unique sorts by code; groups stand in the order of their first positions.
        order = np.argsort(firsts)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        self._members = ordered[np.argsort(ranks[inverse], kind="stable")]
        self._groups, self._sizes = groups[order], sizes[order]
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._is_open = np.isin(self._groups, list(unfolded)) & (self._sizes > 1)
        # Prefix sums find the line at any height by bisection: no list of all lines is built.
        heights = 1 + np.where(self._is_open, self._sizes, 0)
        self._tops = np.cumsum(heights) - heights
        self.total = int(heights.sum())

    @property
    def groups(self) -> int:
        """The number of groups."""
        return len(self._groups)

    def line(self, number: int) -> Line:
        """Return the line *number*, from 0."""
        group, offset = self._locate(number)
        start, size = self._starts[group], self._sizes[group]
        code = int(self._groups[group])
        if offset:
            member = start + offset - 1
            return Line(self._members[member : member + 1], code, 1, None)
        is_open = bool(self._is_open[group]) if size > 1 else None
        return Line(self._members[start : start + size], code, 0, is_open)

    def between(self, one: int, other: int) -> Ints:
        """Return the positions of the lines from *one* to *other*, both included."""
        (first, above), (last, offset) = map(self._locate, sorted((one, other)))
        begin = self._starts[first] + max(above - 1, 0)
        end = self._starts[last] + (offset or self._sizes[last])
        return self._members[begin:end]

    def _locate(self, number: int) -> tuple[int, int]:
        """Return the group in which line *number* is, and how far below its first line."""
        group = int(np.searchsorted(self._tops, number, "right")) - 1
        return group, number - int(self._tops[group])
