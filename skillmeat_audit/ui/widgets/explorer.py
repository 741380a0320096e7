"""The explorer of findings: filters, counts that follow, a table in pages, an artifact's layers.

Only a page of the findings is ever sent to the browser; filtering, counting and sorting is done by
`reports.facts.facets`.
"""

from typing import Any, cast

import ipywidgets as widgets
import numpy as np
import pandas as pd
import traitlets

from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import shortened
from skillmeat_audit.model.tables import FINDINGS, records
from skillmeat_audit.reports.facts.facets import (
    FACETS,
    FindingFacets,
    FindingFilter,
    filter_arguments,
)
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.audit import findings_html, gravest, severities
from skillmeat_audit.reports.notebook.html import fragment, next_calls, paragraph
from skillmeat_audit.ui.widgets.parts import StaticBox, button, choice, code_html, row, status_html
from skillmeat_audit.ui.widgets.table import PAGE, FindingsTable

_SORTS = (
    ("artifact", "artifact_id"), ("severity", "severity"), ("rule", "rule"),
    ("collection", "collection_id"), ("column", "column"), ("writer", "writer"),
)  # fmt: skip
_WIDTHS = {"rule": "300px", "severity": "190px", "writer": "230px", "collection": "260px"}
_HINT = "Select a finding to see its artifact in all layers."


