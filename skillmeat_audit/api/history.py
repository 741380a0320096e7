"""Lists the recorded runs on a home, and says where they are recorded."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.scope import Scope
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.urls import sqlite_url, without_password
from skillmeat_audit.history.database import history_url
from skillmeat_audit.history.store import (
    HistoryLocation,
    Series,
    load_runs,
)
from skillmeat_audit.loaders.home import DEFAULT_HOME, find_home, home_name, home_state_folder
from skillmeat_audit.loaders.settings import KEPT_RUNS
from skillmeat_audit.model.home import Home
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
    located = find_home(home)
    # The home's path is part of the key: one history may hold many homes.
    name = home_name(located)
    url = (settings or HistorySettings()).url_for(located.root, state_dir)
    return History(name, load_runs(url, name))


def location_of(
    home: Home, scope: Scope, settings: HistorySettings, state_dir: PathLike | None = None
) -> HistoryLocation:
    """Return where runs on *home* with this *scope* are recorded."""
    # A changed password must not begin a new series.
    database = None if home.database is None else without_password(home.database)
    series = Series(home_name(home), database, scope.description)
    return HistoryLocation(settings.url_for(home.root, state_dir), series, settings.kept_runs)
