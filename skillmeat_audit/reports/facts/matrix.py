"""The matrix of rows × fields: right, missing, differs, only here; equal rows folded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import is_in, to_objects
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import CELL_STATUSES, Status
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.names import Names, layer_name
from skillmeat_audit.reports.facts.values import display_value, plural

# The state of a cell, by its code; a glyph for each, because colour alone is not for everybody.
ABSENT, RIGHT, MISSING, DIFFERS, ONLY_HERE = STATES = range(5)
STATE_NAMES = ("", "right", "missing", "differs", "only-here")
GLYPHS = ("", "·", "–", "≠", "+")
LEGEND = "· right, – missing, ≠ differs, + only in the row, empty: no layer has one"
LINE_LIMIT, NAME_LIMIT = 40, 25
_STATUS_CODES = {Status.MISSING: MISSING, Status.DIFFERS: DIFFERS, Status.EXTRA: ONLY_HERE}
_NO_ROW, _VALUE_CHARS = "no row", 120

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class MatrixCell:
    """A cell of a line: its state, its sign, and in words what is wrong with it."""

    state: str
    glyph: str
    note: str


@dataclass(frozen=True)
class MatrixLine:
    """Rows with equal cells; ``names`` are the first of their artifacts.

    ``filters`` are those of the findings on them.
    """

    label: str
    names: tuple[str, ...]
    rows: int
    cells: tuple[MatrixCell, ...]
    filters: Mapping[str, str]


@dataclass(frozen=True)
class MatrixGroup:
    """The lines of one cause and collection."""

    title: str
    rows: int
    lines: tuple[MatrixLine, ...]


@dataclass(frozen=True)
class Matrix:
    """The matrix of a home; ``hidden`` rows are ``wrong`` and not shown, ``right`` ones have none.

    ``numbers`` counts cells by field and state.
    """

    fields: tuple[str, ...]
    groups: tuple[MatrixGroup, ...]
    wrong: int
    right: int
    hidden: int
    numbers: pd.DataFrame = field(repr=False)

    def open_groups(self, lines: int) -> int:
        """Return how many groups have about *lines* lines together, at least one."""
        totals = accumulate(len(group.lines) + 1 for group in self.groups)
        return max(sum(total <= lines for total in totals), 1)

    @property
    def sentence(self) -> str:
        """The matrix in one line."""
        total = plural(self.wrong + self.right, "row")
        if not self.wrong:
            return f"all cells of {total} are right"
        verb = "has" if self.wrong == 1 else "have"
        text = (
            f"{self.wrong} of {total} {verb} a cell that is missing, differs, or is in the row only"
        )
        return text + (f"; {self.hidden} of them are not shown" if self.hidden else "")


def matrix_of(
    rows: pd.DataFrame,
    cells: pd.DataFrame,
    missing: tuple[pd.DataFrame, pd.DataFrame],
    findings: pd.DataFrame,
    names: Names,
) -> Matrix:
    """Return the matrix of *rows*: ``ROWS`` with their ``writer`` and ``has_entry``.

    *cells* (``CELLS``) are those that differ, *missing* are the rows that the cache lacks, with
    their cells; *findings* (``FINDINGS``) add the wrong cells that no comparison sees.
    """
    absent, absent_cells = missing
    codes = np.vstack([_codes(rows, cells, findings), _absent_codes(absent, absent_cells)])
    lines = pd.concat([rows[[*KEY, "writer"]], absent[list(KEY)].assign(writer=None)])
    lines = lines.assign(
        # The states of a row as the digits of one number: rows with equal cells have equal numbers.
        pattern=codes.astype(np.int64) @ (len(STATES) ** np.arange(len(COLUMNS))),
        weight=((codes == MISSING) | (codes == DIFFERS)).sum(axis=1),
        position=np.arange(len(lines)),
    )
    used = np.flatnonzero(codes.any(axis=0))
    wrong = lines.iloc[np.flatnonzero((codes > RIGHT).any(axis=1))]
    # What a cell should hold is written only where lines are few enough to stand for a row each.
    notes = _notes(cells, 0) | _notes(absent_cells, len(rows)) if len(wrong) <= LINE_LIMIT else {}
    folded = _folded(wrong)
    visible = folded.head(LINE_LIMIT)
    return Matrix(
        tuple(COLUMNS[number] for number in used),
        tuple(_groups(visible, codes[:, used], used, notes, names)),
        len(wrong),
        len(lines) - len(wrong),
        len(wrong) - int(visible["rows"].sum()),
        _numbers(codes[:, used], used),
    )


def _codes(rows: pd.DataFrame, cells: pd.DataFrame, findings: pd.DataFrame) -> Codes:
    """Return the state of each cell of *rows*."""
    codes = np.full((len(rows), len(COLUMNS)), ABSENT, dtype=np.int8)
    has_entry = rows["has_entry"].to_numpy(dtype=bool)
    for number, column in enumerate(COLUMNS):
        held = ~is_in(rows[column].fillna(""), ["", "[]"]).to_numpy(dtype=bool)
        codes[held, number] = np.where(has_entry[held], RIGHT, ONLY_HERE)
    _set_statuses(codes, cells["row"].to_numpy(dtype=int), cells)
    # What only a rule sees, such as a list that is not JSON.
    judged = findings[findings["column"].notna() & is_in(findings["status"], CELL_STATUSES)]
    judged = judged[is_in(judged["column"], COLUMNS)]
    # Two rows with one key (K006) take no part: which of them is meant is not known.
    keys = pd.MultiIndex.from_frame(rows[list(KEY)])
    first = pd.Series(np.arange(len(rows)), keys)[~keys.duplicated(keep=False)]
    position = first.reindex(pd.MultiIndex.from_frame(judged[list(KEY)])).to_numpy()
    exists = ~np.isnan(position.astype(float))
    _set_statuses(codes, position[exists].astype(int), judged[exists])
    return codes


def _set_statuses(codes: Codes, row: npt.NDArray[Any], cells: pd.DataFrame) -> None:
    column = pd.Index(COLUMNS).get_indexer(pd.Index(cells["column"]))
    codes[row, column] = [_STATUS_CODES[status] for status in to_objects(cells["status"])]


def _absent_codes(absent: pd.DataFrame, cells: pd.DataFrame) -> Codes:
    """Return the states of rows that the cache lacks: all that layers know is missing."""
    codes = np.full((len(absent), len(COLUMNS)), ABSENT, dtype=np.int8)
    column = pd.Index(COLUMNS).get_indexer(pd.Index(cells["column"]))
    codes[cells["row"].to_numpy(dtype=int), column] = MISSING
    return codes


def _notes(cells: pd.DataFrame, offset: int) -> dict[tuple[int, str], str]:
    """Return what the row holds and what it should hold, by the position of the row and column."""
    notes = {}
    for cell in records(cells.head(LINE_LIMIT * len(COLUMNS))):
        expected = shortened(display_value(cell["expected"]), _VALUE_CHARS)
        actual = shortened(display_value(cell["actual"]), _VALUE_CHARS)
        layer = layer_name(cell["evidence"])
        notes[cell["row"] + offset, cell["column"]] = {
            Status.MISSING: f"the {layer} has: {expected}",
            Status.DIFFERS: f"holds: {actual}; the {layer} has: {expected}",
        }.get(cell["status"], f"holds: {actual}; no layer has one")
    return notes


def _folded(wrong: pd.DataFrame) -> pd.DataFrame:
    """Return *wrong* rows as lines: one each where there are few, else one per pattern.

    The causes with the most wrong cells are first; the order is the same each time.
    """
    fold = len(wrong) > LINE_LIMIT
    cause = ["writer", "collection_id"]
    keys = [*cause, "pattern"] if fold else [*cause, "pattern", "position"]
    wrong = wrong.fillna({"writer": "", "collection_id": ""})
    lines = wrong.groupby(keys, sort=True, as_index=False).agg(
        rows=("position", "size"),
        first=("position", "first"),
        weight=("weight", "first"),
        names=("artifact_id", lambda ids: list(ids.head(NAME_LIMIT))),
    )
    cells = lines.assign(cells=lines["weight"] * lines["rows"])
    order = lines.assign(cells=-cells.groupby(cause)["cells"].transform("sum"))
    return order.sort_values(
        ["cells", *cause, "weight", "rows", "first"],
        ascending=[True, True, True, False, False, True],
        ignore_index=True,
    )


def _groups(
    lines: pd.DataFrame,
    codes: Codes,
    used: npt.NDArray[Any],
    notes: Mapping[tuple[int, str], str],
    names: Names,
) -> Iterator[MatrixGroup]:
    for (writer, collection), group in lines.groupby(["writer", "collection_id"], sort=False):
        label = names.collection(collection) if collection else "no collection"
        cause = f"last written by {names.writer(writer)}" if writer else "not in the cache"
        yield MatrixGroup(
            f"{label}: {cause}",
            int(group["rows"].sum()),
            tuple(_line(line, codes[line["first"]], used, notes) for line in records(group)),
        )


def _line(
    line: Mapping[str, Any],
    codes: Codes,
    used: npt.NDArray[Any],
    notes: Mapping[tuple[int, str], str],
) -> MatrixLine:
    artifacts = tuple(shortened(printable(name or _NO_ROW), 80) for name in line["names"])
    many = line["rows"] > 1
    cells = []
    for code, number in zip(codes.tolist(), used.tolist(), strict=True):
        column = COLUMNS[number]
        name = STATE_NAMES[code].replace("-", " ")
        about = f" in {line['rows']} rows" if many else ""
        note = notes.get((line["first"], column), "") if code > RIGHT and not many else ""
        text = f"{column}: {name}{about}" + (f"; {note}" if note else "")
        cells.append(MatrixCell(STATE_NAMES[code], GLYPHS[code], text if name else ""))
    label = plural(line["rows"], "artifact") if many else artifacts[0]
    filters = {"writer": line["writer"], "collection": line["collection_id"]}
    if not many and line["names"][0]:
        filters["artifact"] = line["names"][0]
    return MatrixLine(label, artifacts, line["rows"], tuple(cells), filters)


def _numbers(codes: Codes, used: npt.NDArray[Any]) -> pd.DataFrame:
    counts = {
        STATE_NAMES[state].replace("-", " "): (codes == state).sum(axis=0) for state in STATES[1:]
    }
    return pd.DataFrame(counts, index=[COLUMNS[number] for number in used])


def field_label(column: str) -> str:
    """Return the name of a field as a narrow heading has room for it."""
    return column.removesuffix("_json").replace("_", " ")


def describe_fields(matrix: Matrix) -> Sequence[str]:
    """Return per field how many cells are wrong, those without a wrong cell left out."""
    return [
        f"{field_label(name)} {counts['missing']} missing, {counts['differs']} differ"
        for name, counts in zip(matrix.numbers.index, records(matrix.numbers), strict=True)
        if counts["missing"] or counts["differs"]
    ]
