"""How a run is executed: where its journal is kept, what it may overwrite, who writes the rows."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from skillmeat_audit.base.confined import name_bytes
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.service.cache_service import upsert_collection_artifacts
from skillmeat_audit.service.connection import WAIT_SECONDS


class CacheService(Protocol):
    """The port through which repairs write: ours, or an installed SkillMeat's."""

    def __call__(
        self,
        connection: sa.Connection,
        rows: Sequence[RawRow],
        at: datetime | None = None,
        stored: Mapping[RowKey, RawRow] | None = None,
    ) -> int:
        """Insert or update *rows* in the caller's transaction (`upsert_collection_artifacts`)."""


class ShouldContinue(Protocol):
    """Decides between batches of rows whether the run continues."""

    def __call__(self, done: int, total: int) -> bool:
        """Return False to roll the run back; *done* of *total* rows are written so far."""


def always_continue(done: int, total: int) -> bool:
    """Never cancel."""
    return True


@dataclass(frozen=True)
class RunSettings:
    """How a run is executed.

    ``folder`` holds the run folders of the home. ``max_overwrites`` limits how many rows may be
    overwritten or deleted (None: a fifth of the rows, at least five). ``wait_seconds`` limits the
    wait for a lock. ``keep_backups`` is how many backups are kept (None: ten). ``proceed`` is
    called between batches and may cancel the run. Links in a collection may lead to ``link_roots``.
    """

    folder: Path
    max_overwrites: int | None = None
    wait_seconds: float = WAIT_SECONDS
    service: CacheService = upsert_collection_artifacts
    keep_backups: int | None = None
    proceed: ShouldContinue = always_continue
    link_roots: tuple[Path, ...] = ()


def collections_folder(home: str) -> Path:
    """Return the folder of the file collections of a plan's or journal's *home*."""
    return Path(os.fsdecode(name_bytes(home))) / "collections"
