"""Renders the history of a home as static HTML."""

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import ROW_LIMIT, fragment, table_html

_COLUMNS = ("at", "scope", "outcome", "error", "warning", "new", "fixed", "persisting")


def runs_html(runs: pd.DataFrame) -> Markup:
    """Return the latest of *runs* (``RUNS``) as an HTML fragment, the latest first."""
    latest = runs.iloc[::-1].head(ROW_LIMIT)
    rows = [[run[name] for name in _COLUMNS] for run in records(latest)]
    caption = f"{len(rows)} of {plural(len(runs), 'run')}; all of them in .runs"
    return fragment(table_html(caption, _COLUMNS, rows))
