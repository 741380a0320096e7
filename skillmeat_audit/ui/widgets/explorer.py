"""The findings explorer: filters with counts, a paged table, and the layers of one artifact.

The browser receives one page of findings at a time; `reports.facts.facets` filters, counts and
sorts them.
"""

from typing import Any, cast

import ipywidgets as widgets
import numpy as np
import pandas as pd
import traitlets

from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.reports.facts.blank_pages import page_states
from skillmeat_audit.reports.facts.facets import (
    FACETS,
    FindingFacets,
    FindingFilter,
    filter_arguments,
)
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.audit import findings_html, severities
from skillmeat_audit.reports.notebook.html import fragment, next_calls, paragraph
from skillmeat_audit.ui.widgets.controls import (
    LABEL_STYLE,
    StaticBox,
    button,
    checkbox,
    code_html,
    dropdown,
    row,
    status_html,
)
from skillmeat_audit.ui.widgets.table import PAGE_SIZE, FindingLine, FindingsTable

_SORT_COLUMNS = {
    "artifact": "artifact_id",
    "severity": "severity",
    "rule": "rule",
    "collection": "collection_id",
    "column": "column",
    "writer": "writer",
}
_WIDTHS_PX = {"rule": 300, "severity": 190, "writer": 230, "collection": 260, "page": 200}
_HINT = "Select a finding to see its artifact in all layers."


