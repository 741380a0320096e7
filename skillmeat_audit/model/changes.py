"""A repair as data: changes, the plan document, and the outcomes of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

PLAN_SCHEMA = "skillmeat-audit/plan/1"

Op: TypeAlias = Literal["insert", "update", "delete"]
CellTexts: TypeAlias = dict[str, str | None]
RowKey: TypeAlias = tuple[str, str]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row to be corrected: ``before`` is the precondition, ``after`` what is written.

    Values are the cells' own text (list columns hold JSON text), null for NULL. An insert has no
    ``before`` (the row must not exist), a delete no ``after``. ``synced_at`` is written with every
    row; a change names it (from null to ``now``, the time of the run) only where that is the
    repair: the values are right, and no page shows them. ``rules`` are the codes of the
    findings that it repairs, ``disposition`` the least safe of theirs.
    """

    op: Op
    collection_id: str
    artifact_id: str
    before: CellTexts
    after: CellTexts
    rules: list[str]
    disposition: Literal["safe", "fill", "review"]

    @property
    def key(self) -> RowKey:
        """The row's key."""
        return self.collection_id, self.artifact_id


class PlanDocument(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}
):
    """Changes to one cache, by collection and artifact; saved as ``skillmeat-audit/plan/1``.

    ``home`` is the home's folder, ``database`` the cache's address without credentials,
    ``identity`` distinguishes this cache from others, ``era`` is its key column. Entries of
    ``changes`` may be removed by hand; everything else is checked before anything is written.
    """

    schema_: Literal["skillmeat-audit/plan/1"]
    home: str
    database: str
    identity: str
    era: Literal["artifact_id", "artifact_uuid"]
    changes: list[Change]


@dataclass(frozen=True)
class Applied:
    """A change that was written."""

    change: Change


@dataclass(frozen=True)
class Skipped:
    """A change that was not written, and why."""

    change: Change
    reason: str


Outcome: TypeAlias = Applied | Skipped
RawRow: TypeAlias = dict[str, Any]  # a row as the driver returns it

# The reason for skipping a row that already holds the new values; not a conflict.
ALREADY_SO = "already so"
# Why a row cannot be inserted, by a plan or by an undo.
NO_COLLECTION = "its collection is gone"


@dataclass(frozen=True)
class RunListing:
    """One run in the list of runs; ``rows`` counts its rows, ``damage`` is why it is damaged.

    ``folder`` holds its journal, ``backup`` is the copy of the database made before it.
    """

    run: str
    kind: str
    state: str
    started_at: str
    rows: int
    undoes: str | None
    folder: Path
    backup: Path | None
    damage: str


@dataclass(frozen=True)
class RunOutcome:
    """The result of applying or undoing a plan: one outcome per row.

    ``run`` is the run's id, None if nothing was written (``rehearsed``, or nothing to do);
    ``backup`` the copy made before it; ``notes`` are further messages for a person.
    """

    kind: Literal["apply", "undo"]
    home: str
    database: str
    identity: str
    outcomes: tuple[Outcome, ...]
    rehearsed: bool = False
    undoes: str | None = None
    run: str | None = None
    backup: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def applied(self) -> tuple[Applied, ...]:
        """The changes that were written."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Applied))

    @property
    def conflicts(self) -> tuple[Skipped, ...]:
        """The changes that were not written because the row had changed."""
        skipped = (outcome for outcome in self.outcomes if isinstance(outcome, Skipped))
        return tuple(outcome for outcome in skipped if outcome.reason != ALREADY_SO)
