"""Renders a replay: what each import path and each repair option leaves, and what it costs."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd
from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.names import ERAS
from skillmeat_audit.reports.facts.values import display_value, fit_cells, plural
from skillmeat_audit.reports.notebook.html import Figure, Markup, fragment, paragraph, table_html

# The artifact by which the regression was found.
EXAMPLE = "skill:1password"
_TITLE_CELLS = 45
_LEGEND = (
    "right: description and source are what manifest, file and catalogue say. SQL counts SELECT, "
    "INSERT, UPDATE and DELETE; reads counts files read. kept: rows right in both after "
    "SkillMeat's next refresh."
)
_COLUMNS = (
    "path", "right description", "right source", "wrong cells", "SQL", "commits", "reads", "ms",
    "kept",
)  # fmt: skip
_FOR_EACH = "SQL, commits, reads and ms are for each artifact."

Path = Mapping[str, Any]


def replay_text(paths: pd.DataFrame, artifacts: pd.DataFrame, width: int) -> Iterator[Text]:
    """Yield the option table of every era, who is held to be the writer, and one artifact's rows.

    *paths* is ``REPLAYS``, *artifacts* ``REPLAYED``.
    """
    rows = records(artifacts)
    known = sorted({row["artifact_id"] for row in rows})
    example = EXAMPLE if EXAMPLE in known else known[0]
    for era, group in groupby(records(paths), key=lambda path: path["era"]):
        listed = list(group)
        yield Text(f"{plural(listed[0]['artifacts'], 'artifact')} imported, {ERAS[era]}", "bold")
        yield Text()
        yield from _table(listed, width)
        yield Text()
        own = [row for row in rows if row["era"] == era and row["artifact_id"] == example]
        yield from _example(example, own, width)
        yield Text()
    yield from _legend(width)


def replay_json(paths: pd.DataFrame, artifacts: pd.DataFrame, version: str) -> str:
    """Return the replay as ``skillmeat-audit/replay/1``."""
    document = {
        "schema": "skillmeat-audit/replay/1", "tool_version": version,
        "paths": records(paths), "artifacts": records(artifacts),
    }  # fmt: skip
    return json.dumps(document, indent=1)


def replay_html(paths: pd.DataFrame) -> str:
    """Return the option table of every era as an HTML fragment."""
    tables = []
    for era, group in groupby(records(paths), key=lambda path: path["era"]):
        listed = list(group)
        timed = any(path["seconds"] is not None for path in listed)
        kept = [number for number, name in enumerate(_COLUMNS) if timed or name != "ms"]
        header = (*(_COLUMNS[number] for number in kept), "held to be written by")
        caption = f"{plural(listed[0]['artifacts'], 'artifact')} imported, {ERAS[era]}"
        tables.append(table_html(caption, header, (_line(path, kept) for path in listed)))
    return fragment(*tables, paragraph(Markup(f"{_FOR_EACH} {_LEGEND}")))


def _line(path: Path, kept: Sequence[int]) -> list[object]:
    """Return a path's cells: its title, its figures in the columns *kept*, who is the writer."""
    cells = (path["title"], *map(Figure, _figures(path)))
    return [*(cells[number] for number in kept), path["writer"]]


def _table(paths: Sequence[Path], width: int) -> Iterator[Text]:
    yield Text(f"{'':{_TITLE_CELLS}}  rows that are right   wrong    for each artifact", "dim")
    yield Text(
        f"{'path':{_TITLE_CELLS}}  description  source   cells   "
        "  SQL  commits  reads      ms   kept",
        "bold",
    )
    for path in paths:
        description, source, wrong, sql, commits, reads, took, kept = _figures(path)
        style = "green" if path["wrong_cells"] == 0 else ""
        yield Text(
            f"{fit_cells(printable(path['title']), _TITLE_CELLS)}  {description:>11}  {source:>6}  "
            f"{wrong:>6}   {sql:>5}  {commits:>7}  {reads:>5}  {took:>6}  {kept:>5}",
            style,
        )
        told = f"  {path['writer']}" + (f" · {path['rules']}" if path["rules"] else "")
        yield Text(fit_cells(told, width).rstrip(), "dim")


def _figures(path: Path) -> tuple[str, ...]:
    """Return one path's figures as they are shown, in the order of the columns."""
    each = path["artifacts"]
    kept = min(path["kept_descriptions"], path["kept_sources"])
    took = "–" if path["seconds"] is None else f"{path['seconds'] / each * 1000:.2f}"
    return (
        f"{path['descriptions']}/{each}", f"{path['sources']}/{each}", str(path["wrong_cells"]),
        f"{path['statements'] / each:.2f}", f"{path['commits'] / each:.2f}",
        f"{path['reads'] / each:.2f}", took, f"{kept}/{each}",
    )  # fmt: skip


def _example(artifact_id: str, rows: Sequence[Path], width: int) -> Iterator[Text]:
    yield Text(f"the row of {printable(artifact_id)}", "bold")
    room = width - 24 - 2 - 13 - 2
    for row in rows:
        origin = f"{display_value(row['origin'])}/{display_value(row['origin_source'])}"
        text = f"{display_value(row['description'])} · {display_value(row['source'])}"
        yield Text(
            f"  {row['path']:<20}  {fit_cells(origin, 18)}  {fit_cells(text, room).rstrip()}"
        )


def _legend(width: int) -> Iterator[Text]:
    for line in textwrap.wrap(_LEGEND, max(width, 20)):
        yield Text(line, "dim")
