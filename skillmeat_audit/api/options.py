"""The options of a run: where its journal goes, how much it may overwrite, who writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.text import printable
from skillmeat_audit.loaders.home import home_state_folder
from skillmeat_audit.model.choices import SERVICES
from skillmeat_audit.repair.run_settings import (
    CacheService,
    RunSettings,
    ShouldContinue,
    always_continue,
)
from skillmeat_audit.service.cache_service import upsert_collection_artifacts
from skillmeat_audit.service.connection import WAIT_SECONDS


@dataclass(frozen=True)
class Options:
    """How a plan is applied, and a run undone.

    Parameters
    ----------
    state_dir : path, optional
        Folder of journals and backups; by default the platform's state folder.
    max_overwrites : int, optional
        Maximum number of rows to overwrite or delete; by default 20 % of them, at least five.
    wait_seconds : float
        How long to wait for a lock of the database.
    service : str
        Code that writes the rows: ``embedded``, or ``skillmeat`` for an installed SkillMeat's.
    keep_backups : int, optional
        How many runs keep their backup; by default ten.
    proceed : callable
        Called between batches with the rows done and all rows; False rolls the run back.
    allow_links : sequence of path
        Folders that links in the home may lead to, for the audits before and after (see `audit`).

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> options = sma.Options(state_dir="state", max_overwrites=100)
    >>> run = sma.audit(sma.sample(), progress=False).plan().apply(options)
    >>> run.outcome.backup.relative_to("state").name
    'backup.db'
    """

    state_dir: PathLike | None = None
    max_overwrites: int | None = None
    wait_seconds: float = WAIT_SECONDS
    service: str = "embedded"
    keep_backups: int | None = None
    proceed: ShouldContinue = always_continue
    allow_links: Sequence[PathLike] = ()

    def run_settings(self, home: str) -> RunSettings:
        """Return the settings for runs on *home*."""
        return RunSettings(
            home_state_folder(home, self.state_dir),
            self.max_overwrites,
            self.wait_seconds,
            _service(self.service),
            self.keep_backups,
            self.proceed,
            tuple(Path(root).expanduser() for root in self.allow_links),
        )


def _service(name: str) -> CacheService:
    if name == "embedded":
        return upsert_collection_artifacts
    if name == "skillmeat":
        from skillmeat_audit.service import skillmeat  # noqa: PLC0415 - only when asked for

        return skillmeat.upsert_collection_artifacts
    raise UsageError(f"no service is called {printable(name)}; there are {', '.join(SERVICES)}")
