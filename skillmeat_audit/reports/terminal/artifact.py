"""Renders one artifact for a terminal: its values, the writer of each row, the next command."""

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.reports.facts.artifact import ArtifactLayers, LayerColumn
from skillmeat_audit.reports.facts.lines import Finding
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.page_view import describe_page
from skillmeat_audit.reports.facts.values import display_value, fit_cells, trim_common_prefix
from skillmeat_audit.reports.terminal.finding import finding_lines
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

_EMPTY = "(empty)"


def artifact_text(
    artifact: ArtifactLayers, width: int, commands: Sequence[Command] = (), *, full: bool = False
) -> Iterator[Text]:
    """Yield the values of an artifact with the layers that have them, then what is wrong.

    Values are cut to a line, from where they differ, unless *full*. Last come the *commands*.
    """
    listed = records(artifact.findings)
    yield Text(printable(artifact.artifact_id), "bold")
    yield from _values(artifact, listed, width, full=full)
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
            yield from wrapped(f"  {printable(explanation)}", width, 2)
        if page := pages.get(key):
            yield from wrapped(f"  {describe_page(page)}", width, 2)
        for finding in listed:
            if finding["collection_id"] == collection_id:
                yield from finding_lines(finding, artifact.names, width, whole=full)
    if commands:
        yield Text()
        yield from next_commands(commands, width)


def _values(
    artifact: ArtifactLayers, listed: Sequence[Finding], width: int, *, full: bool
) -> Iterator[Text]:
    """Yield per column its values, each with the layers that have it."""
    if not artifact.columns:
        yield Text("no readable layer has this artifact", "dim")
        return
    absent = []
    for name in COLUMNS:
        rules = sorted({str(each["rule"]) for each in listed if each["column"] == name})
        titles = _titles_by_value(artifact.columns, name, with_empty=bool(rules))
        if not titles:
            absent.append(name)
            continue
        yield Text(f"{name}  ", "bold").append(" ".join(rules), "red")
        first = next(iter(titles))
        for value, layers in titles.items():
            yield from _value(value, layers, None if value == first else first, width, full=full)
    for column in artifact.columns:
        if column.state is not None:
            yield from wrapped(f"{printable(column.title)}: {printable(column.state)}", width, 2)
    if absent:
        yield from wrapped(f"empty in all layers: {', '.join(absent)}", width, 2, "dim")


def _titles_by_value(
    columns: Sequence[LayerColumn], name: str, *, with_empty: bool
) -> Mapping[str, list[str]]:
    """Return the titles of the layers by their value; empty rows only *with_empty*."""
    titles: dict[str, list[str]] = {}
    for column in columns:
        value = column.texts.get(name)
        is_shown = value is not None or (with_empty and column.collection_id is not None)
        if is_shown:
            text = _EMPTY if value is None else display_value(value)
            titles.setdefault(text, []).append(printable(column.title))
    return titles


def _value(
    value: str, layers: Sequence[str], expected: str | None, width: int, *, full: bool
) -> Iterator[Text]:
    """Yield a value, then its layers; ``≠`` marks one that differs from *expected*, the first."""
    mark, style = ("  ", "") if expected is None else ("≠ ", "yellow")
    names = f"  {', '.join(layers)}"
    if full:
        yield from wrapped(f"  {mark}{value}", width, 4, style)
    else:
        if expected is not None:
            value, _ = trim_common_prefix(value, expected, width - 4)
        line = fit_cells(value, width - 4).rstrip()
        if 4 + cell_len(line) + cell_len(names) <= width:
            yield Text(f"  {mark}{line}", style).append(names, "dim not bold")
            return
        yield Text(f"  {mark}{line}", style)
    yield from wrapped(f"      {names.strip()}", width, 6, "dim")
