"""How runs are carried out: where their traces go, how much they may overwrite, who writes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.base.text import printable
from skillmeat_audit.repair.transaction import (
    CacheService,
    RunSettings,
    ShouldContinue,
    always_continue,
)
from skillmeat_audit.service.cache_service import upsert_collection_artifacts
from skillmeat_audit.service.connection import WAIT_SECONDS

SERVICES = ("embedded", "skillmeat")


@dataclass(frozen=True)
class Options:
    """How runs are carried out.

    ``state_dir`` is where journals and backups are kept, ``max_overwrites`` how many rows may be
    overwritten or deleted (None: a fifth of them, or five), ``wait_seconds`` how long a lock is
    waited for, ``service`` who writes the rows, ``keep_backups`` how many runs keep theirs (None:
    ten); ``proceed`` is asked between batches whether to go on. ``allow_links`` are folders that
    the audits before and after an apply may follow links to (see `audit`).
    """

    state_dir: str | os.PathLike[str] | None = None
    max_overwrites: int | None = None
    wait_seconds: float = WAIT_SECONDS
    service: str = "embedded"
    keep_backups: int | None = None
    proceed: ShouldContinue = always_continue
    allow_links: Sequence[str | os.PathLike[str]] = ()

    def run_settings(self, home: str) -> RunSettings:
        """Return the settings for runs on *home*."""
        given = None if self.state_dir is None else Path(self.state_dir).expanduser()
        folder = state_folder(home, given)
        service = _service(self.service)
        return RunSettings(
            folder, self.max_overwrites, self.wait_seconds, service, self.keep_backups, self.proceed
        )


def _service(name: str) -> CacheService:
    if name == "embedded":
        return upsert_collection_artifacts
    if name == "skillmeat":
        from skillmeat_audit.service import skillmeat  # noqa: PLC0415 - only when asked for

        return skillmeat.upsert_collection_artifacts
    raise UsageError(f"no service is called {printable(name)}; there are {', '.join(SERVICES)}")
