"""One page of findings as a table, with a check box beside each line."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import ipywidgets as widgets
from markupsafe import Markup

from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.notebook.audit import finding_cells
from skillmeat_audit.reports.notebook.html import fragment, text_html

PAGE_SIZE = 12
_LINE_PX = 30  # the height of a check box and of the table line beside it
# Fixed widths in percent: a page looks the same whatever its values are.
_COLUMN_WIDTHS = {
    "rule": 6,
    "severity": 9,
    "artifact": 16,
    "collection": 15,
    "column": 12,
    "now": 9,
    "should be": 12,
    "repair": 7,
    "writer": 14,
}
# Sort columns whose heading has another name.
_HEADINGS = {"artifact_id": "artifact", "collection_id": "collection"}
_STYLE = f"""<style>
.skillmeat-audit table.page{{margin:0;width:100%;min-width:64em;table-layout:fixed}}
.skillmeat-audit table.page caption,.skillmeat-audit table.page tr{{height:{_LINE_PX}px}}
.skillmeat-audit table.page caption{{padding:0;line-height:{_LINE_PX}px}}
.skillmeat-audit table.page th,.skillmeat-audit table.page td{{height:{_LINE_PX}px;
padding:0 .6em 0 0;box-sizing:border-box;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;max-width:none;vertical-align:middle}}
.skillmeat-audit table.page .long{{display:inline}}
.skillmeat-audit table.page wbr{{display:none}}
.skillmeat-audit table.page tr.selected{{
background:color-mix(in srgb,var(--jp-brand-color1,#1976d2) 12%,transparent)}}
.skillmeat-audit .unseen{{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%)}}
</style>"""


class FindingLine(NamedTuple):
    """One line of the table: the number of a finding, its values, whether it is selected."""

    number: int
    finding: Mapping[str, object]
    selected: bool


class FindingsTable(widgets.HBox):
    """One page of findings; calls *on_toggle* with a line's position and whether it is selected."""

    def __init__(self, names: Names, on_toggle: Callable[[int, bool], None]) -> None:
        self._names, self._on_toggle, self._filling = names, on_toggle, False
        self._checkboxes = [self._checkbox(position) for position in range(PAGE_SIZE)]
        self._table = widgets.HTML(
            layout=widgets.Layout(flex="1 1 auto", min_width="0", margin="0")
        )
        head = widgets.Label("select", layout=_line_layout(margin=f"{_LINE_PX}px 0 0 0"))
        left = widgets.VBox([head, *self._checkboxes], layout=widgets.Layout(flex="0 0 auto"))
        super().__init__([left, self._table], layout=widgets.Layout(width="100%"))

    @property
    def html(self) -> str:
        """The HTML of the page that is displayed."""
        return str(self._table.value)

    def fill(self, caption: str, lines: Sequence[FindingLine], order: tuple[str, bool]) -> None:
        """Show *lines*; *order* is the column they are sorted by, and whether descending."""
        # Setting a box calls `_on_change`, which must not take it for a click.
        self._filling = True
        # Boxes are reused: new widgets would be sent to the browser for every page.
        for box, line in zip(self._checkboxes, [*lines, *[None] * PAGE_SIZE], strict=False):
            box.layout.display = "none" if line is None else None
            if line is not None:
                box.value, box.description = line.selected, f"{line.number}"
                box.tooltip = f"select finding {line.number}: {line.finding['rule']}"
        self._filling = False
        self._table.value = self._table_html(caption, lines, order)

    def _table_html(
        self, caption: str, lines: Sequence[FindingLine], order: tuple[str, bool]
    ) -> str:
        column, descending = order
        sorted_by = _HEADINGS.get(column, column)
        head = "".join(_heading_html(name, sorted_by, descending) for name in _COLUMN_WIDTHS)
        body = "".join(map(self._line_html, lines))
        return fragment(
            Markup(_STYLE),
            Markup(
                f'<table class="page"><caption>{text_html(caption)}</caption>'
                f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            ),
        )

    def _line_html(self, line: FindingLine) -> Markup:
        cells = finding_cells(line.finding, self._names)
        rule, *others = (text_html(cells[name]) for name in _COLUMN_WIDTHS)
        # The state is in the text too, for screen readers: a colour tells them nothing.
        row_class, state = (' class="selected"', ", selected") if line.selected else ("", "")
        return Markup(
            f'<tr{row_class}><th scope="row"><span class="unseen">{line.number}{state}: </span>'
            f"{rule}</th>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>\n"
        )

    def _checkbox(self, position: int) -> widgets.Checkbox:
        box = widgets.Checkbox(indent=False, layout=_line_layout())
        box.observe(partial(self._on_change, position), "value")
        return box

    def _on_change(self, position: int, change: dict[str, Any]) -> None:
        if not self._filling:
            self._on_toggle(position, bool(change["new"]))


def _heading_html(name: str, sorted_by: str, descending: bool) -> Markup:
    width = f'style="width:{_COLUMN_WIDTHS[name]}%"'
    if name != sorted_by:
        return Markup(f'<th scope="col" {width}>{name}</th>')
    order, arrow = ("descending", "↓") if descending else ("ascending", "↑")
    return Markup(
        f'<th scope="col" {width} aria-sort="{order}">{name}'
        f'<span aria-hidden="true"> {arrow}</span></th>'
    )


def _line_layout(margin: str = "0") -> widgets.Layout:
    return widgets.Layout(height=f"{_LINE_PX}px", width="64px", margin=margin)
