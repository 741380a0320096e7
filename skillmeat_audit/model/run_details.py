"""What one run changed, cell by cell and key by key."""

from dataclasses import dataclass

from skillmeat_audit.model.changes import CellTexts, Op, RunListing
from skillmeat_audit.model.manifest_edits import ManifestEdit


@dataclass(frozen=True)
class WrittenRow:
    """One row that a run wrote: the cells that it changed, before and after.

    ``before`` is empty for an inserted row, ``after`` for a deleted one. ``synced_at``, which is
    written with every row, is among the cells only where nothing else changed.
    """

    op: Op
    collection_id: str
    artifact_id: str
    before: CellTexts
    after: CellTexts

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the cells."""
        return tuple(self.before | self.after)


@dataclass(frozen=True)
class EditedManifest:
    """One manifest that a run edited: its path below the home, and the keys."""

    path: str
    edits: tuple[ManifestEdit, ...]


@dataclass(frozen=True)
class RunDetail:
    """One run with all that it changed; ``undone_by`` is the run that put it back."""

    listing: RunListing
    home: str
    rows: tuple[WrittenRow, ...]
    manifests: tuple[EditedManifest, ...]
    undone_by: str | None = None

    @property
    def cells(self) -> int:
        """How many cells are listed."""
        return sum(len(row.columns) for row in self.rows)

    @property
    def keys(self) -> int:
        """How many keys of manifests are listed."""
        return sum(len(manifest.edits) for manifest in self.manifests)
