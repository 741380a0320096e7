"""Renders a replay for a terminal: the result and the cost of each import path and repair."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import pandas as pd
from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.names import ERAS
from skillmeat_audit.reports.facts.replay_figures import LEGEND, ReplayedPath, path_figures
from skillmeat_audit.reports.facts.values import display_value, fit_cells, plural
from skillmeat_audit.reports.terminal.wrapping import wrapped

EXAMPLE = "skill:1password"  # the artifact that first showed the regression
_TITLE_CELLS = 45
_WIDTHS = (11, 6, 6, 5, 7, 5, 6, 5)
_GAPS = (" ", "  ", "  ", "  ", "  ", "  ", "  ", " ")
_TABLE_CELLS = _TITLE_CELLS + sum(_WIDTHS) + sum(map(len, _GAPS))


def replay_text(paths: pd.DataFrame, artifacts: pd.DataFrame, width: int) -> Iterator[Text]:
    """Yield the option table of every era, the writer each row is attributed to, one example.

    *paths* is ``REPLAYS``, *artifacts* ``REPLAYED``.
    """
    rows = records(artifacts)
    ids = sorted({row["artifact_id"] for row in rows})
    example = EXAMPLE if EXAMPLE in ids else ids[0]
    for era, group in groupby(records(paths), key=lambda path: path["era"]):
        of_era = list(group)
        imported = f"{plural(of_era[0]['artifacts'], 'artifact')} imported, {ERAS[era]}"
        yield from wrapped(imported, width, 2, "bold")
        yield Text()
        yield from _table(of_era, width) if width >= _TABLE_CELLS else _stack(of_era, width)
        yield Text()
        examples = [row for row in rows if row["era"] == era and row["artifact_id"] == example]
        yield from _example(example, examples, width)
        yield Text()
    yield from wrapped(LEGEND, width, 0, "dim")


def _table(paths: Sequence[ReplayedPath], width: int) -> Iterator[Text]:
    yield Text(f"{'':{_TITLE_CELLS}} rows that are right   wrong   for each artifact", "dim")
    yield Text(
        f"{'path':{_TITLE_CELLS}} description  source   cells    SQL  commits  reads      ms  kept",
        "bold",
    )
    for path in paths:
        columns = zip(_GAPS, path_figures(path).values(), _WIDTHS, strict=True)
        figures = "".join(f"{gap}{figure:>{cells}}" for gap, figure, cells in columns)
        style = "green" if path["wrong_cells"] == 0 else ""
        yield Text(f"{fit_cells(printable(path['title']), _TITLE_CELLS)}{figures}", style)
        yield from wrapped(_writer(path), width, 4, "dim")


def _stack(paths: Sequence[ReplayedPath], width: int) -> Iterator[Text]:
    """Yield what `_table` yields where its columns are too many: the figures below each path."""
    for path in paths:
        figures = " · ".join(f"{name} {figure}" for name, figure in path_figures(path).items())
        yield from wrapped(printable(path["title"]), width, 2, "bold")
        yield from wrapped(f"  {figures}", width, 2, "green" if path["wrong_cells"] == 0 else "")
        yield from wrapped(_writer(path), width, 4, "dim")


def _writer(path: ReplayedPath) -> str:
    return f"  {path['writer']}" + (f" · {path['rules']}" if path["rules"] else "")


def _example(artifact_id: str, rows: Sequence[ReplayedPath], width: int) -> Iterator[Text]:
    yield Text(f"the row of {printable(artifact_id)}", "bold")
    room = max(width - 2 - 20 - 2 - 18 - 2, 10)
    for row in rows:
        origin = f"{display_value(row['origin'])}/{display_value(row['origin_source'])}"
        text = f"{display_value(row['description'])} · {display_value(row['source'])}"
        yield Text(
            f"  {row['path']:<20}  {fit_cells(origin, 18)}  {fit_cells(text, room).rstrip()}"
        )
