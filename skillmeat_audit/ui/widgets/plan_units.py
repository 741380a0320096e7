"""The changes of a plan one by one: what a table shows of them, and the plan of those ticked."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
from markupsafe import Markup

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.changes import Change, PlanDocument
from skillmeat_audit.model.manifest_edits import ManifestChanges, cell_text
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import empty_sign, table_html, tag, text_html
from skillmeat_audit.reports.notebook.word_diff import marked_difference
from skillmeat_audit.ui.widgets.folding import Ints, Line
from skillmeat_audit.ui.widgets.grid import Bools, GridColumn, LineCells

COLUMNS = (
    GridColumn("artifact", "artifact", 20),
    GridColumn("what", "what", 10),
    GridColumn("where", "where", 17),
    GridColumn("column", "column or key", 15),
    GridColumn("before", "before", 16),
    GridColumn("after", "after", 20),
    GridColumn("repair", "repair", 8),
    GridColumn("rules", "repairs", 10),
)
_WHOLE_CHARS = 2_000
_DETAIL_ROWS = 40


class Unit(NamedTuple):
    """One change that can be left out: a key of a manifest, a cell of a row, or a whole row.

    ``owner`` is the number of its manifest or of its row in the plan, ``item`` that of the edit, or
    the column; None stands for the row, which is deleted.
    """

    what: str
    owner: int
    item: int | str | None
    artifact: str
    where: str
    column: str
    before: str | None
    after: str | None
    repair: str
    rules: str


class PlanUnits:
    """The changes of *plan* in its order: manifests, then rows."""

    def __init__(self, plan: PlanDocument, names: Names) -> None:
        self.plan = plan
        edits = [unit for n, each in enumerate(plan.manifests) for unit in _edits(n, each)]
        cells = [unit for n, each in enumerate(plan.changes) for unit in _cells(n, each, names)]
        self.units = edits + cells
        # Edits come first: a position below this number is one.
        self._key_count = len(edits)

    @cached_property
    def codes(self) -> Ints:
        """A number per change, the same for those of one row, and of one entry of a manifest."""
        numbers: dict[tuple[bool, int, str], int] = {}
        keys = ((each.what == "edit", each.owner, each.artifact) for each in self.units)
        return np.fromiter(
            (numbers.setdefault(key, len(numbers)) for key in keys), np.int64, len(self.units)
        )

    def ordered(self, column: str, *, descending: bool) -> Ints:
        """Return the positions of the changes by *column*, stable; "" is the plan's order."""
        positions = np.arange(len(self.units))
        if not column:
            return positions
        texts = [getattr(unit, column) or "" for unit in self.units]
        # `reverse` keeps the plan's order among equal texts; a reversed result would not.
        order = sorted(positions.tolist(), key=texts.__getitem__, reverse=descending)
        return np.array(order, dtype=np.int64)

    def chosen(self, ticked: Bools) -> PlanDocument:
        """Return the plan with the *ticked* changes only."""
        left_out: dict[tuple[bool, int], set[object]] = defaultdict(set)
        for position in np.flatnonzero(~ticked).tolist():
            unit = self.units[position]
            left_out[position < self._key_count, unit.owner].add(unit.item)
        if not left_out:
            return self.plan
        manifests, changes = list(self.plan.manifests), list(self.plan.changes)
        for (is_edit, owner), items in left_out.items():
            if is_edit:
                manifests[owner] = _without_edits(manifests[owner], items)
            else:
                changes[owner] = _without_cells(changes[owner], items)
        return msgspec.structs.replace(
            self.plan,
            manifests=[each for each in manifests if each.edits],
            changes=[each for each in changes if each.cells],
        )

    def cells(self, lines: Sequence[Line]) -> Sequence[LineCells]:
        """Return what each of *lines* shows in `COLUMNS`."""
        return [self._line(line) for line in lines]

    def detail(self, line: Line) -> Markup:
        """Return the changes of *line* with their whole values side by side, words marked."""
        units = [self.units[position] for position in line.positions[:_DETAIL_ROWS].tolist()]
        caption = f"{units[0].artifact}: {plural(len(line.positions), 'change')}, before → after"
        rows = [(unit.column, *_values(unit, _WHOLE_CHARS)) for unit in units]
        return table_html(caption, ("column or key", "before", "after"), rows)

    def _line(self, line: Line) -> LineCells:
        units = [self.units[position] for position in line.positions[:_DETAIL_ROWS].tolist()]
        first = units[0]
        before, after = _values(first) if len(units) == 1 else (Markup(), Markup())
        shown = {"before": before, "after": after, "what": tag(first.what)}
        if len(units) > 1:
            shown["before"] = text_html(plural(len(line.positions), "change"))
        cells = []
        for column in COLUMNS:
            texts = [text for unit in units if (text := getattr(unit, column.name))]
            whole = [shortened(printable(text), _WHOLE_CHARS) for text in dict.fromkeys(texts)]
            html = shown.get(column.name, text_html(", ".join(whole)))
            cells.append((html, "\n".join(whole)))
        return cells


def _edits(owner: int, manifest: ManifestChanges) -> list[Unit]:
    return [
        Unit(
            "edit",
            owner,
            number,
            edit.artifact_id,
            manifest.path,
            edit.key or "the entry itself",
            cell_text(edit.before),
            cell_text(edit.after),
            edit.disposition,
            " ".join(edit.rules),
        )
        for number, edit in enumerate(manifest.edits)
    ]


def _cells(owner: int, change: Change, names: Names) -> list[Unit]:
    row = change.artifact_id, names.collection(change.collection_id)
    if change.op == "delete":
        reason = change.disposition, " ".join(change.rules)
        return [Unit("delete", owner, None, *row, "every column", None, None, *reason)]
    return [
        Unit(
            change.op,
            owner,
            column,
            *row,
            column,
            cell.before,
            cell.after,
            cell.disposition,
            " ".join(cell.rules),
        )
        for column, cell in change.cells.items()
    ]


def _without_edits(manifest: ManifestChanges, numbers: set[object]) -> ManifestChanges:
    edits = [edit for number, edit in enumerate(manifest.edits) if number not in numbers]
    return msgspec.structs.replace(manifest, edits=edits)


def _without_cells(change: Change, columns: set[object]) -> Change:
    # None is the row itself: without cells, `chosen` drops the change.
    cells = {name: cell for name, cell in change.cells.items() if name not in columns}
    return msgspec.structs.replace(change, cells={} if None in columns else cells)


def _values(unit: Unit, limit_chars: int | None = None) -> tuple[Markup, Markup]:
    """Return what *unit* writes, before and after, as HTML."""
    if unit.item is None:
        return text_html("the whole row"), empty_sign("(no row)")
    before, after = (
        marked_difference(unit.before, unit.after)
        if limit_chars is None
        else marked_difference(unit.before, unit.after, limit_chars)
    )
    return (empty_sign("(no row)") if unit.what == "insert" else before), after
