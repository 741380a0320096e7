"""Draws an audit: charts with alt text; the same audit gives the same bytes."""

import base64
import io
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import SEVERITIES
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.tallies import by_day, by_writer, coverage, wrong_cells
from skillmeat_audit.reports.notebook.html import fragment, table_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Distinct for the colour-blind too (Okabe and Ito), and by hatching as well.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
_SEVERITIES = {"error": "#d55e00", "warning": "#e69f00", "info": "#56b4e9"}
_HATCHES = ("", "//", "--", "xx", "\\", "++", "||", "/")  # lines only: dots make big files
_WIDTH_INCHES, _LABEL_CHARS, _SENTENCE_CHARS, _ROW_LIMIT = 7.2, 84, 200, 40
_LINE_CHARS, _LINE_INCHES = 28, 0.15  # of a label
# Edges and hatches are dark: a bar stands out from the page by them, whatever its colour. Text
# stays text: a third of the size, and sharp wherever a font is.
_EDGE, _EDGE_POINTS = "#333333", 0.6
_LOOK: Any = {  # matplotlib types this as a Literal of four hundred names
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "skillmeat-audit",  # ids are random without it
    "svg.fonttype": "none",
}
_FONTS = b"'DejaVu Sans', Verdana, sans-serif"


@dataclass(frozen=True)
class Chart:
    """A picture, its content in words (``alt``), and its numbers; displays itself in a notebook."""

    title: str
    alt: str
    svg: bytes = field(repr=False)
    numbers: pd.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        return f"<Chart: {self.alt}; see .numbers, .svg>"

    def _repr_html_(self) -> Markup:
        source = base64.b64encode(self.svg).decode("ascii")
        named = self.numbers.rename_axis(self.title).reset_index()
        visible = named.head(_ROW_LIMIT)
        caption = f"{self.title}: {len(visible)} of {len(named)} lines"
        rows = [list(line.values()) for line in records(visible)]
        figure = Markup(
            '<figure style="margin:.5em 0">'
            '<img src="data:image/svg+xml;base64,{}" alt="{}" '
            'style="max-width:100%;background:#fff">'
            '<figcaption aria-hidden="true">{}</figcaption></figure>'
        )
        alt = Markup(escape(self.alt))  # longer than `text_html` allows
        return fragment(
            figure.format(source, alt, alt),
            Markup("<details><summary>The numbers</summary>"),
            table_html(caption, [str(name) for name in named.columns], rows),
            Markup("</details>"),
        )


@dataclass(frozen=True)
class Charts:
    """The charts of an audit; a chart is drawn when it is first used."""

    snapshot: Snapshot
    findings: pd.DataFrame = field(repr=False)
    names: Names = field(repr=False)

    @cached_property
    def cells(self) -> Chart:
        """Wrong cells by column, and by the layer of the expected value."""
        numbers = wrong_cells(self.findings)
        return _stacked("Wrong cells by column, and the layer that knows better", numbers)

    @cached_property
    def writers(self) -> Chart:
        """Findings by the code path that last wrote the row, and by severity."""
        numbers = by_writer(self.findings, SEVERITIES, self.names)
        return _stacked("Findings by the code path that last wrote the row", numbers)

    @cached_property
    def days(self) -> Chart:
        """Findings by the day the row was added, and by writer."""
        numbers = by_day(self.findings, self.snapshot.rows, self.names)
        return _stacked("Findings by the time the row was added, and who wrote it", numbers)

    @cached_property
    def coverage(self) -> Chart:
        """How many rows of each collection have a description, and a source."""
        numbers = coverage(self.snapshot)
        numbers.index = pd.Index([self.names.collection(each) for each in numbers.index])
        title = "Rows that have a description and a source, by collection"
        sentences = [
            f"{name}: {row['description']} of {row['rows']} have a description, "
            f"{row['source']} a source"
            for name, row in zip(numbers.index, records(numbers), strict=True)
        ]
        return _chart(title, sentences, numbers, _beside)

    def __repr__(self) -> str:
        return "<Charts; see .cells, .writers, .days, .coverage>"

    def _repr_html_(self) -> Markup:
        charts = (self.cells, self.writers, self.days, self.coverage)
        return Markup("\n").join(chart._repr_html_() for chart in charts)


def _stacked(title: str, numbers: pd.DataFrame) -> Chart:
    sentences = [
        f"{name}: {', '.join(f'{kind} {number}' for kind, number in row.items() if number)}"
        for name, row in zip(numbers.index, records(numbers), strict=True)
    ]
    return _chart(title, sentences, numbers, _stack)


