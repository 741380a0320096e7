"""A DataFrame that shows itself in a notebook as everything else does: no index, no cut titles."""

from collections.abc import Callable

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.values import display_value, plural
from skillmeat_audit.reports.notebook.html import (
    ROW_LIMIT,
    empty_sign,
    fragment,
    table_html,
    tag,
)

_SEVERITIES = tuple(str(severity) for severity in Severity)
# Long headings of contracts would widen narrow columns.
_HEADINGS = {"artifact_id": "artifact", "collection_id": "collection", "file_collection": "folder"}


class ShownFrame(pd.DataFrame):
    """A DataFrame with another display; what is selected from it has the same."""

    @property
    def _constructor(self) -> Callable[..., "ShownFrame"]:
        return ShownFrame

    def _repr_html_(self) -> str:
        return fragment(frame_html(self))


def frame_html(frame: pd.DataFrame) -> Markup:
    """Return the first lines of *frame* as a table; an index with a name is its first column."""
    named = frame.reset_index() if frame.index.names != [None] else frame
    visible = named.head(ROW_LIMIT)
    rows = ([_value(value) for value in line.values()] for line in records(visible))
    header = [_HEADINGS.get(str(name), str(name).replace("_", " ")) for name in named.columns]
    if not header:
        return Markup()
    return table_html(f"{len(visible)} of {plural(len(named), 'line')}", header, rows)


def _value(value: object) -> object:
    if value is None or value == "":
        return empty_sign("–")
    if isinstance(value, str):
        return tag(value) if value in _SEVERITIES else display_value(value)
    return value
