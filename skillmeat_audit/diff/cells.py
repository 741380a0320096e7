"""Lists the cells in which rows differ from what they should hold."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, take_rows, to_arrow
from skillmeat_audit.diff.compare import Bools, Ints, Objects, normalize
from skillmeat_audit.diff.expected import Layers, certainly_equal, expect
from skillmeat_audit.diff.pairing import Pairs
from skillmeat_audit.model.contracts import Values
from skillmeat_audit.model.fields import FIELDS, Field
from skillmeat_audit.model.findings import Disposition, Evidence, Status
from skillmeat_audit.model.tables import CELLS, KEY

_FILL = "the manifest has none: a plan fills it too, or the next restart or refresh blanks this"
_ACCIDENT = "the manifest holds an accident, which a refresh writes again: correct it there"
_DISPUTED = "several file collections declare this artifact and disagree"


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
    values: dict[str, Values] = {"row": row[order]}
    values |= {key: from_arrow(take_rows(to_arrow(rows[key]), row[order])) for key in KEY}
    values |= {
        name: from_arrow(pa.concat_arrays([part.texts[name] for part in parts]).take(order))
        for name in parts[0].texts
    }
    return CELLS.build(values)


class _Cells(NamedTuple):
    """The differing cells of one column: their rows, and their other values by ``CELLS`` name."""

    row: Ints
    texts: dict[str, pa.Array]


def _cells_of(field: Field, rows: pd.DataFrame, layers: Layers, pairs: Pairs) -> _Cells | None:
    """Return the differing cells in the column of *field*, None if there are none."""
    held = take_rows(to_arrow(rows[field.column]), pairs.row)
    doubtful = np.flatnonzero(~certainly_equal(field, layers, held, pairs.entry))
    if not len(doubtful):
        return None
    expectation = expect(field, layers, pairs.entry[doubtful])
    actual = normalize(from_arrow(take_rows(held, doubtful)), field.kind)
    wrong = np.flatnonzero(expectation.differs_from(actual))
    if not len(wrong):
        return None
    position, choice = doubtful[wrong], expectation.choice[wrong]
    is_blank = actual.isna().to_numpy()[wrong]
    status = np.select([is_blank, choice < 0], [Status.MISSING, Status.EXTRA], Status.DIFFERS)
    doubts = _doubts(field, layers, pairs, position, choice == 0)
    disposition, detail = _dispositions(status, choice == 0, doubts)
    evidence = np.array([*(layer.evidence for layer in expectation.layers), None], dtype=object)
    objects = {
        "column": [field.column] * len(wrong),
        "status": status,
        "evidence": evidence[choice],
        "disposition": disposition,
        "detail": detail,
    }
    texts = {name: pa.array(values, ARROW_TEXT) for name, values in objects.items()}
    texts["expected"] = expectation.raw(wrong)
    texts["actual"] = take_rows(held, position)
    return _Cells(pairs.row[position], texts)


def _doubts(
    field: Field, layers: Layers, pairs: Pairs, position: Ints, by_manifest: Bools
) -> Objects:
    """Return why a person has to decide the cells of the pairs at *position*, None if nobody has.

    Several candidates disagree, in their manifests or, where a value is not *by_manifest*, in what
    each has at all; or the manifest holds an accident, which a fill would overwrite.
    """
    doubts = np.full(len(position), None, dtype=object)
    if field.column == "description":
        accidents = layers.manifest_accidents.fillna(value=False).to_numpy(dtype=bool)
        doubts[accidents[pairs.entry[position]] & ~by_manifest] = _ACCIDENT
    if len(pairs.several):
        manifest = layers.layer(Evidence.MANIFEST, field.column).normal
        disputed = pairs.disputed(manifest)
        effective = pairs.disputed(layers.effective(field.column))
        doubts[disputed[position] | (effective[position] & ~by_manifest)] = _DISPUTED
    return doubts


def _dispositions(status: Objects, by_manifest: Bools, doubts: Objects) -> tuple[Objects, Objects]:
    """Return how safe it is to write each cell (see `Disposition`), and the detail to add."""
    disputed = np.array([doubt is not None for doubt in doubts], dtype=bool)
    extra = status == Status.EXTRA
    missing = status == Status.MISSING
    disposition = np.select(
        # The order decides: select takes the first that is true. A disputed cell is never safe,
        # whoever has the value.
        [extra, disputed, by_manifest, missing],
        [Disposition.NONE, Disposition.REVIEW, Disposition.SAFE, Disposition.FILL],
        Disposition.REVIEW,
    ).astype(object)
    detail = np.full(len(status), None, dtype=object)
    detail[disposition == Disposition.FILL] = _FILL
    detail[disputed & ~extra] = doubts[disputed & ~extra]
    return disposition, detail