class Explorer(StaticBox):
    """A widget to look through findings.

    ``wanted`` is what the filters ask for (setting it sets them), ``found`` the findings they
    leave, ``selection`` those that are selected, in the order they were: DataFrames of
    ``FINDINGS``. ``chosen`` is the audit with only these.
    """

    wanted = traitlets.Dict()
    selection = traitlets.Instance(pd.DataFrame)
    found = traitlets.Instance(pd.DataFrame)

    def __init__(self, audit: Audit) -> None:
        self.audit, self._index = audit, FindingFacets(audit.findings)
        self._names, self._page, self._filling = audit.names, 0, False
        self._selected: list[int] = []
        self._positions = np.arange(0)
        self._make_controls()
        super().__init__(self._arranged())
        self._choose()
        self._narrow()

    @traitlets.validate("wanted")
    def _known(self, proposal: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(proposal["value"]) - {*FACETS, "text"}):
            raise traitlets.TraitError(f"no filter is called {unknown[0]}")
        return dict(proposal["value"])

    @property
    def chosen(self) -> Audit:
        """The audit with the findings selected only, or where none is with those found."""
        return self.audit.only(self.selection if self._selected else self.found)

    def turn_to(self, audit: Audit) -> None:
        """Show the findings of *audit* from now on; the filters stay, nothing is selected."""
        self.audit, self._index, self._selected = audit, FindingFacets(audit.findings), []
        self._choose()
        self._narrow()

    @property
    def code(self) -> str:
        """The code that returns ``found``."""
        asked = filter_arguments(self.wanted)
        return f"audit.only({asked}).findings" if asked else "audit.findings"

    def static_html(self) -> str:
        """Return the gravest findings as a table."""
        found = self.found
        return fragment(
            paragraph("Explorer of findings: run this cell in Jupyter to filter and select"),
            findings_html(gravest(found).head(PAGE), self._names, len(found)),
            next_calls(self.code, "sma.explore(audit)"),
        )

    def __repr__(self) -> str:
        return (
            f"<Explorer: {len(self.found)} of {len(self.audit.findings)} findings, "
            f"{len(self._selected)} selected; see .selection, .found, .wanted, .chosen>"
        )

    def _make_controls(self) -> None:
        self._facets = {name: choice(name, _WIDTHS[name]) for name in FACETS}
        self._text = widgets.Text(
            description="text", placeholder="artifact, column or value",
            style={"description_width": "auto"}, layout=widgets.Layout(width="300px"),
        )  # fmt: skip
        self._sort = choice("sort by", "200px")
        self._sort.options, self._sort.value = _SORTS, _SORTS[0][1]
        self._descending = widgets.Checkbox(description="descending", indent=False)
        self._descending.layout.width = "auto"
        self._status, self._code, self._detail = (widgets.HTML() for _ in range(3))
        self._table = FindingsTable(self._names, self._tick)
        self._previous = button("◀ previous page", "show the page before", lambda: self._turn(-1))
        self._next = button("next page ▶", "show the page after", lambda: self._turn(1))
        for control in (*self._facets.values(), self._text):
            control.observe(self._filtered, "value")
        for control in (self._sort, self._descending):
            control.observe(lambda _: self._narrow(), "value")
        self.observe(lambda _: self._narrow(), "wanted")

    def _arranged(self) -> list[widgets.Widget]:
        reset = button("reset filters", "show all findings again", self._reset)
        every = button("select all found", "select what the filters leave", self._select_all)
        none = button("clear selection", "select nothing", self._clear)
        return [
            row(*self._facets.values(), self._text, reset),
            self._status,
            row(self._sort, self._descending, self._previous, self._next, every, none),
            self._table,
            self._code,
            self._detail,
        ]

    def _filtered(self, _: object) -> None:
        if self._filling:
            return
        asked = {name: each.value for name, each in self._facets.items() if each.value is not None}
        text = {"text": self._text.value} if self._text.value else {}
        self.wanted = asked | text

    def _narrow(self) -> None:
        """Find what is wanted, and show its first page."""
        wanted = cast("FindingFilter", self.wanted)
        positions = self._index.matching(wanted)
        self._positions = self._index.ordered(
            positions, self._sort.value, descending=self._descending.value
        )
        self.found, self._page = self._rows(positions.tolist()), 0
        self._filling = True
        for name, control in self._facets.items():
            self._count(name, control, wanted)
        self._text.value = wanted.get("text", "")
        self._filling = False
        self._code.value = code_html(self.code)
        self._show()

    def _count(self, name: str, control: widgets.Dropdown, wanted: FindingFilter) -> None:
        """Offer the values of a facet with the counts that the other filters leave."""
        counts, value = self._index.counts(name, wanted), cast("Any", wanted).get(name)
        if value is not None:
            counts.setdefault(value, 0)
        options: list[tuple[str, str | None]] = [(f"all · {sum(counts.values())}", None)]
        options += [(f"{self._called(name, each)} · {n}", each) for each, n in counts.items()]
        if tuple(options) != tuple(control.options):
            control.options = options
        control.index = [each for _, each in options].index(value)

    def _called(self, facet: str, value: str) -> str:
        if not value:
            return "(none)"
        if facet == "collection":
            return shortened(self._names.collection(value), 40)
        title = self._names.titles.get(value, "") if facet == "rule" else ""
        return shortened(f"{value} {title}".strip(), 60)

    def _show(self) -> None:
        """Show the page, and how many there are."""
        total, start = len(self._positions), self._page * PAGE
        shown = self._positions[start : start + PAGE]
        ticked = set(self._selected)
        lines = [
            (start + line + 1, finding, int(position) in ticked)
            for line, (position, finding) in enumerate(
                zip(shown, records(self.audit.findings.iloc[shown]), strict=True)
            )
        ]
        pages = max(-(-total // PAGE), 1)
        caption = f"Findings {start + 1 if total else 0} to {start + len(shown)} of {total}"
        self._table.fill(caption, lines, (self._sort.value, self._descending.value))
        self._previous.disabled, self._next.disabled = start == 0, self._page + 1 >= pages
        counts = self.found["severity"].value_counts().to_dict()
        self._status.value = status_html(
            f"{total} of {plural(len(self.audit.findings), 'finding')}",
            *severities(counts),
            f"page {self._page + 1} of {pages}",
            f"{len(self._selected)} selected",
        )

    def _rows(self, positions: list[int]) -> pd.DataFrame:
        return FINDINGS.conform(self.audit.findings.iloc[positions])

    def _turn(self, pages: int) -> None:
        self._page += pages
        self._show()

    def _tick(self, line: int, ticked: bool) -> None:
        position = int(self._positions[self._page * PAGE + line])
        if ticked:
            self._selected.append(position)
        else:
            self._selected.remove(position)
        self._choose()
        self._show()

    def _select_all(self) -> None:
        self._selected = self._positions.tolist()
        self._choose()
        self._show()

    def _clear(self) -> None:
        self._selected = []
        self._choose()
        self._show()

    def _reset(self) -> None:
        self.wanted = {}

    def _choose(self) -> None:
        """Tell what is selected, and show the artifact of the latest."""
        self.selection = self._rows(self._selected)
        if not self._selected:
            self._detail.value = fragment(paragraph(_HINT))
            return
        latest = self.selection.tail(1)
        artifact_id = records(latest)[0]["artifact_id"]
        try:
            self._detail.value = self.audit.show(artifact_id or "")._repr_html_()
        except UsageError:  # a finding on the home, or on files that no layer speaks of
            self._detail.value = fragment(findings_html(latest, self._names, 1))
