"""Renders the history of a home for a terminal: the trend, then the runs."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
from rich.text import Text

from skillmeat_audit.base.clock import iso_time
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

_BLOCKS = " ▁▂▃▄▅▆▇█"
_TREND_RUNS = 40
_TREND_TEXT = 40  # "warnings   …  1,234 → 1,234 in 40 runs": what is beside the blocks


def history_text(
    runs: pd.DataFrame, width: int, limit: int = 0, commands: Sequence[Command] = ()
) -> Iterator[Text]:
    """Yield the lines of *runs* (``RUNS``): the trend, then the latest first.

    *commands* are what to do where there are none.
    """
    if runs.empty:
        yield Text("no reports of this home yet")
        yield from next_commands(commands, width)
        return
    for line in _lines(runs, width, limit):
        # wrapped yields nothing for an empty line, and folds the spaces that align columns.
        yield from wrapped(line, width, 2) if len(line) > width else [Text(line)]


def _lines(runs: pd.DataFrame, width: int, limit: int) -> Iterator[str]:
    yield from _trend(runs, width)
    listed = records(runs.iloc[::-1].head(limit or len(runs)))
    for run in listed:
        yield _line(run)
    if len(listed) < len(runs):
        yield f"… and {plural(len(runs) - len(listed), 'more run')} (--limit 0 lists all)"


def _trend(runs: pd.DataFrame, width: int) -> Iterator[str]:
    """Yield errors and warnings of the runs on everything, as one line of blocks each."""
    # Runs on a part have other numbers; between the others they would look like a trend.
    complete = runs[(runs["scope"] == "") & (runs["outcome"] == "checked")].tail(
        max(min(width - _TREND_TEXT, _TREND_RUNS), 2)
    )
    if len(complete) < 2:
        return
    for name in ("error", "warning"):
        numbers = [int(number) for number in complete[name]]
        step = max(*numbers, 1) / (len(_BLOCKS) - 1)
        # Rounded up: a single error among hundreds is still a visible block.
        blocks = "".join(_BLOCKS[-int(-number // step)] for number in numbers)
        yield f"{name + 's':<9} {blocks}  {numbers[0]:,} → {numbers[-1]:,} in {len(numbers)} runs"
    yield ""


def _line(run: Mapping[str, object]) -> str:
    at = iso_time(run["at"])
    if run["outcome"] == "failed":
        return f"{at}  could not be checked: {printable(run['failure'])}"
    errors, warnings = (plural(int(str(run[name])), name) for name in ("error", "warning"))
    line = f"{at}  {errors:>12}  {warnings:>14}"
    if run["new"] is not None:
        line += f"  {run['new']:4,} new  {run['fixed']:4,} fixed  {run['persisting']:5,} persisting"
    if not run["delivered"]:
        line += "  not delivered"
    return line + (f"  ({printable(run['scope'])})" if run["scope"] else "")
