"""Formats values for people: on one line, in a given width, from shortly before they differ."""

import json
import re
from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import Status

# No cell holds more characters than this, combining ones included: longer texts are not measured.
_MAX_CHARS_PER_CELL = 8
_CONSONANT_Y = re.compile("[^aeiou]y$")


def trim_common_prefix(left: str, right: str, width: int) -> tuple[str, str]:
    """Trim a common prefix of both texts so that the first difference is within *width*."""
    pairs = enumerate(zip(left, right, strict=False))
    same = next((n for n, (one, other) in pairs if one != other), min(len(left), len(right)))
    # The first difference is visible anyway, with a few characters of it.
    if same < width - 4 or same == len(left) == len(right):
        return left, right
    start = same - width // 2
    # From the beginning of a word, if one begins shortly before: the difference stays in view.
    start = max(left.rfind(" ", start - width // 4, start) + 1, start - width // 4)
    return f"…{left[start:]}", f"…{right[start:]}"


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
            return printable(text)
        return printable(", ".join(map(str, items))) or "(empty list)"
    return printable(text)


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
    # A long word, such as a URL, is cut all the same.
    boundary = cut.rfind(" ")
    cut = cut[:boundary] if boundary >= width // 2 and not text[len(cut) :].startswith(" ") else cut
    return set_cell_size(cut.rstrip() + "…", width)


def plural(number: int, noun: str) -> str:
    """Return *number* with *noun*, in the plural where the number requires it."""
    if number != 1:
        # entry → entries, key → keys
        noun = f"{noun[:-1]}ies" if _CONSONANT_Y.search(noun) else f"{noun}s"
    return f"{number:,} {noun}"
