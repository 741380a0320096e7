"""Renders one artifact for a terminal: its layers, the writer of each row, the next command."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.reports.facts.artifact import ArtifactLayers, LayerColumn
from skillmeat_audit.reports.facts.causes import commands_for
from skillmeat_audit.reports.facts.lines import Finding
from skillmeat_audit.reports.facts.page_view import describe_page
from skillmeat_audit.reports.facts.values import display_value, fit_cells
from skillmeat_audit.reports.terminal.check import NAME_CHARS, Layout
from skillmeat_audit.reports.terminal.finding import NO_VALUE, finding_lines
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

_MIN_COLUMN_CELLS = 14


def artifact_text(artifact: ArtifactLayers, layout: Layout, home: str) -> Iterator[Text]:
    """Yield the layers side by side where they fit, else (or if ``verbose``) in full.

    Last come the commands that repair the artifact in *home*.
    """
    listed = records(artifact.findings)
    yield Text(printable(artifact.artifact_id), "bold")
    yield from _layers(artifact, listed, layout)
    pages = {str(page["collection_id"]): page for page in records(artifact.pages)}
    of_findings = {str(finding["collection_id"]): finding["collection_id"] for finding in listed}
    # Rows that have an explanation, then findings on no row of this artifact.
    for key, collection_id in ({key: key for key in artifact.explanations} | of_findings).items():
        yield Text()
        title = "the artifact"
        if collection_id is not None:
            title = f"row in {artifact.names.collection(collection_id)}"
        yield Text(printable(title), "bold")
        if explanation := artifact.explanations.get(key):
            yield from wrapped(f"  {printable(explanation)}", layout.width, 2)
        if page := pages.get(key):
            yield from wrapped(f"  {describe_page(page)}", layout.width, 2)
        for finding in listed:
            if finding["collection_id"] == collection_id:
                yield from finding_lines(finding, artifact.names, layout.width)
    name = shlex.quote(shortened(printable(artifact.artifact_id), NAME_CHARS))
    if commands := list(commands_for(artifact.findings, home, f"--artifact {name}")):
        yield Text()
        yield from next_commands(commands, layout.width)


def _layers(artifact: ArtifactLayers, listed: Sequence[Finding], layout: Layout) -> Iterator[Text]:
    codes: dict[str, set[str]] = {}
    for finding in listed:
        codes.setdefault(str(finding["column"]), set()).add(str(finding["rule"]))
    marks = {column: " ".join(sorted(rules)) for column, rules in codes.items()}
    # 18 for the column's name, 12 for the codes of rules at the end of the line.
    cells = (layout.width - 18 - 12) // max(len(artifact.columns), 1) - 2
    if not artifact.columns:
        yield Text("no readable layer has this artifact", "dim")
    elif layout.verbose or cells < _MIN_COLUMN_CELLS:
        yield from _in_full(artifact, marks)
    else:
        yield from _side_by_side(artifact, marks, cells)


def _side_by_side(artifact: ArtifactLayers, marks: Mapping[str, str], cells: int) -> Iterator[Text]:
    titles = "  ".join(fit_cells(printable(column.title), cells) for column in artifact.columns)
    yield Text(" " * 18 + titles, "bold")
    for name in COLUMNS:
        values = "  ".join(fit_cells(_value(column, name), cells) for column in artifact.columns)
        yield Text(f"{name:<18}{values}  ").append(marks.get(name, ""), "red")


def _in_full(artifact: ArtifactLayers, marks: Mapping[str, str]) -> Iterator[Text]:
    """Yield the whole values of each column; layers with the same value share a line."""
    absent = []
    for name in COLUMNS:
        titles_by_value: dict[str, list[str]] = {}
        for column in artifact.columns:
            titles_by_value.setdefault(_value(column, name), []).append(printable(column.title))
        # Columns without any value share a line at the end.
        if set(titles_by_value) == {NO_VALUE} and name not in marks:
            absent.append(name)
            continue
        yield Text(f"{name}  ", "bold").append(marks.get(name, ""), "red")
        for value, titles in titles_by_value.items():
            yield Text(f"  {', '.join(titles)}: ", "dim").append(value, "not dim")
    if absent:
        yield Text(f"no layer knows: {', '.join(absent)}", "dim")


def _value(column: LayerColumn, name: str) -> str:
    """Return the value of *column* called *name*; the first name says why a layer has none."""
    value = column.texts.get(name)
    if value is None and column.state is not None and name == COLUMNS[0]:
        return f"({printable(column.state)})"
    return NO_VALUE if value is None else display_value(value)
