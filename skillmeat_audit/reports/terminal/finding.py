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
SEVERITY_STYLES = {"error": "red", "warning": "yellow", "info": "blue"}
_MIN_VALUE_CELLS = 20  # of a value beside its column; below it, there is room for more
_DETAIL_CHARS = 1000


def finding_lines(finding: Finding, names: Names, width: int) -> Iterator[Text]:
    """Yield the lines of one finding: actual → expected of a cell, else its title and detail."""
    severity = str(finding["severity"])
    head = Text(f"  {finding['rule']} ").append(f"{severity:<8}", SEVERITY_STYLES[severity])
    room = width - cell_len(head.plain)
    if is_about_cell(finding):
        first, *others = _cell(finding, room)
        yield head.append_text(first)
        yield from others
        return
    text = names.titles[str(finding["rule"])]
    if finding["detail"] is not None:
        text = f"{text}: {shortened(printable(finding['detail']), _DETAIL_CHARS)}"
    lines = textwrap.wrap(text, max(room, 20), break_long_words=False, break_on_hyphens=False)
    yield head.append(lines[0])
    for line in lines[1:]:
        yield Text(" " * (width - room) + line)


def _cell(finding: Finding, room: int) -> list[Text]:
    """Return actual → expected, from where they differ, the first line in *room* cells.

    The values are below the column's name if the line is too short for both.
    """
    # 16 for the column, 5 for the arrow, 22 for evidence and disposition.
    half = (room - 16 - 5 - 22) // 2
    beside = half >= _MIN_VALUE_CELLS
    half = half if beside else max((room - 3) // 2, _MIN_VALUE_CELLS // 2)
    actual, expected = trim_common_prefix(
        display_value(finding["actual"]), display_expected(finding), half
    )
    column = Text(f"{finding['column']:<16}")
    repair = (f"{finding['evidence'] or NO_VALUE:<12}{finding['disposition']}", "dim")
    if beside:
        values = f"{fit_cells(actual, half)}  →  {fit_cells(expected, half)}  "
        return [column.append(values).append(*repair)]
    values = f"{fit_cells(actual, half).rstrip()} → {fit_cells(expected, half).rstrip()}"
    return [column.append(*repair), Text(f"{'':15}{values}")]
