"""Renders a replay as static HTML: the result and the cost of each import path and repair."""

from itertools import groupby

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.names import ERAS
from skillmeat_audit.reports.facts.replay_figures import LEGEND, path_figures
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import Figure, fragment, paragraph, table_html

_PER_ARTIFACT = "SQL, commits, reads and ms are for each artifact."


def replay_html(paths: pd.DataFrame) -> str:
    """Return the option table of every era as an HTML fragment; *paths* is ``REPLAYS``."""
    tables = []
    # groupby needs neighbours: a replay's records are in the order of the eras.
    for era, group in groupby(records(paths), key=lambda path: path["era"]):
        of_era = list(group)
        timed = any(path["seconds"] is not None for path in of_era)
        names = [name for name in path_figures(of_era[0]) if timed or name != "ms"]
        rows = (
            [path["title"], *(Figure(path_figures(path)[name]) for name in names), path["writer"]]
            for path in of_era
        )
        caption = f"{plural(of_era[0]['artifacts'], 'artifact')} imported, {ERAS[era]}"
        tables.append(table_html(caption, ("path", *names, "attributed to"), rows))
    return fragment(*tables, paragraph(Markup(f"{_PER_ARTIFACT} {LEGEND}")))
