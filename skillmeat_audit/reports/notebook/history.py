"""Renders the history of a home as static HTML: its trend, then its runs."""

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.charts import axis_html
from skillmeat_audit.reports.notebook.html import (
    ROW_LIMIT,
    empty_sign,
    fragment,
    next_calls,
    paragraph,
    strong,
    table_html,
)
from skillmeat_audit.reports.pictures.trend import TREND_KINDS, trend_picture

_COLUMNS = ("at", "scope", "outcome", "error", "warning", "new", "fixed", "persisting")


def runs_html(runs: pd.DataFrame) -> str:
    """Return the latest of *runs* (``RUNS``) as an HTML fragment, the latest first."""
    if runs.empty:
        return fragment(
            paragraph(strong("No audit of this home is recorded yet.")),
            next_calls("skillmeat-audit report HOME -o report.html"),
        )
    latest = runs.iloc[::-1].head(ROW_LIMIT)
    rows = [
        [_time(run[name]) if name == "at" else _cell(run[name]) for name in _COLUMNS]
        for run in records(latest)
    ]
    caption = f"{len(rows)} of {plural(len(runs), 'run')}; all of them in .runs"
    header = ("run (UTC)", *_COLUMNS[1:])
    return fragment(_trend(runs.tail(ROW_LIMIT)), table_html(caption, header, rows))


def _trend(runs: pd.DataFrame) -> Markup:
    if len(runs) < 2:  # a single point is no trend
        return Markup()
    renamed = {column: kind for kind, column in TREND_KINDS.items()}
    numbers = runs.set_index("at")[list(renamed)].rename(columns=renamed)
    return axis_html(
        "Errors, warnings and blank descriptions", trend_picture(records(runs)), numbers
    )


def _time(at: object) -> str:
    return str(at)[:16].replace("T", " ")


def _cell(value: object) -> object:
    return empty_sign("–") if value is None else value
