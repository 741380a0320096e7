"""Renders audits for a terminal: the answer first, then the cause, then the next command."""

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd
from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import Severity, Status
from skillmeat_audit.model.tables import records
from skillmeat_audit.reports.facts.artifact import ArtifactView, Column
from skillmeat_audit.reports.facts.causes import Command, commands_for
from skillmeat_audit.reports.facts.names import ERAS, Names
from skillmeat_audit.reports.facts.summary import Summary, answer
from skillmeat_audit.reports.facts.values import (
    display_value,
    fit_cells,
    plural,
    trim_common_prefix,
)

_STYLES = {"error": "red", "warning": "yellow", "info": "blue"}
_NARROWEST_COLUMN, _NARROWEST_VALUE = 14, 10
_SILENT = "–"
_NAME_LIMIT, _DETAIL_LIMIT = 200, 1000

Finding = Mapping[str, object]


@dataclass(frozen=True)
class Layout:
    """How wide lines are, whether notes are listed, and how many artifacts (0: all)."""

    width: int
    verbose: bool = False
    limit: int = 0


def check_text(
    summary: Summary, findings: pd.DataFrame, names: Names, layout: Layout
) -> Iterator[Text]:
    """Yield the lines of an audit; *findings* is ``FINDINGS``."""
    yield from wrapped(_headline(summary), layout.width, 2, "bold")
    yield Text()
    yield from _answer(summary, layout.width)
    listed = records(
        findings if layout.verbose else findings[findings["severity"] != Severity.INFO]
    )
    groups = [list(group) for _, group in groupby(sorted(listed, key=_artifact), key=_artifact)]
    visible = groups[: layout.limit] if layout.limit else groups
    for group in visible:
        yield _group_title(group[0], names, layout.width)
        for finding in group:
            yield from finding_lines(finding, names, layout.width)
        yield Text()
    if len(visible) < len(groups):
        yield Text(f"… and {len(groups) - len(visible)} more groups (--limit 0 lists all)\n", "dim")
    yield from _totals(summary, layout)
    yield from _next(summary, listed, layout.width)


def _artifact(finding: Finding) -> tuple[str, str]:
    return str(finding["artifact_id"] or ""), str(finding["collection_id"] or "")


def _headline(summary: Summary) -> str:
    counts = summary.counts
    held = f"{plural(counts['artifacts'], 'artifact')}, {plural(counts['rows'], 'row')}"
    cache = ERAS[summary.era] if summary.era else "the cache has no rows table"
    if summary.database is None:
        cache = "no cache yet: only the manifests and files were checked"
    return f"{printable(summary.home)} · {held} · {cache}"


def _answer(summary: Summary, width: int) -> Iterator[Text]:
    said, blank = answer(summary), any(summary.blank.values())
    if said:
        yield from wrapped(said, width, 0, "bold" if blank else "bold green")
    for cause in summary.causes:
        yield from wrapped(f"{cause.rows:5}  {cause.writer:<16} {cause.does}", width, 24)
    if blank or summary.causes or not summary.counts["findings"]:
        yield Text()