class Explorer(StaticBox):
    """A widget that filters and selects the findings of an audit.

    Traits: ``filters`` are the active filters (can be set), ``matches`` the findings that pass
    them, ``selection`` the selected findings in the order of selection; both are DataFrames
    (``FINDINGS``). A selection outlives filters and pages.
    """

    filters = traitlets.Dict()
    matches = traitlets.Instance(pd.DataFrame)
    selection = traitlets.Instance(pd.DataFrame)

    def __init__(self, audit: Audit) -> None:
        self.audit, self._facets = audit, _facets_of(audit)
        self._names, self._page, self._updating = audit.names, 0, False
        # Positions in `audit.findings`: all selected ones, and all matches in the order shown.
        self._selected: list[int] = []
        self._positions = np.arange(0)
        self.table = FindingsTable(self._names, self._on_toggle)
        self._make_controls()
        super().__init__(self._arrange_controls())
        self._update_selection()
        self._apply_filters()

    @traitlets.validate("filters")
    def _check_filters(self, proposal: dict[str, Any]) -> dict[str, Any]:
        # traitlets shows a TraitError as one line in the notebook.
        if unknown := sorted(set(proposal["value"]) - {*FACETS, "text"}):
            raise traitlets.TraitError(f"no filter is called {unknown[0]}")
        return dict(proposal["value"])

    @property
    def subset(self) -> Audit:
        """The audit with the selected findings only, or with the matches if none is selected."""
        return self.audit.only(self.selection if self._selected else self.matches)

    @property
    def code(self) -> str:
        """The code that returns ``matches``."""
        arguments = filter_arguments(self.filters)
        return f"audit.only({arguments}).findings" if arguments else "audit.findings"

    def show_audit(self, audit: Audit) -> None:
        """Show the findings of *audit* instead; keep the filters, clear the selection."""
        self.audit, self._facets, self._selected = audit, _facets_of(audit), []
        self._update_selection()
        self._apply_filters()

    def static_html(self) -> str:
        """Return the most severe matches as a table."""
        worst = worst_first(self.matches).head(PAGE_SIZE)
        return fragment(
            paragraph("Explorer of findings: run this cell in Jupyter to filter and select"),
            findings_html(worst, self._names, len(self.matches)),
            next_calls(self.code, "sma.explore(audit)"),
        )

    def __repr__(self) -> str:
        return (
            f"<Explorer: {len(self.matches)} of {len(self.audit.findings)} findings, "
            f"{len(self._selected)} selected; see .filters, .matches, .selection, .subset>"
        )

    def _make_controls(self) -> None:
        self._facet_lists = {name: dropdown(name, f"{_WIDTHS_PX[name]}px") for name in FACETS}
        self._text = widgets.Text(
            description="text",
            placeholder="artifact, column or value",
            style=LABEL_STYLE,
            layout={"width": "300px"},
        )
        self._sort_list = dropdown("sort by", "200px")
        self._sort_list.options = tuple(_SORT_COLUMNS.items())
        self._sort_list.value = _SORT_COLUMNS["artifact"]
        self._descending = checkbox("descending")
        self._status, self._code, self._detail = (widgets.HTML() for _ in range(3))
        self._previous = button(
            "◀ previous page", "show the page before", lambda: self._turn_page(-1)
        )
        self._next = button("next page ▶", "show the page after", lambda: self._turn_page(1))
        for control in (*self._facet_lists.values(), self._text):
            control.observe(self._on_filter_changed, "value")
        for control in (self._sort_list, self._descending):
            control.observe(lambda _: self._apply_filters(), "value")
        self.observe(lambda _: self._apply_filters(), "filters")

    def _arrange_controls(self) -> list[widgets.Widget]:
        reset = button("reset filters", "show all findings again", self._reset_filters)
        select_all = button(
            "select all matches",
            "select what the filters leave",
            lambda: self._select(self._positions.tolist()),
        )
        clear = button("clear selection", "select nothing", lambda: self._select([]))
        return [
            row(*self._facet_lists.values(), self._text, reset),
            self._status,
            row(self._sort_list, self._descending, self._previous, self._next, select_all, clear),
            self.table,
            self._code,
            self._detail,
        ]

    def _on_filter_changed(self, _: object) -> None:
        if not self._updating:
            values = {name: control.value for name, control in self._facet_lists.items()}
            values["text"] = self._text.value or None
            self.filters = {name: value for name, value in values.items() if value is not None}

    def _reset_filters(self) -> None:
        self.filters = {}

    def _apply_filters(self) -> None:
        """Compute ``matches``, update the filter controls, and show the first page."""
        filters = cast("FindingFilter", self.filters)
        positions = self._facets.matching(filters)
        self._positions = self._facets.ordered(
            positions, self._sort_list.value, descending=self._descending.value
        )
        self.matches, self._page = self._findings_at(positions), 0
        # Setting a control calls `_on_filter_changed`, which must not read half-updated controls.
        self._updating = True
        for name in FACETS:
            self._update_facet(name, filters)
        self._text.value = filters.get("text", "")
        self._updating = False
        self._code.value = code_html(self.code)
        self._show_page()

    def _update_facet(self, facet: str, filters: FindingFilter) -> None:
        """List the values of *facet*, with the number of findings that the other filters leave."""
        control, value = self._facet_lists[facet], cast("Any", filters).get(facet)
        counts = self._facets.counts(facet, filters)
        if value is not None:
            counts.setdefault(value, 0)
        options: list[tuple[str, str | None]] = [(f"all · {sum(counts.values())}", None)]
        options += [(f"{self._facet_label(facet, key)} · {n}", key) for key, n in counts.items()]
        # Assigning equal options would still send them all to the browser.
        if tuple(options) != tuple(control.options):
            control.options = options
        # By index: two values may have the same label, cut to 60 characters.
        control.index = [option for _, option in options].index(value)

    def _facet_label(self, facet: str, value: str) -> str:
        if not value:
            return "(none)"
        if facet == "collection":
            return shortened(self._names.collection(value), 40)
        if facet == "writer":
            return self._names.writer(value)
        title = self._names.titles.get(value, "") if facet == "rule" else ""
        return shortened(f"{value} {title}".strip(), 60)

    def _show_page(self) -> None:
        total, start = len(self._positions), self._page * PAGE_SIZE
        positions = self._positions[start : start + PAGE_SIZE]
        findings = records(self.audit.findings.iloc[positions])
        selected = set(self._selected)
        lines = [
            FindingLine(number, finding, int(position) in selected)
            for number, (position, finding) in enumerate(
                zip(positions, findings, strict=True), start + 1
            )
        ]
        caption = f"Findings {start + 1 if total else 0} to {start + len(lines)} of {total}"
        self.table.fill(caption, lines, (self._sort_list.value, self._descending.value))
        # Rounded up; an empty table is page 1 of 1.
        pages = max(-(-total // PAGE_SIZE), 1)
        self._previous.disabled, self._next.disabled = start == 0, self._page + 1 >= pages
        self._status.value = status_html(
            f"{total} of {plural(len(self.audit.findings), 'finding')}",
            *severities(self.matches["severity"].value_counts().to_dict()),
            f"page {self._page + 1} of {pages}",
            f"{len(self._selected)} selected",
        )

    def _findings_at(self, positions: Any) -> pd.DataFrame:
        return FINDINGS.conform(self.audit.findings.iloc[positions])

    def _turn_page(self, pages: int) -> None:
        self._page += pages
        self._show_page()

    def _on_toggle(self, line: int, selected: bool) -> None:
        position = int(self._positions[self._page * PAGE_SIZE + line])
        # The last position is the latest selection; its artifact is shown.
        others = [other for other in self._selected if other != position]
        self._select([*others, position] if selected else others)

    def _select(self, positions: list[int]) -> None:
        self._selected = positions
        self._update_selection()
        self._show_page()

    def _update_selection(self) -> None:
        """Set ``selection``, and show the artifact of the finding that was selected last."""
        self.selection = self._findings_at(self._selected)
        if not self._selected:
            self._detail.value = fragment(paragraph(_HINT))
            return
        latest = self.selection.tail(1)
        artifact_id = records(latest)[0]["artifact_id"]
        try:
            # One artifact's layers take milliseconds, those of all would be too much for a browser.
            self._detail.value = self.audit.show(artifact_id or "")._repr_html_()
        except UsageError:  # the finding is about the home, or about a file of no artifact
            self._detail.value = fragment(findings_html(latest, self._names, 1))


def _facets_of(audit: Audit) -> FindingFacets:
    return FindingFacets(audit.findings, page_states(audit.page_facts, audit.findings))
