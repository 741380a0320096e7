"""Renders one finding for a terminal: actual → expected of a cell, else its title and detail."""

import textwrap
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.lines import Finding, is_about_cell
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import (
    display_expected,
    display_value,
    fit_cells,
    trim_common_prefix,
)

NO_VALUE = "–"
_STYLES = {"error": "red", "warning": "yellow", "info": "blue"}
_MIN_VALUE_CELLS = 10
_DETAIL_CHARS = 1000


def finding_lines(finding: Finding, names: Names, width: int) -> Iterator[Text]:
    """Yield the lines of one finding: actual → expected of a cell, else its title and detail."""
    severity = str(finding["severity"])
    head = Text(f"  {finding['rule']} ").append(f"{severity:<8}", _STYLES[severity])
    room = width - cell_len(head.plain)
    if is_about_cell(finding):
        yield head.append_text(_cell(finding, room))
        return
    text = names.titles[str(finding["rule"])]
    if finding["detail"] is not None:
        text = f"{text}: {shortened(printable(finding['detail']), _DETAIL_CHARS)}"
    first, *others = textwrap.wrap(text, max(room, 20)) or [""]
    yield head.append(first)
    for other in others:
        yield Text(" " * (width - room) + other)


def _cell(finding: Finding, room: int) -> Text:
    """Return actual → expected, from where they differ, in lines of *room* cells.

    The values are below the column's name if the line is too short for both.
    """
    # 16 for the column, 5 for the arrow, 22 for evidence and disposition.
    half = (room - 16 - 5 - 22) // 2
    beside = half >= _MIN_VALUE_CELLS
    half = half if beside else max((room - 3) // 2, _MIN_VALUE_CELLS)
    actual, expected = trim_common_prefix(
        display_value(finding["actual"]), display_expected(finding), half
    )
    column = Text(f"{finding['column']:<16}")
    repair = (f"{finding['evidence'] or NO_VALUE:<12}{finding['disposition']}", "dim")
    if beside:
        values = f"{fit_cells(actual, half)}  →  {fit_cells(expected, half)}  "
        return column.append(values).append(*repair)
    values = f"{fit_cells(actual, half).rstrip()} → {fit_cells(expected, half).rstrip()}"
    return column.append(*repair).append(f"\n{'':15}{values}")
