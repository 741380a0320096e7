"""A page of findings as a table, with a box beside each line to select it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from skillmeat_audit.reports.audit_html import finding_row
from skillmeat_audit.reports.html import fragment, text_html
from skillmeat_audit.reports.names import Names

PAGE = 12
# Boxes and lines stand side by side, so both have this height.
_LINE_PX = 30
_HEADER = ("no.", "rule", "artifact", "collection", "column", "now", "should be", "evidence",
           "repair", "last written by")  # fmt: skip
_SORTED = {"rule": "rule", "severity": "rule", "artifact_id": "artifact", "column": "column",
           "collection_id": "collection", "writer": "last written by"}  # fmt: skip
_STYLE = f"""<style>
.skillmeat-audit table.page{{margin:0;width:100%}}
.skillmeat-audit table.page caption,.skillmeat-audit table.page tr{{height:{_LINE_PX}px}}
.skillmeat-audit table.page caption{{padding:0;line-height:{_LINE_PX}px}}
.skillmeat-audit table.page th,.skillmeat-audit table.page td{{height:{_LINE_PX}px;
padding:0 .8em 0 0;box-sizing:border-box;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;max-width:12em;
vertical-align:middle}}
.skillmeat-audit table.page .long{{display:inline}}
</style>"""


class FindingsTable(widgets.HBox):
    """A page of a table; *on_tick* is told the line on the page and whether it is selected."""

    def __init__(self, names: Names, on_tick: Callable[[int, bool], None]) -> None:
        self._names, self._on_tick, self._filling = names, on_tick, False
        self._boxes = [self._box(line) for line in range(PAGE)]
        self._html = widgets.HTML(layout=widgets.Layout(flex="1 1 auto", min_width="0", margin="0"))
        head = widgets.Label("select", layout=_line(margin=f"{_LINE_PX}px 0 0 0"))
        left = widgets.VBox([head, *self._boxes], layout=widgets.Layout(flex="0 0 auto"))
        super().__init__([left, self._html], layout=widgets.Layout(width="100%"))

    def fill(
        self,
        caption: str,
        lines: Sequence[tuple[int, dict[str, Any], bool]],
        order: tuple[str, bool],
    ) -> None:
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

    def _table(
        self,
        caption: str,
        lines: Sequence[tuple[int, dict[str, Any], bool]],
        order: tuple[str, bool],
    ) -> str:
        column, descending = order
        sort = f' aria-sort="{"descending" if descending else "ascending"}"'
        head = "".join(
            f'<th scope="col"{sort if name == _SORTED.get(column) else ""}>{name}</th>'
            for name in _HEADER
        )
        body = "".join(
            f'<tr aria-selected="{str(ticked).lower()}"><th scope="row">{number}</th>'
            + "".join(_cell(value) for value in finding_row(finding, self._names))
            + "</tr>\n"
            for number, finding, ticked in lines
        )
        return fragment(
            _STYLE,
            f'<table class="page"><caption>{text_html(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
        )

    def _box(self, line: int) -> widgets.Checkbox:
        box = widgets.Checkbox(indent=False, layout=_line())
        box.observe(partial(self._ticked, line), "value")
        return box

    def _ticked(self, line: int, change: dict[str, Any]) -> None:
        if not self._filling:
            self._on_tick(line, bool(change["new"]))


def _cell(value: object) -> str:
    return f"<td>{text_html(value)}</td>"


def _line(margin: str = "0") -> widgets.Layout:
    return widgets.Layout(height=f"{_LINE_PX}px", width="64px", margin=margin)
