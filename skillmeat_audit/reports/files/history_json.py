"""Renders the history of a home as JSON: ``skillmeat-audit/history/1``."""

from typing import Literal

import msgspec
import pandas as pd

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.files.ascii_json import ascii_json


class HistoryRun(msgspec.Struct, frozen=True):
    """One audit in the history; counts are null where the home could not be checked."""

    run: int | None
    at: str
    scope: str | None
    outcome: Literal["checked", "failed"]
    failure: str | None
    delivered: bool | None
    artifacts: int | None
    rows: int | None
    error: int | None
    warning: int | None
    info: int | None
    blank_descriptions: int | None
    broken_sources: int | None
    new: int | None
    fixed: int | None
    persisting: int | None


class HistoryDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/history/1"
):
    """The audits in the history of a home, the oldest first."""

    runs: list[HistoryRun]


def history_runs(runs: pd.DataFrame) -> list[HistoryRun]:
    """Return *runs* (``RUNS``) as records, in their order."""
    # The names of ``RUNS`` are the keys: a column that is added fails here until it is published.
    return [HistoryRun(**run) for run in records(runs)]


def history_json(runs: pd.DataFrame) -> bytes:
    """Return *runs* (``RUNS``) as ``skillmeat-audit/history/1``, the oldest first."""
    return ascii_json(HistoryDocument(history_runs(runs)))
