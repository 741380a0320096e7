"""Draws numbers as a table with a bar per line, in HTML that is readable everywhere."""

from collections.abc import Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.notebook.html import filter_mark, paragraph, strong, table_html

ROW_LIMIT = 40
_BAR_PX = 220
# Middle tones, visible on a light and on a dark page; the numbers beside a bar say the same.
_PARTS = {
    "shown": "#8c8c8c",
    "blank though known": "#d55e00",
    "blank for good reason": "#c8c8c8",
    "error": "#d55e00",
    "warning": "#b87f00",
    "info": "#0e86c4",
}


def swatch(colour: str, width: int, title: str = "") -> Markup:
    """Return a box of *width* px in *colour*, with a *title* on hover."""
    return Markup(
        '<span class="bar" title="{}" style="display:inline-block;height:11px;width:{}px;'
        'background-color:{}"></span>'
    ).format(title, width, colour)


def bars_table(
    title: str,
    numbers: pd.DataFrame,
    labels: Sequence[str],
    filters: Sequence[Mapping[str, Mapping[str, str]]],
) -> Markup:
    """Return a table of *numbers* with a bar per line; *labels* are the columns before them.

    *filters* are, per line and part, those of the findings on it.
    """
    parts = [str(name) for name in numbers.columns if name not in labels]
    lines = records(numbers.head(ROW_LIMIT))
    longest = max((sum(line[part] for part in parts) for line in lines), default=1) or 1
    rows = (
        [
            *(line[label] for label in labels),
            _bar({part: line[part] for part in parts}, longest, of_line),
            *(line[part] for part in parts),
        ]
        for line, of_line in zip(lines, filters, strict=False)
    )
    if not lines:
        return paragraph(strong(title), "nothing to count")
    heads = [swatch(_PARTS[part], 11) + Markup("&nbsp;") + part for part in parts]
    return table_html(title, (*labels, "", *heads), rows)


def _bar(numbers: dict[str, int], longest: int, filters: Mapping[str, Mapping[str, str]]) -> Markup:
    # At least 2 px: one row among a thousand is visible.
    return Markup('<span class="bars">{}</span>').format(
        Markup("").join(
            filter_mark(
                swatch(
                    _PARTS[part], max(round(number / longest * _BAR_PX), 2), f"{part}: {number}"
                ),
                filters[part],
            )
            for part, number in numbers.items()
            if number
        )
    )
