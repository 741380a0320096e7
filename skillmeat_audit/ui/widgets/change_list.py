"""The changes of a plan in the repair panel: a box for each, whole values, diffs of manifests."""

from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from skillmeat_audit.api.values import Plan
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.repair.plan import encode_plan
from skillmeat_audit.reports.facts.run_sentences import fading_sentence, summarize_plan
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import fragment, paragraph, strong, tag
from skillmeat_audit.reports.notebook.repair import diffs_html, plan_html
from skillmeat_audit.ui.widgets.grid import Grid
from skillmeat_audit.ui.widgets.plan_units import COLUMNS, PlanUnits

# The diff of a plan takes time that grows with the square of its keys: 1.5 s for 1,500.
_DIFFED_KEYS = 500
_HINT = "Untick what should not be written; click a line to compare its whole values."


class ChangeList(widgets.VBox):
    """The changes of a plan with a box each; calls *on_change* with the plan of those ticked."""

    def __init__(self, on_change: Callable[[Plan], None], is_locked: Callable[[], bool]) -> None:
        self._on_change, self._is_locked = on_change, is_locked
        self._plan: Plan | None = None
        self.grid = Grid("changes", COLUMNS, lambda lines: self._units.cells(lines), ticks=True)
        self.grid.exports = (("plan", "plan (JSON)"),)
        self.grid.on_select, self.grid.on_move = self._on_tick, self._show_values
        self.grid.actions = {"sort": self._sort, "export": lambda _: self._export()}
        self._values, self._diffs = widgets.HTML(), widgets.HTML()
        super().__init__([self.grid, self._values, self._diffs])
        self.clear()

    def clear(self) -> None:
        """Show no plan."""
        self._plan, self.layout.display = None, "none"
        self._values.value = self._diffs.value = ""
        self.grid.layout.display = "none"

    def show(self, plan: Plan) -> None:
        """Show *plan*, every change ticked."""
        self._plan, self._units = plan, PlanUnits(plan.document, plan.names)
        self._ticked = np.ones(len(self._units.units), dtype=bool)
        self.grid.selected, self.grid.sort = self._ticked, ("", False)
        self._describe(plan)
        self._show_lines()
        self._values.value = fragment(paragraph(_HINT))
        self._diffs.value = fragment(self._diffs_html(plan))
        is_empty = plan.document.is_empty
        self.layout.display = self.grid.layout.display = "none" if is_empty else None

    def _show_lines(self) -> None:
        column, descending = self.grid.sort
        ordered = self._units.ordered(column, descending=descending)
        self.grid.show(ordered, self._units.codes[ordered], self.grid.selected)

    def _describe(self, plan: Plan) -> None:
        left_out = int((~self.grid.selected).sum())
        self.grid.status = paragraph(
            strong(summarize_plan(plan.document)),
            tag(f"{plural(left_out, 'change')} unticked: not written", "skipped")
            if left_out
            else "",
            fading_sentence(plan.document),
        )

    def _on_tick(self) -> None:
        if self._plan is None or self._is_locked():  # a run reads the plan now
            self.grid.selected = self._ticked
            return
        self._ticked = self.grid.selected
        plan = replace(self._plan, document=self._units.chosen(self._ticked))
        self._describe(plan)
        self._diffs.value = fragment(self._diffs_html(plan))
        self._on_change(plan)

    def _diffs_html(self, plan: Plan) -> Markup:
        if not _has_short_diff(plan):
            return paragraph("the manifests' diffs: panel.plan.diffs")
        try:
            return diffs_html(plan.diffs)
        except AuditError as exc:
            return paragraph(tag(str(exc), "error"))

    def _show_values(self) -> None:
        if self._plan is not None and (line := self.grid.current_line) is not None:
            self._values.value = fragment(self._units.detail(line))

    def _sort(self, message: dict[str, object]) -> None:
        column, descending = self.grid.sort
        name = str(message["column"])
        self.grid.sort = name, name == column and not descending
        self._show_lines()

    def _export(self) -> None:
        document = self._units.chosen(self._ticked)
        self.grid.download("plan.json", encode_plan(document))


def bounded_html(plan: Plan) -> str:
    """Return *plan* as HTML, its manifests as diffs only where that takes no time."""
    return plan_html(plan.document, plan.diffs if _has_short_diff(plan) else (), plan.names)


def _has_short_diff(plan: Plan) -> bool:
    return sum(len(each.edits) for each in plan.document.manifests) <= _DIFFED_KEYS
