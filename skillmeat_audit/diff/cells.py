"""Lists the cells in which rows differ from what they should hold."""

import numpy as np
import pandas as pd

from skillmeat_audit.diff.compare import Bools, Objects
from skillmeat_audit.diff.expected import Layers, expect
from skillmeat_audit.diff.pairing import Pairs
from skillmeat_audit.model.fields import FIELDS, Field
from skillmeat_audit.model.findings import Disposition, Status
from skillmeat_audit.model.tables import CELLS, KEY

_FILL = "the manifest has none: a plan fills it too, or the next restart or refresh blanks this"
_DISPUTED = "several file collections declare this artifact and disagree"


def differing_cells(
    rows: pd.DataFrame, columns: frozenset[str], layers: Layers, pairs: Pairs
) -> pd.DataFrame:
    """Return ``CELLS``: where *rows* differ from *layers*, in *columns*; *pairs* are of *rows*."""
    fields = [field for field in FIELDS if field.column in columns]
    if not (len(pairs.row) and fields):
        return CELLS.empty()
    parts = [_cells_of_field(rows, layers, pairs, field) for field in fields]
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((values.pop("field"), values["row"]))
    values = {name: array[order] for name, array in values.items()}
    keys = {key: rows[key].take(values["row"]).to_numpy(dtype=object) for key in KEY}
    return CELLS.build(values | keys)


def _cells_of_field(
    rows: pd.DataFrame, layers: Layers, pairs: Pairs, field: Field
) -> dict[str, Objects]:
    """Return the differing cells of one column: arrays by ``CELLS`` name, and its ``field``."""
    expectation = expect(field, layers, pairs)
    actual = layers.row(field.column).take(pairs.row)
    wrong = expectation.differs_from(actual)
    choice, row = expectation.choice[wrong], pairs.row[wrong]
    blank = actual.isna().to_numpy()[wrong]
    status = np.select([blank, choice < 0], [Status.MISSING, Status.EXTRA], Status.DIFFERS)
    evidence = np.array([*(layer.evidence for layer in expectation.layers), None], dtype=object)
    disposition, detail = _dispositions(status, choice == 0, expectation.disputed[wrong])
    return {
        "field": np.full(len(row), FIELDS.index(field)),
        "row": row,
        "column": np.full(len(row), field.column, dtype=object),
        "status": status.astype(object),
        "expected": expectation.raw(wrong),
        "actual": rows[field.column].take(row).to_numpy(dtype=object),
        "evidence": evidence[choice],
        "disposition": disposition,
        "detail": detail,
    }


def _dispositions(status: Objects, by_manifest: Bools, disputed: Bools) -> tuple[Objects, Objects]:
    """Return how safe it is to write each cell (see `Disposition`), and the detail to add."""
    extra = status == Status.EXTRA
    missing = status == Status.MISSING
    disposition = np.select(
        [extra, disputed, by_manifest, missing],
        [Disposition.NONE, Disposition.REVIEW, Disposition.SAFE, Disposition.FILL],
        Disposition.REVIEW,
    ).astype(object)
    detail = np.full(len(status), None, dtype=object)
    detail[disposition == Disposition.FILL] = _FILL
    detail[disputed & ~extra] = _DISPUTED
    return disposition, detail
