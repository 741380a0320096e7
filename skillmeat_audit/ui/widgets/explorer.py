"""The findings explorer: filters with counts, a table of any length, the layers of one artifact.

The browser receives the lines in sight; `reports.facts.facets` filters, counts and sorts them.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as widgets
import numpy as np
import pandas as pd
import traitlets

from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import AuditError, UsageError
from skillmeat_audit.base.text import shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import SEVERITIES
from skillmeat_audit.repair.plan import encode_plan
from skillmeat_audit.reports.facts.facets import (
    TEXTS,
    FindingFilter,
    choices,
    filter_arguments,
)
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.files.tabular import findings_csv, findings_parquet
from skillmeat_audit.reports.notebook.audit import findings_html, severities
from skillmeat_audit.reports.notebook.html import fragment, next_calls, paragraph, strong, tag
from skillmeat_audit.ui.widgets.controls import StaticBox, code_html, variable_name
from skillmeat_audit.ui.widgets.explored import Explored, explored
from skillmeat_audit.ui.widgets.finding_lines import SORTED_BY, FindingLines
from skillmeat_audit.ui.widgets.grid import Grid, Message, facet, search

if TYPE_CHECKING:
    from skillmeat_audit.fleets.value import Fleet

_STATIC_FINDINGS = 12
_VALUES_LISTED = 200  # of a facet: a home may have thousands of collections
_LABELS = {"disposition": "repair", "actual": "now", "expected": "should be"}
_HINT = "Click a line to see its artifact in all layers."


class Explorer(StaticBox):
    """A widget that filters and selects the findings of an audit, or of a fleet.

    Traits: ``filters`` are the active filters (can be set), ``revision`` grows with every change of
    what matches or is selected. ``matches`` are the findings that pass the filters, ``selection``
    those that are selected; both are DataFrames (``FINDINGS``, of a fleet ``FLEET_FINDINGS``). A
    selection outlives filters; ``subset`` is of the selected findings that the filters leave in
    sight. A fleet has none: its plans are home by home.
    """

    filters = traitlets.Dict()
    revision = traitlets.Int()

    def __init__(self, audit: "Audit | Fleet") -> None:
        shown = explored(audit)
        self.grid = Grid("findings", shown.columns, lambda lines: self._lines.cells(lines))
        self.grid.exports, self.grid.sort = shown.exports, ("severity", False)
        self.grid.on_select, self.grid.on_move = self._update_selection, self._show_artifact
        self.grid.actions = {
            "sort": lambda message: self._toggle_sort(str(message["column"])),
            "filter": self._filter,
            "reset": lambda _: setattr(self, "filters", {}),
            "export": self._export,
        }
        self._code, self._detail, self._charts = widgets.HTML(), widgets.HTML(), widgets.HTML()
        super().__init__([self.grid, self._code, self._detail, self._charts], self._filter_by_chart)
        self.observe(lambda _: self._apply_filters(), "filters")
        self._show(audit, shown)

    @traitlets.validate("filters")
    def _check_filters(self, proposal: dict[str, Any]) -> dict[str, Any]:
        # traitlets shows a TraitError as one line in the notebook.
        for name, choice in proposal["value"].items():
            if name not in (*self._facets.names, *TEXTS):
                raise traitlets.TraitError(f"no filter is called {name}")
            if not isinstance(choice, str) and (
                name in TEXTS or not all(isinstance(value, str) for value in choice)
            ):
                raise traitlets.TraitError(f"the filter {name} is a text, or a list of texts")
            named: dict[str, Any] = {"rule": self._explored.names.titles, "severity": SEVERITIES}
            unknown = [value for value in choices(choice) if value not in named.get(name, choice)]
            if unknown:
                raise traitlets.TraitError(f"no {name} is called {unknown[0]}")
        return dict(proposal["value"])

    @property
    def matches(self) -> pd.DataFrame:
        """The findings that pass the filters, in the order of the audit."""
        return self._findings_at(self._positions)

    @property
    def selection(self) -> pd.DataFrame:
        """The selected findings, whether they match or not, in the order of the audit."""
        return self._findings_at(np.flatnonzero(self.grid.selected))

    @property
    def chosen_count(self) -> int:
        """The number of findings in ``subset``."""
        if not self.grid.selected.any():
            return len(self._positions)
        return int(self._in_sight.sum())

    @property
    def subset(self) -> Audit:
        """The audit with the selected findings that match, or all matches if none is selected.

        Selected findings that a filter hides are not in it: nothing is repaired out of sight.
        Raises `UsageError` for a fleet.
        """
        if not self.grid.selected.any():
            return self.home_audit.only(self.matches)
        return self.home_audit.only(self._findings_at(self._positions[self._in_sight]))

    @property
    def home_audit(self) -> Audit:
        """The audit that is shown; raises `UsageError` where it is a fleet."""
        if isinstance(self.audit, Audit):
            return self.audit
        raise UsageError("a fleet is planned home by home: use fleet.plan(folder)")

    @property
    def code(self) -> str:
        """The code that returns ``matches``."""
        name, arguments = variable_name(self, "explorer"), filter_arguments(self.filters)
        if self._explored.source == "fleet":
            return f"{name}.matches"
        return f"{name}.audit.only({arguments}).findings" if arguments else f"{name}.audit.findings"

    def show_audit(self, audit: Audit) -> None:
        """Show the findings of *audit* instead; keep the filters, clear the selection."""
        self._show(audit, explored(audit))

    def _show(self, audit: "Audit | Fleet", shown: Explored) -> None:
        self.audit, self._explored = audit, shown
        self._facets = shown.facets
        self._lines = FindingLines(shown.findings, shown.names, shown.columns)
        self.grid.selected = np.zeros(len(shown.findings), dtype=bool)
        self._charts.value = shown.charts
        self._apply_filters()

    def sort_by(self, column: str, *, descending: bool = False) -> None:
        """Sort by a column of the table."""
        if column not in [each.name for each in self._explored.columns]:
            raise UsageError(f"no column is called {column}")
        self.grid.sort = column, descending
        self._show_matches()

    def static_html(self) -> str:
        """Return the most severe matches as a table."""
        worst = worst_first(self.matches).head(_STATIC_FINDINGS)
        return fragment(
            paragraph("Explorer of findings: run this cell in Jupyter to filter and select"),
            findings_html(worst, self._explored.names, len(self.matches)),
            next_calls(self.code, f"sma.explore({self._explored.source})"),
        )

    def update_code(self) -> None:
        """Show the code that returns ``matches``."""
        self._code.value = code_html("these findings in code", self.code)

    def __repr__(self) -> str:
        total = plural(len(self.audit.findings), "finding")
        return (
            f"<Explorer: {len(self._positions):,} of {total}, "
            f"{self.grid.selected.sum():,} selected; see .filters, .matches, .selection, .subset>"
        )

    @property
    def _in_sight(self) -> Any:
        """Which of the matches are selected."""
        return self.grid.selected[self._positions]

    def _filter(self, message: Message) -> None:
        name, others = message["name"], dict(self.filters)
        values = message.get("values", message.get("text"))
        others.pop(name, None)
        if values:
            # One value as text, so that the code that is shown reads as people write it.
            values = values[0] if isinstance(values, list) and len(values) == 1 else values
            others[name] = values
        self.filters = others

    def _filter_by_chart(self, filters: dict[str, str]) -> None:
        """Show the findings on a part of a chart that was clicked."""
        with suppress(traitlets.TraitError):  # the browser says what it likes
            self.filters = filters
            if not len(self._positions):  # one finding on the whole row stands for its cells
                self.filters = {name: filters[name] for name in filters if name != "column"}

    def _toggle_sort(self, column: str) -> None:
        name, descending = self.grid.sort
        self.sort_by(column, descending=name == column and not descending)

    def _apply_filters(self) -> None:
        """Compute ``matches``, update the filters, and show the first lines."""
        filters = cast("FindingFilter", self.filters)
        self._positions = self._facets.matching(filters)
        self.grid.facets = self._facet_boxes(filters)
        self._detail.value = fragment(paragraph(_HINT))
        self._show_matches()
        self.update_code()
        self.revision += 1

    def _show_matches(self) -> None:
        column, descending = self.grid.sort
        column = SORTED_BY.get(column, column)
        ordered = self._facets.ordered(self._positions, column, descending=descending)
        self.grid.status = self._status()
        self.grid.show(ordered, self._facets.row_codes[ordered], self.grid.selected)

    def _facet_boxes(self, filters: FindingFilter) -> list[Message]:
        """Return the filters, with the number of findings that the other filters leave."""
        chosen = cast("dict[str, Any]", filters)
        counts = self._facets.counts(filters)
        boxes = [search("text", "text", chosen.get("text", ""))]
        for name in self._facets.names:
            # Chosen values stay listed where the other filters leave none of them.
            listed = choices(chosen.get(name, ()))
            counted = dict.fromkeys(listed, 0) | counts[name]
            values = [(value, self._label(name, value), n) for value, n in counted.items()]
            boxes.append(facet(name, _LABELS.get(name, name), values[:_VALUES_LISTED], listed))
        texts = [name for name in TEXTS if name != "text"]
        return boxes + [search(n, _LABELS.get(n, n), chosen.get(n, "")) for n in texts]

    def _label(self, name: str, value: str) -> str:
        names = self._explored.names
        if not value:
            return "(none)"
        if name == "collection":
            return shortened(names.collection(value), 40)
        if name == "writer":
            return names.writer(value)
        title = names.titles.get(value, "") if name == "rule" else ""
        return shortened(f"{value} {title}".strip(), 60)

    def _status(self) -> str:
        total, selected = len(self.audit.findings), int(self.grid.selected.sum())
        hidden = selected - int(self._in_sight.sum())
        return str(
            paragraph(
                "" if total else strong("Nothing is left: the audit has no finding."),
                f"{len(self._positions):,} of {plural(total, 'finding')}",
                *severities(self._facets.value_counts("severity", self._positions)),
                f"{selected:,} selected",
                tag(f"{hidden:,} of them hidden by the filters: not repaired", "warning")
                if hidden
                else "",
            )
        )

    def _findings_at(self, positions: Any) -> pd.DataFrame:
        return self._explored.table.conform(self.audit.findings.iloc[positions])

    def _update_selection(self) -> None:
        self.grid.status = self._status()
        self.revision += 1

    def _show_artifact(self) -> None:
        """Show the artifact of the line with the cursor."""
        line = self.grid.current_line
        if line is None:
            return
        current = self.audit.findings.iloc[line.positions[:1]]
        artifact_id = records(current)[0]["artifact_id"]
        try:
            # One artifact's layers take milliseconds, those of all would be too much for a browser.
            self._detail.value = self.home_audit.show(artifact_id or "")._repr_html_()
        except UsageError:  # the finding is about the home, of a fleet, or about no artifact's file
            self._detail.value = fragment(findings_html(current, self._explored.names, 1))

    def _export(self, message: Message) -> None:
        """Send the matches, in the order shown, to the browser as a file."""
        column, descending = self.grid.sort
        ordered = self._facets.ordered(
            self._positions, SORTED_BY.get(column, column), descending=descending
        )
        findings = self._findings_at(ordered)
        match message["format"]:
            case "csv":
                self.grid.download("findings.csv", findings_csv(findings).encode())
            case "parquet":
                self.grid.download("findings.parquet", findings_parquet(findings))
            case "plan":
                self._export_plan()

    def _export_plan(self) -> None:
        try:
            self.grid.download("plan.json", encode_plan(self.subset.plan().document))
        except AuditError as exc:
            self.grid.status = paragraph(tag(str(exc), "error"))
            self.grid.refresh()
