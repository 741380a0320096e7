"""Lists the cells in which rows differ from what they should hold."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT, BLOCK_ROWS, take_rows, to_arrow, to_mask
from skillmeat_audit.diff.compare import Bools, Ints, is_same, normal_form
from skillmeat_audit.diff.expected import Layers, certainly_equal, expect
from skillmeat_audit.diff.pairing import Pairs
from skillmeat_audit.model.contracts import Values
from skillmeat_audit.model.fields import COLUMNS, FIELDS, Field
from skillmeat_audit.model.findings import Disposition, Evidence, Status
from skillmeat_audit.model.tables import CELLS, KEY

_FILL = "the manifest has none: a plan fills it too, or the next restart or refresh blanks this"
_ACCIDENT = "the manifest holds an accident, which a refresh writes again: correct it there"
_DISPUTED = "several file collections declare this artifact and disagree"
# Cells repeat a few words: they are numbers here until all cells are listed.
_WORDS = (None, *COLUMNS, *Status, *Evidence, *Disposition, _FILL, _ACCIDENT, _DISPUTED)
_NUMBER = {word: number for number, word in enumerate(_WORDS)}


def differing_cells(
    rows: pd.DataFrame, columns: frozenset[str], layers: Layers, pairs: Pairs
) -> pd.DataFrame:
    """Return ``CELLS``: where *rows* differ from *layers*, in *columns*; *pairs* are of *rows*."""
    fields = [field for field in FIELDS if field.column in columns]
    if not (len(pairs.row) and fields):
        return CELLS.empty()
    parts = [cells for field in fields if (cells := _cells_of(field, rows, layers, pairs))]
    if not parts:
        return CELLS.empty()
    row = np.concatenate([part.row for part in parts])
    order = np.argsort(row, kind="stable")  # the parts are in the order of columns
    row = row[order]
    values: dict[str, Values] = {"row": row}
    values |= {key: take_rows(to_arrow(rows[key]), row) for key in KEY}
    for name in ("expected", "actual"):
        values[name] = pa.concat_arrays([getattr(part, name) for part in parts]).take(order)
    words = pa.array(_WORDS, ARROW_TEXT)
    for name in parts[0].words:
        numbers = np.concatenate([part.words[name] for part in parts])[order]
        values[name] = words.take(pa.array(numbers))
    return CELLS.build(values)


@dataclass(frozen=True)
class _Cells:
    """The differing cells of one column: their rows, their values, other columns as numbers."""

    row: Ints
    expected: pa.Array
    actual: pa.Array
    words: dict[str, Ints]


def _cells_of(field: Field, rows: pd.DataFrame, layers: Layers, pairs: Pairs) -> _Cells | None:
    """Return the differing cells in the column of *field*, None if there are none."""
    held = pairs.of_rows(to_arrow(rows[field.column]))
    doubtful = _doubtful(field, layers, held, pairs.entry)
    if not len(doubtful):
        return None
    actual = held.take(doubtful)
    expectation = expect(field, layers, pairs.entry[doubtful])
    normal = normal_form(actual, field.kind)
    wrong = np.flatnonzero(~to_mask(is_same(expectation.normal_texts, normal)))
    if not len(wrong):
        return None
    position, choice = doubtful[wrong], expectation.choice[wrong]
    is_blank = to_mask(normal.is_null())[wrong]
    doubts = _doubts(field, layers, pairs, position, choice == 0)
    evidence = np.array([_NUMBER[each] for each in (*field.layers, None)])
    words = {"column": np.full(len(wrong), _NUMBER[field.column]), "evidence": evidence[choice]}
    words |= _judgement(is_blank, choice, doubts)
    return _Cells(pairs.row[position], expectation.texts.take(wrong), actual.take(wrong), words)


def _doubtful(field: Field, layers: Layers, held: pa.Array, entry: Ints) -> Ints:
    """Return the pairs that are not `certainly_equal`, found a block of rows at a time."""
    doubtful = []
    for start in range(0, len(entry), BLOCK_ROWS):
        block = held.slice(start, BLOCK_ROWS), entry[start : start + BLOCK_ROWS]
        doubtful.append(start + np.flatnonzero(~certainly_equal(field, layers, *block)))
    return np.concatenate(doubtful)


def _doubts(field: Field, layers: Layers, pairs: Pairs, position: Ints, by_manifest: Bools) -> Ints:
    """Return why a person has to decide the cells of the pairs at *position*, as numbers of words.

    Several candidates disagree, in their manifests or, where a value is not *by_manifest*, in what
    each has at all; or the manifest holds an accident, which a fill would overwrite.
    """
    doubts = np.full(len(position), _NUMBER[None])
    if field.column == "description":
        doubts[layers.accidents[pairs.entry[position]] & ~by_manifest] = _NUMBER[_ACCIDENT]
    if len(pairs.several):
        manifest = layers.layer(Evidence.MANIFEST, field.column).normal
        disputed = pairs.disputed(manifest)
        effective = pairs.disputed(layers.effective(field.column))
        doubts[disputed[position] | (effective[position] & ~by_manifest)] = _NUMBER[_DISPUTED]
    return doubts


def _judgement(is_blank: Bools, choice: Ints, doubts: Ints) -> dict[str, Ints]:
    """Return status, disposition and detail of each cell, as numbers of words."""
    extra = ~is_blank & (choice < 0)
    none, review, safe, fill = (
        _NUMBER[each]
        for each in (Disposition.NONE, Disposition.REVIEW, Disposition.SAFE, Disposition.FILL)
    )
    missing, surplus, differs = (
        _NUMBER[each] for each in (Status.MISSING, Status.EXTRA, Status.DIFFERS)
    )
    # The order decides: select takes the first that is true. A disputed cell is never safe, whoever
    # has the value.
    is_doubtful = doubts != _NUMBER[None]
    disposition = np.select(
        [extra, is_doubtful, choice == 0, is_blank], [none, review, safe, fill], review
    )
    detail = np.select([disposition == fill, extra], [_NUMBER[_FILL], _NUMBER[None]], doubts)
    status = np.select([is_blank, extra], [missing, surplus], differs)
    return {"status": status, "disposition": disposition, "detail": detail}
