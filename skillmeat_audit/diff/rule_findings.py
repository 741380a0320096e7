"""What a rule returns: where it finds something, and which columns a finding has there.

Rules are many and most find nothing: no DataFrame is made before the findings of all are joined.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT, take_rows
from skillmeat_audit.base.columns import Text
from skillmeat_audit.diff.compare import Ints

Texts: TypeAlias = dict[str, Text | None]


@dataclass(frozen=True)
class RuleFindings:
    """Findings of one rule, one per position.

    ``texts`` are columns of ``FINDINGS``: one text for all findings, or an Arrow array that has
    them at the ``positions``; columns left out are null. The registry adds rule, severity and
    writer; a rule may add ``severity`` where it is not its usual one. ``rows`` are the cache rows
    that the findings are about, None where they are about something else.
    """

    positions: Ints
    texts: Texts
    rows: Ints | None = None

    def __len__(self) -> int:
        return len(self.positions)

    def column(self, name: str) -> pa.Array:
        """Return the values of a column, one per finding."""
        match self.texts.get(name):
            case None:
                return pa.nulls(len(self), ARROW_TEXT)
            case str(text):
                return pa.repeat(pa.scalar(text, ARROW_TEXT), len(self))
            case pa.DictionaryArray() as values:
                return values.take(pa.array(self.positions)).dictionary_decode()
            case values:
                return take_rows(values, self.positions)

    def detached(self) -> "RuleFindings":
        """Return the same findings with arrays of their own values only."""
        texts = {
            name: self.column(name) if isinstance(text, pa.Array) else text
            for name, text in self.texts.items()
        }
        return replace(self, positions=np.arange(len(self)), texts=texts)


# A rule returns several where it looks at several columns, and none where it finds nothing.
Parts: TypeAlias = tuple[RuleFindings, ...]
NO_FINDINGS: Parts = ()


def findings_of(records: Iterable[Texts]) -> Parts:
    """Return one finding per record, about no row: its columns, those that it lacks are null."""
    return tuple(RuleFindings(np.zeros(1, dtype=int), record) for record in records)
