"""Draws an audit as HTML tables and one time axis; the same audit gives the same bytes.

Tables, not images: they follow the theme, have every value on hover, and are readable untrusted,
without a kernel and on a code host.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.matrix import (
    LEGEND,
    RIGHT,
    STATE_NAMES,
    Matrix,
    MatrixLine,
    describe_fields,
    field_label,
)
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.tallies import (
    NONE,
    PAGE_PARTS,
    pages_by_collection,
    rows_by_day,
    rows_by_writer,
)
from skillmeat_audit.reports.notebook.bars import ROW_LIMIT, bars_table, swatch
from skillmeat_audit.reports.notebook.frames import frame_html
from skillmeat_audit.reports.notebook.html import (
    filter_mark,
    fragment,
    grouped_html,
    next_calls,
    paragraph,
    sign,
    strong,
    text_html,
)
from skillmeat_audit.reports.pictures.time_axis import COLOURS, Moment, TimeAxis, bars

_SENTENCE_CHARS, _SENTENCES = 200, 5
# The findings on a part of a bar of pages, by the text that it is about.
_PAGE_FILTERS = {
    "description": {"blank though known": "blank", "blank for good reason": "blank"},
    "source link": {"blank though known": "not clickable"},
}
_GREY = "#777777"  # readable on white and on black, where a picture cannot have the page's colour


@dataclass(frozen=True)
class Chart:
    """A picture, its content in words (``alt``), and its numbers; displays itself in a notebook."""

    title: str
    alt: str
    html: Markup = field(repr=False)
    numbers: pd.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        return f"<Chart: {self.alt}; see .numbers>"

    def _repr_html_(self) -> str:
        return fragment(self.html)


@dataclass(frozen=True)
class ChartFacts:
    """What the charts draw: ``PAGE_FACTS`` and ``PAGES``, ``ROWS`` and ``FINDINGS``.

    ``wrong`` marks the rows with a cell that is wrong.
    """

    matrix: Matrix = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    wrong: pd.Series = field(repr=False)
    page_facts: pd.DataFrame = field(repr=False)
    pages: pd.DataFrame = field(repr=False)
    findings: pd.DataFrame = field(repr=False)
    names: Names = field(repr=False)


@dataclass(frozen=True)
class Charts:
    """The charts of an audit; a chart is drawn when it is first used."""

    facts: ChartFacts = field(repr=False)

    @cached_property
    def matrix(self) -> Chart:
        """Rows × fields: right, missing, differs, only here; equal rows are folded."""
        matrix = self.facts.matrix
        title = "Rows and their fields"
        return Chart(title, _alt(title, describe_fields(matrix)), _matrix(matrix), matrix.numbers)

    @cached_property
    def pages(self) -> Chart:
        """What pages show of each collection: shown, blank though known, blank for good reason."""
        numbers = pages_by_collection(self.facts.page_facts, self.facts.pages, self.facts.names)
        title = "What pages show, in artifacts"
        sentences = [
            f"{line['collection']}, {line['text']}: "
            + ", ".join(f"{line[part]} {part}" for part in PAGE_PARTS)
            for line in records(numbers)
        ]
        filters = [
            {
                part: {"collection": "" if collection == NONE else str(collection)}
                | ({"page": states[part]} if part in states else {})
                for part in PAGE_PARTS
            }
            for collection, text in zip(numbers.index, numbers["text"], strict=True)
            for states in (_PAGE_FILTERS[text],)
        ]
        bars_html = bars_table(title, numbers, ("collection", "text"), filters)
        return Chart(title, _alt(title, sentences), bars_html, numbers)

    @cached_property
    def causes(self) -> Chart:
        """Rows, not findings, by the code path that last wrote them, and by worst severity."""
        numbers = rows_by_writer(self.facts.findings, self.facts.names)
        title = "Rows with an error or a warning, by the path that last wrote them"
        sentences = [
            f"{name}: {', '.join(f'{kind} {number}' for kind, number in row.items() if number)}"
            for name, row in zip(numbers.index, records(numbers), strict=True)
        ]
        named = numbers.rename_axis("path").reset_index()
        writers = {
            self.facts.names.writer(each): each
            for each in self.facts.findings["writer"].dropna().unique()
        }
        filters = [
            {part: {"writer": writers.get(path, ""), "severity": part} for part in numbers.columns}
            for path in numbers.index
        ]
        return Chart(
            title, _alt(title, sentences), bars_table(title, named, ("path",), filters), numbers
        )

    @cached_property
    def timeline(self) -> Chart:
        """Rows by the day since which they hold their values, beside SkillMeat's releases."""
        numbers = rows_by_day(self.facts.rows, self.facts.wrong)
        title = "Rows by the day since which they hold their values"
        sentences = [
            f"{day}: {row['wrong']} wrong, {row['right']} right"
            for day, row in zip(numbers.index, records(numbers), strict=True)
        ]
        moments = [
            Moment(str(day), row) for day, row in zip(numbers.index, records(numbers), strict=True)
        ]
        alt = _alt(title, sentences)
        return Chart(title, alt, axis_html(title, bars(alt, moments), numbers), numbers)

    def __repr__(self) -> str:
        return "<Charts; see .matrix, .pages, .causes, .timeline>"

    def _repr_html_(self) -> str:
        charts = (self.matrix, self.pages, self.causes, self.timeline)
        return "\n".join(chart._repr_html_() for chart in charts)


