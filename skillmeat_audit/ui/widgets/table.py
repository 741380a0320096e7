"""A page of findings as a table, with a box beside each line to select it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.notebook.audit import finding_cells
from skillmeat_audit.reports.notebook.html import fragment, text_html

PAGE = 12
# Boxes and lines stand side by side, so both have this height.
_LINE_PX = 30
# The columns, with the width of each in percent: a page looks the same whatever it holds.
_WIDTHS = {
    "rule": 6, "severity": 9, "artifact": 16, "collection": 15, "column": 12, "now": 9,
    "should be": 12, "repair": 7, "writer": 14,
}  # fmt: skip
_SORTED = {"artifact_id": "artifact", "collection_id": "collection"}
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

Line = tuple[int, Mapping[str, object], bool]


class FindingsTable(widgets.HBox):
    """A page of a table; *on_tick* is told the line on the page and whether it is selected."""

    def __init__(self, names: Names, on_tick: Callable[[int, bool], None]) -> None:
        self._names, self._on_tick, self._filling = names, on_tick, False
        self._boxes = [self._box(line) for line in range(PAGE)]
        self._html = widgets.HTML(layout=widgets.Layout(flex="1 1 auto", min_width="0", margin="0"))
        head = widgets.Label("select", layout=_line(margin=f"{_LINE_PX}px 0 0 0"))
        left = widgets.VBox([head, *self._boxes], layout=widgets.Layout(flex="0 0 auto"))
        super().__init__([left, self._html], layout=widgets.Layout(width="100%"))

    def fill(self, caption: str, lines: Sequence[Line], order: tuple[str, bool]) -> None:
        """Show *lines*: number, finding, if selected; *order* is the column, and if descending."""
        self._filling = True
        for box, line in zip(self._boxes, [*lines, *[None] * PAGE], strict=False):
            box.layout.display = "none" if line is None else None
            if line is not None:
                number, finding, box.value = line
                box.description = f"{number}"
                box.tooltip = f"select finding {number}: {finding['rule']}"
        self._filling = False
        self._html.value = self._table(caption, lines, order)

    def _table(self, caption: str, lines: Sequence[Line], order: tuple[str, bool]) -> str:
        column, descending = order
        by = _SORTED.get(column, column)
        head = "".join(_heading(name, by, descending=descending) for name in _WIDTHS)
        body = "".join(self._row(*line) for line in lines)
        return fragment(
            Markup(_STYLE),
            Markup(
                f'<table class="page"><caption>{text_html(caption)}</caption>'
                f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            ),
        )

    def _row(self, number: int, finding: Mapping[str, object], ticked: bool) -> str:
        cells = finding_cells(finding, self._names)
        rule, *others = (text_html(cells[name]) for name in _WIDTHS)
        kind, said = (
            (' class="selected"', f"{number}, selected: ") if ticked else ("", f"{number}: ")
        )
        return (
            f'<tr{kind}><th scope="row"><span class="unseen">{said}</span>{rule}</th>'
            f"{''.join(f'<td>{each}</td>' for each in others)}</tr>\n"
        )

    def _box(self, line: int) -> widgets.Checkbox:
        box = widgets.Checkbox(indent=False, layout=_line())
        box.observe(partial(self._ticked, line), "value")
        return box

    def _ticked(self, line: int, change: dict[str, Any]) -> None:
        if not self._filling:
            self._on_tick(line, bool(change["new"]))


def _heading(name: str, by: str, *, descending: bool) -> str:
    """Return a column's heading; of the one that is sorted by, with the direction."""
    width = f'style="width:{_WIDTHS[name]}%"'
    if name != by:
        return f'<th scope="col" {width}>{name}</th>'
    order, arrow = ("descending", "↓") if descending else ("ascending", "↑")
    return (
        f'<th scope="col" {width} aria-sort="{order}">{name}'
        f'<span aria-hidden="true"> {arrow}</span></th>'
    )


def _line(margin: str = "0") -> widgets.Layout:
    return widgets.Layout(height=f"{_LINE_PX}px", width="64px", margin=margin)
