"""Renders one finding for a terminal: actual → expected of a cell, else its title and detail."""

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.lines import Finding, is_about_cell
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import (
    display_expected,
    display_value,
    fit_pair,
)
from skillmeat_audit.reports.terminal.wrapping import wrapped

NO_VALUE = "–"
SEVERITY_STYLES = {"error": "red", "warning": "yellow", "info": "blue"}
_MIN_VALUE_CELLS = 20  # of a value beside its column; below it, there is room for more
_ARROW = "  →  "
_DETAIL_CHARS = 1000


def finding_lines(
    finding: Finding, names: Names, width: int, *, whole: bool = False
) -> Iterator[Text]:
    """Yield the lines of one finding: actual → expected of a cell, else its title and detail.

    Values are cut to a line, unless they are to be *whole*.
    """
    severity = str(finding["severity"])
    head = Text(f"  {finding['rule']} ").append(f"{severity:<8}", SEVERITY_STYLES[severity])
    indent = cell_len(head.plain)
    if is_about_cell(finding):
        first, *others = _cell(finding, width - indent, whole=whole)
    else:
        title = names.titles[str(finding["rule"])]
        detail = shortened(printable(finding["detail"] or ""), _DETAIL_CHARS)
        # The detail begins a line: after the title it would be a sentence with three colons.
        room = max(width - indent, 20)
        first, *others = (line for text in (title, detail) for line in wrapped(text, room))
    yield head.append_text(first)
    for line in others:
        yield Text(" " * indent).append_text(line)


def _cell(finding: Finding, room: int, *, whole: bool) -> list[Text]:
    """Return actual → expected in lines of *room* cells, from where they differ unless *whole*.

    The values are below the column's name if the line is too short for both.
    """
    actual, expected = display_value(finding["actual"]), display_expected(finding)
    column = Text(f"{finding['column']:<16}")
    repair = (f"{finding['evidence'] or NO_VALUE:<12}{finding['disposition']}", "dim")
    # 22 for evidence and disposition.
    beside = room - len(column) - 22
    # A short line has no room for two values that people could tell apart.
    is_wide = beside >= 2 * _MIN_VALUE_CELLS + len(_ARROW)
    # 2 for the gap before the evidence.
    line = difference_line(actual, expected, beside - 2 if is_wide else room, whole=whole)
    if line is not None and is_wide:
        return [column.append(set_cell_size(line, beside)).append(*repair)]
    below = [line] if line is not None else whole_lines(actual, expected, room)
    return [column.append(*repair), *map(Text, below)]


def difference_line(before: str, after: str, room: int, *, whole: bool = False) -> str | None:
    """Return before → after in *room* cells; None where they are to be *whole* and do not fit."""
    one, other = fit_pair(before, after, room - len(_ARROW))
    return None if whole and (one, other) != (before, after) else f"{one}{_ARROW}{other}"


def whole_lines(before: str, after: str, room: int) -> list[str]:
    """Return before → after in lines of *room* cells, nothing cut."""
    texts = (f"  {before}", f"→ {after}")
    return [line.plain for text in texts for line in wrapped(text, room, 2)]
