"""Renders the history of a home: its runs, and where they tend to."""

import json
from collections.abc import Iterator, Mapping

import pandas as pd

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import ROW_LIMIT, table_html

HISTORY_SCHEMA = "skillmeat-audit/history/1"
_BLOCKS = " ▁▂▃▄▅▆▇█"
_TREND_RUNS = 40
_COLUMNS = ("at", "scope", "outcome", "error", "warning", "new", "fixed", "persisting")

Run = Mapping[str, object]


def history_text(runs: pd.DataFrame, limit: int = 0) -> Iterator[str]:
    """Yield the lines of *runs* (``RUNS``): the trend, then the latest first."""
    if runs.empty:
        yield "no runs of this home yet; 'skillmeat-audit report' keeps them"
        return
    yield from _trend(runs)
    listed = records(runs.iloc[::-1].head(limit or len(runs)))
    for run in listed:
        yield _line(run)
    if len(listed) < len(runs):
        yield f"… and {len(runs) - len(listed)} more runs (--limit 0 lists all)"


def history_json(runs: pd.DataFrame) -> str:
    """Return *runs* (``RUNS``) as ``skillmeat-audit/history/1``: ASCII, the oldest first."""
    return json.dumps({"schema": HISTORY_SCHEMA, "runs": records(runs)}, indent=1)


def runs_html(runs: pd.DataFrame) -> str:
    """Return the latest of *runs* (``RUNS``) as an HTML fragment, the latest first."""
    shown = runs.iloc[::-1].head(ROW_LIMIT)
    rows = [[run[name] for name in _COLUMNS] for run in records(shown)]
    caption = f"{len(rows)} of {plural(len(runs), 'run')}; all of them in .runs"
    return f'<div class="skillmeat-audit">{table_html(caption, _COLUMNS, rows)}</div>'


def _trend(runs: pd.DataFrame) -> Iterator[str]:
    """Yield errors and warnings of the runs of everything, as a line of blocks each."""
    whole = runs[(runs["scope"] == "") & (runs["outcome"] == "checked")].tail(_TREND_RUNS)
    if len(whole) < 2:
        return
    for name in ("error", "warning"):
        numbers = [int(number) for number in whole[name]]
        step = max(*numbers, 1) / (len(_BLOCKS) - 1)
        blocks = "".join(_BLOCKS[-int(-number // step)] for number in numbers)
        yield f"{name + 's':<9} {blocks}  {numbers[0]} → {numbers[-1]} in {len(numbers)} runs"
    yield ""


def _line(run: Run) -> str:
    at = str(run["at"])[:19].replace("T", " ")
    scope = f"  ({printable(run['scope'])})" if run["scope"] else ""
    if run["outcome"] == "failed":
        return f"{at}  could not be checked: {printable(run['failure'])}"
    said = f"{run['error']:5} errors  {run['warning']:5} warnings"
    changed = (
        ""
        if run["new"] is None
        else f"  {run['new']:4} new  {run['fixed']:4} fixed  {run['persisting']:5} persisting"
    )
    lost = "" if run["delivered"] else "  not delivered"
    return f"{at}  {said}{changed}{lost}{scope}"
