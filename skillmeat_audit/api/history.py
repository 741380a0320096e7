"""Keeps the runs on a home, and lists them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skillmeat_audit import __version__
from skillmeat_audit.api.compose import absolute_home, as_reported
from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.base.urls import sqlite_url, without_password
from skillmeat_audit.history.database import checked_url
from skillmeat_audit.history.store import HistoryLocation, RecordedRun, Series, record_run, runs_at
from skillmeat_audit.loaders.home import DEFAULT_HOME, find_home, home_folder
from skillmeat_audit.loaders.settings import KEPT_RUNS
from skillmeat_audit.model.trend import fingerprints
from skillmeat_audit.reports.facts.causes import answer_of
from skillmeat_audit.reports.terminal.history import runs_html

FILE_NAME = "history.db"


@dataclass(frozen=True)
class HistorySettings:
    """Where runs are kept: a file or SQLAlchemy ``url``, else a file in the state folder."""

    url: str | None = field(default=None, repr=False)
    state_dir: str | os.PathLike[str] | None = None
    kept_runs: int = KEPT_RUNS

    def __post_init__(self) -> None:
        """Refuse a URL that is wrong before anything is done; raise `UsageError`."""
        if self.url is not None:
            checked_url(self.url)

    def folder_for(self, home: str | os.PathLike[str]) -> Path:
        """Return the folder of *home* in the state folder."""
        given = None if self.state_dir is None else Path(self.state_dir).expanduser()
        return state_folder(os.path.realpath(home_folder(home)), given)

    def url_for(self, root: Path) -> str:
        """Return the address of the history of the home at *root*."""
        return (
            sqlite_url(self.folder_for(root) / FILE_NAME)
            if self.url is None
            else checked_url(self.url)
        )


@dataclass(frozen=True)
class History:
    """The runs on a home, as ``RUNS``, the oldest first; shows itself in a notebook."""

    home: str
    runs: pd.DataFrame

    def __repr__(self) -> str:
        return f"<History of {len(self.runs)} runs; see .runs>"

    def _repr_html_(self) -> str:
        return runs_html(self.runs)


def history(
    home: str | os.PathLike[str] = DEFAULT_HOME, *, keeping: HistorySettings | None = None
) -> History:
    """Return the runs that were kept of *home*; raise `HomeError` or `StateError`."""
    root = find_home(home).root
    named = absolute_home(root)
    return History(named, runs_at((keeping or HistorySettings()).url_for(root), named))


def location_of(audited: Audit, scope: Scope, keeping: HistorySettings) -> HistoryLocation:
    """Return where a run is kept that found what *audited* says."""
    return _place(audited.snapshot.home.root, audited.snapshot.home.database, scope, keeping)


def location_at(
    home: str | os.PathLike[str], database: str | None, scope: Scope, keeping: HistorySettings
) -> HistoryLocation:
    """Return where a run on *home* is kept that could not check it; raise `HomeError`."""
    place = find_home(home, database)
    return _place(place.root, place.database, scope, keeping)


def record_audit(audited: Audit, place: HistoryLocation, at: str) -> RecordedRun:
    """Keep what *audited* found at a time; return what changed. Raises `StateError`."""
    findings = as_reported(audited.findings)
    answer = answer_of(findings, audited.rows)
    counts = audited.summary.counts
    names = ("artifacts", "rows", "error", "warning", "info")
    facts = {name: counts[name] for name in names} | {
        "tool_version": __version__,
        "blank_descriptions": answer.descriptions.artifacts,
        "broken_sources": answer.sources.artifacts,
    }
    return record_run(place, at, facts, findings, _hidden(audited))


def _hidden(audited: Audit) -> list[str]:
    """Return the fingerprints of what is left out on request."""
    accepted = [] if audited.accepted is None else fingerprints(audited.accepted.findings)
    return [*fingerprints(audited.ignored), *accepted]


def _place(
    root: Path, database: str | None, scope: Scope, keeping: HistorySettings
) -> HistoryLocation:
    known = None if database is None else without_password(database)
    series = Series(absolute_home(root), known, scope.description)
    return HistoryLocation(keeping.url_for(root), series, keeping.kept_runs)
