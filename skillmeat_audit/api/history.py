"""Records the audits of a home, and lists the recorded runs."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.compose import absolute_home, as_reported
from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base import VERSION
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.urls import sqlite_url, without_password
from skillmeat_audit.history.database import history_url
from skillmeat_audit.history.store import (
    HistoryLocation,
    RecordedRun,
    Series,
    load_runs,
    record_run,
)
from skillmeat_audit.loaders.home import DEFAULT_HOME, find_home, home_state_folder
from skillmeat_audit.loaders.settings import KEPT_RUNS
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.trend import fingerprints
from skillmeat_audit.reports.notebook.history import runs_html

FILE_NAME = "history.db"


@dataclass(frozen=True)
class HistorySettings:
    """The address of a history (a file or an SQLAlchemy URL), and how many runs it keeps.

    Without ``url`` it is a file in the state folder.
    """

    url: str | None = field(default=None, repr=False)
    kept_runs: int = KEPT_RUNS

    def __post_init__(self) -> None:
        """Refuse a wrong URL before anything is done; raise `UsageError`."""
        if self.url is not None:
            history_url(self.url)

    def url_for(self, root: Path, state_dir: PathLike | None) -> str:
        """Return the address of the history of the home at *root*."""
        if self.url is not None:
            return history_url(self.url)
        return sqlite_url(home_state_folder(root, state_dir) / FILE_NAME)


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
    home: PathLike = DEFAULT_HOME,
    *,
    settings: HistorySettings | None = None,
    state_dir: PathLike | None = None,
) -> History:
    """Return the recorded runs on *home*; raise `HomeError` or `StateError`."""
    root = find_home(home).root
    # The home's path is part of the key: one history may hold many homes.
    name = absolute_home(root)
    return History(name, load_runs((settings or HistorySettings()).url_for(root, state_dir), name))


def location_of(
    home: Home, scope: Scope, settings: HistorySettings, state_dir: PathLike | None = None
) -> HistoryLocation:
    """Return where runs on *home* with this *scope* are recorded."""
    # A changed password must not begin a new series.
    database = None if home.database is None else without_password(home.database)
    series = Series(absolute_home(home.root), database, scope.description)
    return HistoryLocation(settings.url_for(home.root, state_dir), series, settings.kept_runs)


def record_audit(audited: Audit, location: HistoryLocation, at: str) -> RecordedRun:
    """Record what *audited* found at a time; return what changed. Raises `StateError`."""
    findings = as_reported(audited.findings)
    counts, pages = audited.summary.counts, audited.headline.pages
    names = ("artifacts", "rows", "error", "warning", "info")
    facts = {name: counts[name] for name in names} | {
        # A jump in the numbers may be a new rule: then the version differs as well.
        "tool_version": VERSION,
        "blank_descriptions": None if pages is None else pages.without_description,
        "broken_sources": None if pages is None else pages.not_clickable,
    }
    return record_run(location, at, facts, findings, _hidden_fingerprints(audited))


def _hidden_fingerprints(audited: Audit) -> list[str]:
    """Return the fingerprints of the findings that are left out on request."""
    accepted = [] if audited.accepted is None else fingerprints(audited.accepted.findings)
    # They are still there: a finding that was accepted today has not been fixed.
    return [*fingerprints(audited.ignored), *accepted]