def wrapped(text: str, width: int, indent: int = 0, style: str = "") -> Iterator[Text]:
    """Yield *text* in lines of *width*, those after the first by *indent* to the right."""
    for line in textwrap.wrap(
        text,
        max(width, indent + 20),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield Text(line, style)


def _group_title(first: Finding, names: Names, width: int) -> Text:
    title = Text(shortened(printable(first["artifact_id"] or "the home"), _NAME_LIMIT), "bold")
    if first["collection_id"] is not None:
        title.append(f" · {printable(names.collection(first['collection_id']))}", "not bold")
    if first["writer"] is not None:
        who = f"last written by {first['writer']} ({first['writer_confidence']})"
        gap = width - cell_len(title.plain) - len(who)
        title.append((" " * gap if gap >= 3 else "\n  ") + who, "not bold dim")
    return title


def finding_lines(finding: Finding, names: Names, width: int) -> Iterator[Text]:
    """Yield the lines of one finding: actual → expected of a cell, else its title and detail."""
    severity = str(finding["severity"])
    head = Text(f"  {finding['rule']} ").append(f"{severity:<8}", _STYLES[severity])
    room = width - cell_len(head.plain)
    if finding["column"] is not None and finding["status"] is not None:
        yield head.append_text(_cell(finding, room))
        return
    said = names.titles[str(finding["rule"])]
    if finding["detail"] is not None:
        said = f"{said}: {shortened(printable(finding['detail']), _DETAIL_LIMIT)}"
    first, *others = textwrap.wrap(said, max(room, 20)) or [""]
    yield head.append(first)
    for other in others:
        yield Text(" " * (width - room) + other)


def _cell(finding: Finding, room: int) -> Text:
    """Return actual → expected, where the two start to differ, in lines of *room* cells.

    They stand below the column's name where there is too little room beside it.
    """
    half = (room - 16 - 5 - 22) // 2
    beside = half >= _NARROWEST_VALUE
    half = half if beside else max((room - 3) // 2, _NARROWEST_VALUE)
    actual = display_value(finding["actual"])
    expected = (
        "(no layer knows one)"
        if finding["status"] == Status.EXTRA
        else display_value(finding["expected"])
    )
    actual, expected = trim_common_prefix(actual, expected, half)
    column = Text(f"{finding['column']:<16}")
    said = (f"{finding['evidence'] or _SILENT:<12}{finding['disposition']}", "dim")
    if beside:
        values = f"{fit_cells(actual, half)}  →  {fit_cells(expected, half)}  "
        return column.append(values).append(*said)
    values = f"{fit_cells(actual, half).rstrip()} → {fit_cells(expected, half).rstrip()}"
    return column.append(*said).append(f"\n{'':15}{values}")


def _totals(summary: Summary, layout: Layout) -> Iterator[Text]:
    counts = summary.counts
    parts = [f"{plural(summary.wrong_cells, 'cell')} wrong in {plural(summary.wrong_rows, 'row')}"]
    parts += [f"{plural(summary.missing_rows, 'row')} missing"] if summary.missing_rows else []
    parts += [plural(summary.orphan_rows, "orphan")] if summary.orphan_rows else []
    notes = plural(counts["info"], "note") + (
        "" if layout.verbose or not counts["info"] else " (--verbose)"
    )
    severities = (
        f"{plural(counts['error'], 'error')}, {plural(counts['warning'], 'warning')}, {notes}"
    )
    yield from wrapped(f"{', '.join(parts)} · {severities}", layout.width, 2, "bold")
    if summary.ignored:
        listed = ", ".join(f"{code} ×{count}" for code, count in summary.ignored.items())
        yield from wrapped(f"ignored on request: {listed}", layout.width, 2, "dim")


def _next(summary: Summary, listed: Sequence[Finding], width: int) -> Iterator[Text]:
    """Yield the commands to go on with: the repair, and the first artifact whose row is wrong."""
    named = [finding for finding in listed if finding["artifact_id"] is not None]
    if not named:
        return
    first = next((finding for finding in named if finding["status"] is not None), named[0])
    artifact = shlex.quote(shortened(printable(first["artifact_id"]), _NAME_LIMIT))
    home = shlex.quote(printable(summary.home))
    repairs = [f"repairs {plural(summary.repairable_cells, 'cell')}"]
    repairs += [f"inserts {plural(summary.missing_rows, 'row')}"] if summary.missing_rows else []
    needs = "needs" if summary.review == 1 else "need"
    review = f"; {summary.review} {needs} review" if summary.review else ""
    commands = [
        Command(f"{TOOL} show {artifact} {home}", "all layers of one artifact"),
        Command(f"{TOOL} rules {first['rule']}", "what the rule looks for"),
    ]
    if summary.repairable_cells or summary.missing_rows:
        line = f"{TOOL} plan {home} -o plan.json"
        commands.insert(0, Command(line, " and ".join(repairs) + review))
    yield from _commands(commands, width)


def _commands(commands: Sequence[Command], width: int) -> Iterator[Text]:
    """Yield *commands* to go on with; none is broken: they are there to be copied."""
    widest = max(len(command.line) for command in commands)
    beside = all(7 + widest + 4 + len(command.why) <= width for command in commands)
    for number, command in enumerate(commands):
        line = f"{'next:' if number == 0 else '':<7}{command.line:<{widest}}"
        if beside:
            yield Text(f"{line}    {command.why}", "cyan")
        else:
            yield Text(line.rstrip(), "cyan")
            yield from wrapped(f"{'':<11}{command.why}", width, 11, "cyan")


def artifact_text(view: ArtifactView, names: Names, layout: Layout, home: str) -> Iterator[Text]:
    """Yield one artifact's layers, side by side where that fits, else (or ``verbose``) in full.

    Last comes the way out: what mends this artifact, in the *home* that it is of.
    """
    listed = records(view.findings)
    yield Text(printable(view.artifact_id), "bold")
    yield from _layers(view, listed, layout)
    places = {str(finding["collection_id"]): finding["collection_id"] for finding in listed}
    for key, collection_id in ({key: key for key in view.explanations} | places).items():
        yield Text()
        place = (
            "the artifact" if collection_id is None else f"row in {names.collection(collection_id)}"
        )
        yield Text(printable(place), "bold")
        if told := view.explanations.get(key):
            yield from wrapped(f"  {printable(told)}", layout.width, 2)
        for finding in listed:
            if finding["collection_id"] == collection_id:
                yield from finding_lines(finding, names, layout.width)
    artifact = shlex.quote(shortened(printable(view.artifact_id), _NAME_LIMIT))
    if commands := list(commands_for(view.findings, home, f"--artifact {artifact}")):
        yield Text()
        yield from _commands(commands, layout.width)


def _layers(view: ArtifactView, listed: Sequence[Finding], layout: Layout) -> Iterator[Text]:
    codes: dict[str, set[str]] = {}
    for finding in listed:
        codes.setdefault(str(finding["column"]), set()).add(str(finding["rule"]))
    marks = {column: " ".join(sorted(rules)) for column, rules in codes.items()}
    each = (layout.width - 18 - 12) // max(len(view.columns), 1) - 2
    if not view.columns:
        yield Text("no layer that can be read holds it", "dim")
    elif layout.verbose or each < _NARROWEST_COLUMN:
        yield from _in_full(view, marks)
    else:
        yield from _side_by_side(view, marks, each)


def _side_by_side(view: ArtifactView, marks: Mapping[str, str], each: int) -> Iterator[Text]:
    titles = "  ".join(fit_cells(printable(column.title), each) for column in view.columns)
    yield Text(" " * 18 + titles, "bold")
    for name in COLUMNS:
        cells = "  ".join(fit_cells(_said(column, name), each) for column in view.columns)
        yield Text(f"{name:<18}{cells}  ").append(marks.get(name, ""), "red")


def _in_full(view: ArtifactView, marks: Mapping[str, str]) -> Iterator[Text]:
    """Yield every column's values whole, layers that agree together."""
    silent = []
    for name in COLUMNS:
        layers: dict[str, list[str]] = {}
        for column in view.columns:
            layers.setdefault(_said(column, name), []).append(printable(column.title))
        if set(layers) == {_SILENT} and name not in marks:
            silent.append(name)
            continue
        yield Text(f"{name}  ", "bold").append(marks.get(name, ""), "red")
        for value, titles in layers.items():
            yield Text(f"  {', '.join(titles)}: ", "dim").append(value, "not dim")
    if silent:
        yield Text(f"no layer knows: {', '.join(silent)}", "dim")


def _said(column: Column, name: str) -> str:
    value = column.values.get(name)  # noqa: PD011
    if value is None and column.state is not None and name == COLUMNS[0]:
        return f"({printable(column.state)})"
    return _SILENT if value is None else display_value(value)
