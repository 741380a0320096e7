"""Formats values for people: on one line, in a given width, from shortly before they differ."""

import json
import re
from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size

from skillmeat_audit.base.text import printable, word_end
from skillmeat_audit.model.findings import Status

# No cell holds more characters than this, combining ones included: longer texts are not measured.
_MAX_CHARS_PER_CELL = 8
_LEAST_CELLS = 10  # of a value, however narrow the terminal is
_CONSONANT_Y = re.compile("[^aeiou]y$")


def trim_common_prefix(left: str, right: str, width: int) -> tuple[str, str]:
    """Trim a common prefix of both texts so that the first difference is within *width*."""
    pairs = enumerate(zip(left, right, strict=False))
    same = next((n for n, (one, other) in pairs if one != other), min(len(left), len(right)))
    # The first difference is visible anyway, in the first half: a cut at a word is behind it.
    if same < width // 2 or same == len(left) == len(right):
        return left, right
    # A third: a cut at the end of a word, in the second half, never leaves out the difference.
    start = same - width // 3
    # From the beginning of a word, or of a part of a path: the difference stays in view.
    starts = (left.find(" ", start, same) + 1, left.find("/", start, same))
    start = min((each for each in starts if each >= start), default=start)
    return f"…{left[start:]}", f"…{right[start:]}"


def fit_pair(before: str, after: str, room: int) -> tuple[str, str]:
    """Return both texts in *room* terminal cells together, from shortly before they differ.

    The shorter one is whole if it fits into half of the room; the other one has the rest.
    """
    if _cells(before, room) + _cells(after, room) <= room:
        return before, after
    half = max(room // 2, _LEAST_CELLS)
    before, after = trim_common_prefix(before, after, half)
    widths = max(half, room - _cells(after, room)), max(half, room - _cells(before, room))
    return fit_cells(before, widths[0]).rstrip(), fit_cells(after, widths[1]).rstrip()


def _cells(text: str, room: int) -> int:
    """Return the terminal cells of *text*, or more than *room* where it is too long to measure."""
    return cell_len(text) if len(text) <= room * _MAX_CHARS_PER_CELL else room + 1


def display_value(value: object) -> str:
    """Return *value* as one printable line: lists without their JSON, emptiness in words."""
    if value is None or value == "":
        return "(empty)"
    text = str(value)
    # tags_json and tools_json; a description may begin with "[" too, and stays as it is.
    if text.startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return _on_one_line(text)
        return _on_one_line(", ".join(map(str, items))) or "(empty list)"
    return _on_one_line(text)


def _on_one_line(text: str) -> str:
    # A sign for the end of a line: "\\n" looks like two characters that the value does not have.
    return printable(text.replace("\n", "↵"))


def display_expected(finding: Mapping[str, object]) -> str:
    """Return the expected value of *finding* as one printable line."""
    if finding["status"] == Status.EXTRA:
        return "(no layer knows one)"
    return display_value(finding["expected"])


def fit_cells(text: str, width: int) -> str:
    """Return *text* in *width* terminal cells; ``…`` marks a cut, between words if it can."""
    if len(text) <= width * _MAX_CHARS_PER_CELL and cell_len(text) <= width:
        return set_cell_size(text, width)
    # cell_len looks at every character: a description of a megabyte is cut before it is measured.
    text = text[: width * _MAX_CHARS_PER_CELL]
    cut = set_cell_size(text, width - 1)
    if len(cut) < len(text):
        cut = cut[: word_end(text, len(cut))]
    return set_cell_size(cut.rstrip() + "…", width)


def plural(number: int, noun: str) -> str:
    """Return *number* with *noun*, in the plural where the number requires it."""
    if number != 1:
        # entry → entries, key → keys
        noun = f"{noun[:-1]}ies" if _CONSONANT_Y.search(noun) else f"{noun}s"
    return f"{number:,} {noun}"