def axis_html(title: str, axis: TimeAxis, numbers: pd.DataFrame) -> Markup:
    """Return a time axis with its legend and its *numbers*; an image where SVG is removed."""
    kinds = [str(name) for name in numbers.columns if name in COLOURS]
    # From untrusted output JupyterLab removes <svg>, but not the words in it, and <style>. Only the
    # style sheet shows the picture and hides the image: either the one or the other is seen.
    image = Markup('<img class="still" alt="{}" src="data:image/svg+xml;base64,{}" width="720">')
    source = base64.b64encode(axis.svg(_GREY).encode()).decode("ascii")
    table = frame_html(numbers.rename_axis("day (UTC)").tail(ROW_LIMIT))
    return Markup("\n").join(
        (
            paragraph(strong(title)),
            paragraph(*(swatch(COLOURS[kind], 12) + Markup("&nbsp;") + kind for kind in kinds)),
            Markup('<div style="display:none" class="live">{}</div>').format(axis.svg())
            + image.format(text_html(axis.label), source),
            Markup("").join(paragraph(line) for line in axis.legend),
            Markup("<details><summary>The numbers</summary>{}</details>").format(table),
        )
    )


def _alt(title: str, sentences: Sequence[str]) -> str:
    """Return the title and the first *sentences*."""
    more = f"; and {len(sentences) - _SENTENCES} more" if len(sentences) > _SENTENCES else ""
    first = (shortened(printable(each), _SENTENCE_CHARS) for each in sentences[:_SENTENCES])
    return f"{title}. {'; '.join(first) or 'Nothing to count'}{more}."


def _matrix(matrix: Matrix) -> Markup:
    """Return the matrix as a table: a sign per cell, with its words on hover."""
    header = ("artifact", *(field_label(name) for name in matrix.fields))
    groups = (
        (
            f"{group.title} · {group.rows}",
            [
                [_label(line.label, line.names, line.rows), *_signs(line, matrix.fields)]
                for line in group.lines
            ],
        )
        for group in matrix.groups
    )
    table = grouped_html(f"{LEGEND}", header, groups) if matrix.groups else Markup()
    return Markup("\n").join(
        (
            paragraph(strong("Rows and their fields"), matrix.sentence),
            table,
            next_calls("audit.only(writer='…', collection='…')", "audit.show('type:name')"),
        )
    )


def _label(label: str, names: Sequence[str], rows: int) -> object:
    if rows == 1:
        return label
    listed = ", ".join(names) + (f" and {rows - len(names)} more" if rows > len(names) else "")
    return Markup("<details><summary>{}</summary>{}</details>").format(
        label, Markup("").join(text_html(each) for each in _wrapped(listed))
    )


def _wrapped(text: str) -> Iterable[str]:
    """Return *text* in parts, none of which `text_html` cuts."""
    return (text[start : start + _SENTENCE_CHARS] for start in range(0, len(text), _SENTENCE_CHARS))


def _signs(line: MatrixLine, fields: Sequence[str]) -> Iterable[Markup]:
    for column, cell in zip(fields, line.cells, strict=True):
        shown = sign(cell.glyph, cell.state, cell.note) if cell.state else Markup()
        # A right cell has no finding to show.
        is_wrong = cell.state not in ("", STATE_NAMES[RIGHT])
        yield filter_mark(shown, {**line.filters, "column": column}) if is_wrong else shown
