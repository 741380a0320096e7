"""A repair as data: changes, the plan document, and the outcomes of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.manifest_edits import (
    ALREADY_SO,
    ManifestChanges,
    ManifestEdit,
    PreparedManifest,
    Repairable,
    SkippedEdit,
)

PLAN_SCHEMA = "skillmeat-audit/plan/2"

Op: TypeAlias = Literal["insert", "update", "delete"]
CellTexts: TypeAlias = dict[str, str | None]
RowKey: TypeAlias = tuple[str, str]
LEAST_SAFE_FIRST: tuple[Repairable, ...] = ("review", "fill", "safe")


class CellChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One cell of a row to be corrected.

    Values are the cell's own text (list columns hold JSON text), null for NULL. ``rules`` are the
    codes of the findings that it repairs, ``evidence`` the layer that ``after`` rests on.
    """

    before: str | None
    after: str | None
    rules: list[str]
    evidence: Evidence | None
    disposition: Repairable


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One row to be corrected, with its cells by column.

    The ``before`` of every cell is a precondition. The cells of an insert have none (the row must
    not exist), those of a delete no ``after``. ``synced_at`` is written with every row; a change
    names it (from null to ``now``, the time of the run) only where that is the repair: the values
    are right, and no page shows them.
    """

    op: Op
    collection_id: str
    artifact_id: str
    cells: dict[str, CellChange]

    @property
    def key(self) -> RowKey:
        """The row's key."""
        return self.collection_id, self.artifact_id

    @property
    def before(self) -> CellTexts:
        """What the cells have to hold for the change to be made; empty for an insert."""
        if self.op == "insert":
            return {}
        return {column: cell.before for column, cell in self.cells.items()}

    @property
    def after(self) -> CellTexts:
        """What is written; empty for a delete."""
        if self.op == "delete":
            return {}
        return {column: cell.after for column, cell in self.cells.items()}

    @property
    def rules(self) -> list[str]:
        """The codes of the findings that the change repairs."""
        return sorted({code for cell in self.cells.values() for code in cell.rules})

    @property
    def disposition(self) -> Repairable:
        """The least safe disposition of the cells."""
        dispositions = {cell.disposition for cell in self.cells.values()}
        return next((each for each in LEAST_SAFE_FIRST if each in dispositions), "safe")


class PlanDocument(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}
):
    """Edits of manifests and changes of rows of one home; saved as ``skillmeat-audit/plan/2``.

    ``home`` is the home's folder, ``database`` the cache's address without credentials,
    ``identity`` distinguishes this cache from others, ``era`` is its key column. Entries of
    ``manifests``, ``edits``, ``changes`` and ``cells`` may be removed by hand; everything else is
    checked before anything is written.
    """

    schema_: Literal["skillmeat-audit/plan/2"]
    home: str
    database: str
    identity: str
    era: Literal["artifact_id", "artifact_uuid"]
    manifests: list[ManifestChanges]
    changes: list[Change]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.manifests or self.changes)


class Applied(msgspec.Struct, frozen=True, gc=False):
    """A change that was written."""

    change: Change


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """A change that was not written, and why."""

    change: Change
    reason: str


Outcome: TypeAlias = Applied | Skipped
RawRow: TypeAlias = dict[str, Any]  # a row as the driver returns it

# Why a row cannot be inserted, by a plan or by an undo.
NO_COLLECTION = "its collection is gone"


@dataclass(frozen=True)
class RunListing:
    """One run in the list of runs; ``rows``, ``cells`` and ``keys`` of manifests are counts.

    ``damage`` is why it is damaged. ``folder`` holds its journal, ``backup`` is the copy of the
    database made before it.
    """

    run: str
    kind: str
    state: str
    started_at: str
    rows: int
    cells: int
    keys: int
    undoes: str | None
    folder: Path
    backup: Path | None
    damage: str


@dataclass(frozen=True)
class RunOutcome:
    """The result of applying or undoing a plan: one outcome per row, and the manifests.

    ``manifests`` say which of their edits were made, and which were skipped and why. ``run`` is the
    run's id, None if nothing was written (``rehearsed``, or nothing to do); ``backup`` the copy
    made before it; ``notes`` are further messages for a person; ``plan_sha256`` the digest of the
    plan.
    """

    kind: Literal["apply", "undo"]
    home: str
    database: str
    identity: str
    outcomes: tuple[Outcome, ...]
    manifests: tuple[PreparedManifest, ...] = ()
    rehearsed: bool = False
    undoes: str | None = None
    run: str | None = None
    backup: Path | None = None
    notes: tuple[str, ...] = ()
    plan_sha256: str | None = None

    @property
    def applied(self) -> tuple[Applied, ...]:
        """The changes that were written."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Applied))

    @property
    def conflicts(self) -> tuple[Skipped, ...]:
        """The changes that were not written because the row had changed."""
        skipped = (outcome for outcome in self.outcomes if isinstance(outcome, Skipped))
        return tuple(outcome for outcome in skipped if outcome.reason != ALREADY_SO)

    @property
    def edits(self) -> tuple[ManifestEdit, ...]:
        """The edits of manifests that were made."""
        return tuple(edit for manifest in self.manifests for edit in manifest.edits)

    @property
    def edit_conflicts(self) -> tuple[SkippedEdit, ...]:
        """The edits that were not made because the manifest had changed, or cannot be edited."""
        skipped = (edit for manifest in self.manifests for edit in manifest.skipped)
        return tuple(each for each in skipped if each.reason != ALREADY_SO)

    @property
    def has_conflicts(self) -> bool:
        """Whether something was skipped because it changed, or cannot be edited."""
        return bool(self.conflicts or self.edit_conflicts)
