"""A table of any length in the browser, whose rows stay in Python: only what is in sight is sent.

The browser sends what a person does as a message, such as ``{"do": "sort", "column": "rule"}``;
`Grid.receive` carries it out, and the traits ``view`` and ``window`` tell the browser the result.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets
from markupsafe import Markup

from skillmeat_audit.reports.notebook.html import text_html
from skillmeat_audit.ui.widgets.folding import Folding, Ints, Line

WINDOW_LINES = 60  # sent at a time: about four screens
_FOLDER = Path(__file__).parent

Bools = npt.NDArray[np.bool_]
Message = dict[str, Any]
LineCells = Sequence[tuple[Markup, str]]  # per column: what is shown, and the whole value


@dataclass(frozen=True)
class GridColumn:
    """A column of a grid: its *weight* is its share of the width."""

    name: str
    label: str
    weight: int
    shown: bool = True
    sortable: bool = True


class Grid(anywidget.AnyWidget):
    """A table of numbered positions: sorted, filtered and described by its owner.

    *cells* returns for lines what each column shows. *actions* are called with the messages that
    the grid does not answer itself (``sort``, ``filter``, exports); *on_select* after
    the selection changed, *on_move* after another line became the current one. With *ticks*, a
    click on a line leaves the selection as it is: only boxes change it.
    """

    _esm = _FOLDER / "grid.js"
    _css = _FOLDER / "grid.css"
    label = traitlets.Unicode().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    facets: traitlets.List[Message] = traitlets.List().tag(sync=True)
    window = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        label: str,
        columns: Sequence[GridColumn],
        cells: Callable[[Sequence[Line]], Sequence[LineCells]],
        *,
        ticks: bool = False,
    ) -> None:
        super().__init__(label=label)
        self.columns, self.status = list(columns), ""
        self.exports: Sequence[tuple[str, str]] = ()
        self.sort: tuple[str, bool] = ("", False)
        self.actions: dict[str, Callable[[Message], object]] = {}
        self.on_select: Callable[[], object] = lambda: None
        self.on_move: Callable[[], object] = lambda: None
        self.selected: Bools = np.zeros(0, dtype=bool)
        self.is_grouped, self.current = True, -1
        self._cells, self._ticks = cells, ticks
        self._ordered = self._codes = np.arange(0)
        self._unfolded: set[int] = set()
        self._anchor, self._resets, self._start = 0, 0, 0
        self.folding = Folding(self._ordered, self._codes, ())
        self.view, self.window = self._view(), {"start": 0, "lines": []}
        self.on_msg(lambda _widget, message, _buffers: self.receive(message))

    def show(self, ordered: Ints, codes: Ints, selected: Bools) -> None:
        """Show the positions *ordered*, each of the group in *codes*, from the top."""
        self._ordered, self._codes, self.selected = ordered, codes, selected
        self.current, self._anchor = -1, 0
        self._resets, self._start = self._resets + 1, 0
        self._fold()

    def refresh(self) -> None:
        """Send what has changed in the lines in sight, and around them."""
        # Only a window is sent: a browser cannot hold the lines of 100,000 findings.
        last = min(self._start + WINDOW_LINES, self.folding.total)
        numbers = range(min(self._start, last), last)
        lines = [self.folding.line(number) for number in numbers]
        shown = [index for index, column in enumerate(self.columns) if column.shown]
        window = [
            self._line(number, line, [cells[index] for index in shown])
            for number, line, cells in zip(numbers, lines, self._cells(lines), strict=True)
        ]
        # Both in one message, as the browser must not draw new lines in an old view.
        with self.hold_sync():
            self.view = self._view()
            self.window = {"start": self._start, "lines": window}

    def receive(self, message: Message) -> None:
        """Carry out what a person did in the browser."""
        action = {
            "rows": self._show_rows,
            "click": self._click,
            "move": self._move,
            "fold": self._toggle_fold,
            "group": self._group,
            "column": self._choose_column,
            "all": lambda _: self.select(self._ordered, replacing=False),
            "none": lambda _: self.select(self._ordered[:0]),
        } | self.actions
        if (answer := action.get(str(message.get("do")))) is not None:
            answer(message)

    def select(self, positions: Ints, *, replacing: bool = True) -> None:
        """Select *positions*, instead of those selected before or besides them."""
        selected = np.zeros_like(self.selected) if replacing else self.selected.copy()
        selected[positions] = True
        self._set_selected(selected)

    def download(self, name: str, content: bytes) -> None:
        """Let the browser save *content* as a file."""
        self.send({"do": "download", "name": name}, [content])

    @property
    def current_line(self) -> Line | None:
        """The line with the cursor; None before one has it."""
        return self.folding.line(self.current) if self.current >= 0 else None

    def _view(self) -> Message:
        return {
            "total": self.folding.total,
            "reset": self._resets,
            "current": self.current,
            "sort": self.sort,
            "grouped": self.is_grouped,
            "ticks": self._ticks,
            "status": self.status,
            "exports": self.exports,
            "columns": [vars(column) for column in self.columns],
        }

    def _line(self, number: int, line: Line, cells: LineCells) -> Message:
        ticked = self.selected[line.positions]
        state = "all" if ticked.all() else "some" if ticked.any() else "none"
        shown = [[str(text_html(html)), whole] for html, whole in cells]
        fold = {None: "", True: "open", False: "closed"}[line.is_open]
        return {"n": number, "cells": shown, "state": state, "fold": fold, "level": line.level}

    def _fold(self) -> None:
        codes = self._codes if self.is_grouped else np.arange(len(self._ordered))
        self.folding = Folding(self._ordered, codes, self._unfolded if self.is_grouped else ())
        self.current = min(self.current, self.folding.total - 1)
        self.refresh()

    def _show_rows(self, message: Message) -> None:
        last = max(self.folding.total - WINDOW_LINES, 0)
        self._start = min(max(int(message["start"]), 0), last)
        self.refresh()

    def _click(self, message: Message) -> None:
        """Move to a line; its *mode* decides what becomes of the selection."""
        number = int(message["line"])
        if not 0 <= number < self.folding.total:  # of a view that is not shown any more
            return
        mode, positions = message.get("mode", "only"), self.folding.line(number).positions
        if mode == "range":
            positions = self.folding.between(min(self._anchor, self.folding.total - 1), number)
        if mode == "only" and not self._ticks:
            is_alone = self.selected.sum() == self.selected[positions].sum() == len(positions)
            self.select(positions[:0] if is_alone else positions)
        elif mode in ("toggle", "range"):
            # A line stands for a group: it counts as ticked where all of the group is.
            is_ticked = bool(self.selected[positions].all())
            selected = self.selected.copy()
            selected[positions] = (mode == "range" and not self._ticks) or not is_ticked
            self._set_selected(selected)
        if mode != "range":
            self._anchor = number
        self._go_to(number)

    def _move(self, message: Message) -> None:
        """Move by some lines; with ``extend``, select all from where the movement began."""
        last = self.folding.total - 1
        number = min(max(self.current + int(message["by"]), 0), last)
        if number < 0:
            return
        if message.get("extend"):
            self.select(self.folding.between(min(self._anchor, last), number), replacing=False)
        else:
            self._anchor = number
        self._go_to(number)

    def _go_to(self, number: int) -> None:
        self.current = number
        if not self._start <= number < self._start + WINDOW_LINES:
            self._start = max(number - WINDOW_LINES // 2, 0)
        self.on_move()
        self.refresh()

    def _set_selected(self, selected: Bools) -> None:
        self.selected = selected
        self.on_select()
        self.refresh()

    def _toggle_fold(self, message: Message) -> None:
        number = int(message["line"])
        if not 0 <= number < self.folding.total:
            return
        line = self.folding.line(number)
        wanted = message.get("open", not line.is_open)
        if line.is_open is not None and line.is_open != wanted:
            self._unfolded ^= {line.group}
            self._fold()

    def _group(self, message: Message) -> None:
        self.is_grouped = bool(message["on"])
        self.show(self._ordered, self._codes, self.selected)

    def _choose_column(self, message: Message) -> None:
        chosen = [
            replace(column, shown=bool(message["shown"]))
            if column.name == message["name"]
            else column
            for column in self.columns
        ]
        if any(column.shown for column in chosen):
            self.columns = chosen
            self.refresh()


def facet(name: str, label: str, counted: Collection[tuple[str, str, int]], chosen: Any) -> Message:
    """Return a filter with boxes for the browser: *counted* are value, label and number."""
    listed = [[value, text, number, value in chosen] for value, text, number in counted]
    return {"name": name, "label": label, "values": listed, "chosen": len(chosen)}


def search(name: str, label: str, text: str) -> Message:
    """Return a filter by a part of a text for the browser."""
    return {"name": name, "label": label, "text": text, "chosen": int(bool(text))}
