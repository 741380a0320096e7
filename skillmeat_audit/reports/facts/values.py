"""How values are shown to a person: on one line, in a given width, from where two of them part."""

import json

from rich.cells import cell_len, set_cell_size

from skillmeat_audit.base.text import printable

# More characters than this do not fit in a cell, combining ones included: no need to measure them.
_WIDEST = 8


def trim_common_prefix(left: str, right: str, width: int) -> tuple[str, str]:
    """Return both texts from shortly before they part, where that is past *width*."""
    pairs = enumerate(zip(left, right, strict=False))
    same = next((n for n, (one, other) in pairs if one != other), min(len(left), len(right)))
    if same < width - 4 or same == len(left) == len(right):
        return left, right
    start = same - width // 2
    return f"…{left[start:]}", f"…{right[start:]}"


def display_value(value: object) -> str:
    """Return a value fit to be shown: lists without their JSON, emptiness in words."""
    if value is None or value == "":
        return "(empty)"
    text = str(value)
    if text.startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return printable(text)
        return printable(", ".join(map(str, items))) or "(empty list)"
    return printable(text)


def fit_cells(text: str, width: int) -> str:
    """Return *text* in exactly *width* terminal cells, a cut shown as ``…``."""
    if len(text) <= width * _WIDEST and cell_len(text) <= width:
        return set_cell_size(text, width)
    text = text[: width * _WIDEST]
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def plural(number: int, noun: str) -> str:
    """Return *number* with its noun, in the plural where it takes one."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