def _chart(
    title: str,
    sentences: Sequence[str],
    numbers: pd.DataFrame,
    draw: Callable[["Axes", pd.DataFrame], None],
) -> Chart:
    """Return the chart of *numbers*; its alt text is the title and the first *sentences*."""
    more = f"; and {len(sentences) - 5} more" if len(sentences) > 5 else ""
    first = "; ".join(shortened(printable(each), _SENTENCE_CHARS) for each in sentences[:5])
    alt = f"{title}. {first or 'Nothing to count'}{more}."
    return Chart(title, alt, _svg(title, numbers, draw), numbers)


def _svg(title: str, numbers: pd.DataFrame, draw: Callable[["Axes", pd.DataFrame], None]) -> bytes:
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415

    out = io.BytesIO()
    with rc_context(_LOOK):
        height = _height(numbers)
        figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained", facecolor="white")
        axes = figure.add_subplot()
        axes.set_title(title, loc="left", fontweight="bold")
        if len(numbers):
            draw(axes, numbers)
            _label(axes, numbers)
        else:
            axes.set_axis_off()
            axes.text(0, 0.5, "nothing to count")
        # Without a date and a creator's version the same audit gives the same bytes.
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    # The browser draws the text: where it lacks matplotlib's font, with another one.
    return out.getvalue().replace(b"'DejaVu Sans'", _FONTS)


def _height(numbers: pd.DataFrame) -> float:
    """Return the height in inches of a chart whose labels have room."""
    lines, in_legend = (
        [_label_text(str(name)).count("\n") + 1 for name in names]
        for names in (numbers.index, numbers.columns)
    )
    bars = max(0.26, 0.08 + _LINE_INCHES * max(lines, default=1)) * max(len(numbers), 2)
    return max(1.1 + bars, 0.5 + _LINE_INCHES * sum(in_legend) + 0.05 * len(in_legend))


def _stack(axes: "Axes", numbers: pd.DataFrame) -> None:
    """Draw a bar per line, a part per column, the sum at its end."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    start, lines = pd.Series(0, index=numbers.index), np.arange(len(numbers))
    for number, name in enumerate(numbers.columns):
        some = (numbers[name] > 0).to_numpy()
        look = _bar_look(number, str(name))
        axes.barh(lines[some], numbers[name][some], height=0.7, left=start[some], **look)
        start = start + numbers[name]
    for line, total in enumerate(start):
        _annotate(axes, f"{total}", (total, line))
    # Room for the numbers at the ends of the bars.
    axes.set_xlim(0, 1.12 * start.max())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _bar_look(number: int, label: str) -> dict[str, Any]:
    """Return how the bars of part *number* are drawn, in the legend as *label*."""
    return {
        "label": _label_text(label),
        "color": _SEVERITIES.get(label, _COLOURS[number % len(_COLOURS)]),
        "hatch": _HATCHES[number % len(_HATCHES)],
        "edgecolor": _EDGE,
        "linewidth": _EDGE_POINTS,
    }


def _beside(axes: "Axes", numbers: pd.DataFrame) -> None:
    """Draw the share of rows with a description and with a source, side by side."""
    for number, name in enumerate(("description", "source")):
        # Two bars of 0.36 per line, 0.02 apart.
        lines = [line + 0.19 * (2 * number - 1) for line in range(len(numbers))]
        share = 100 * numbers[name] / numbers["rows"]
        axes.barh(lines, share, height=0.36, **_bar_look(number, name))
        counts = zip(numbers[name], numbers["rows"], strict=True)
        for line, width, (count, rows) in zip(lines, share, counts, strict=True):
            _annotate(axes, f"{count} of {rows}", (width, line))
    axes.set_xlim(0, 115)
    axes.set_xticks([0, 25, 50, 75, 100], ["0 %", "25 %", "50 %", "75 %", "100 %"])


def _annotate(axes: "Axes", text: str, end: tuple[float, float]) -> None:
    """Write *text* right of the *end* of a bar."""
    axes.annotate(text, end, xytext=(3, 0), textcoords="offset points", va="center")


def _label(axes: "Axes", numbers: pd.DataFrame) -> None:
    """Label the lines and the colours; names are text, not formulas."""
    # parse_math=False: a name such as "$x$" would be read as a formula, or fail.
    labels = [_label_text(str(name)) for name in numbers.index]
    axes.set_yticks(range(len(numbers)), labels, parse_math=False)
    axes.set_ylim(max(len(numbers), 2) - 0.5, -0.5)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _label_text(name: str) -> str:
    """Return *name* in lines that a label has room for."""
    return textwrap.fill(_drawable(name), _LINE_CHARS)


def _drawable(name: str) -> str:
    """Return *name* cut, with a mark for what the font cannot draw."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415

    # A missing glyph is drawn as a box, with a warning per character on stderr.
    charmap = get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap()
    text = shortened(printable(name), _LABEL_CHARS)
    return "".join(char if ord(char) in charmap else "\N{REPLACEMENT CHARACTER}" for char in text)
