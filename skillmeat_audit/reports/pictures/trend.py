"""Draws the runs of a history: errors, warnings and blank descriptions on a time axis."""

from collections.abc import Mapping, Sequence
from typing import cast

from skillmeat_audit.reports.pictures.time_axis import Moment, TimeAxis, lines

TREND_KINDS = {"errors": "error", "warnings": "warning", "blank descriptions": "blank_descriptions"}


def trend_picture(runs: Sequence[Mapping[str, object]]) -> TimeAxis:
    """Return *runs* (records of ``RUNS``, the oldest first) as lines; a failed run is a cross."""
    moments = [
        Moment(
            str(run["at"]),
            {kind: cast("int | None", run[column]) for kind, column in TREND_KINDS.items()},
        )
        for run in runs
    ]
    checked = [moment.numbers for moment in moments if moment.numbers["errors"] is not None]
    ends = (
        f": errors from {checked[0]['errors']} to {checked[-1]['errors']}, warnings from "
        f"{checked[0]['warnings']} to {checked[-1]['warnings']}"
        if checked
        else ""
    )
    return lines(
        f"errors, warnings and blank descriptions of the last {len(runs)} runs{ends}", moments
    )
