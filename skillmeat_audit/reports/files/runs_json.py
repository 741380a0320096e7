"""Renders a run and the list of runs as JSON: ``skillmeat-audit/run/1`` and ``runs/1``."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from skillmeat_audit.model.changes import Op, Outcome, RunListing, RunOutcome, Skipped
from skillmeat_audit.model.manifest_edits import PreparedManifest
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.run_sentences import NOTED_STATES, describe_settled
from skillmeat_audit.reports.files.ascii_json import ascii_json


class OutcomeRecord(msgspec.Struct, frozen=True):
    """The outcome of one change; ``reason`` is why it was skipped."""

    op: Op
    collection_id: str
    artifact_id: str
    outcome: Literal["applied", "skipped"]
    reason: str | None


class EditRecord(msgspec.Struct, frozen=True):
    """The outcome of one edit of a manifest; ``reason`` is why it was skipped."""

    path: str
    artifact_id: str
    key: str
    outcome: Literal["applied", "skipped"]
    reason: str | None


class DeltaCounts(msgspec.Struct, frozen=True):
    """How many findings the audit after a run no longer has, still has, and has anew."""

    fixed: int
    remaining: int
    new: int


class RunDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/run/1"):
    """An applied, rehearsed or undone plan; ``run`` is null where nothing was written."""

    kind: Literal["apply", "undo"]
    run: str | None
    home: str
    rehearsed: bool
    backup: str | None
    outcomes: list[OutcomeRecord]
    edits: list[EditRecord]
    recheck: DeltaCounts | None
    notes: list[str]


class RunListingRecord(msgspec.Struct, frozen=True):
    """One run of a home; ``note`` is absent unless it was interrupted or is damaged."""

    run: str
    kind: str
    state: str
    started_at: str
    undoes: str | None
    rows: int
    keys: int
    note: str | msgspec.UnsetType = msgspec.UNSET


class RunsDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/runs/1"):
    """The runs on a home, the latest first."""

    runs: list[RunListingRecord]


def run_json(run: RunOutcome, delta: AuditDelta | None) -> bytes:
    """Return a run as ``skillmeat-audit/run/1``: one outcome per change."""
    counts = None
    if delta is not None:
        counts = DeltaCounts(len(delta.fixed), len(delta.remaining), len(delta.new))
    return ascii_json(
        RunDocument(
            kind=run.kind,
            run=run.run,
            home=run.home,
            rehearsed=run.rehearsed,
            backup=None if run.backup is None else str(run.backup),
            outcomes=[_outcome(outcome) for outcome in run.outcomes],
            edits=[record for manifest in run.manifests for record in _edits(manifest)],
            recheck=counts,
            notes=list(run.notes),
        )
    )


def runs_json(runs: Sequence[RunListing]) -> bytes:
    """Return the list of runs as ``skillmeat-audit/runs/1``, the latest first."""
    return ascii_json(
        RunsDocument(
            [
                RunListingRecord(
                    run=run.run,
                    kind=run.kind,
                    state=run.state,
                    started_at=run.started_at,
                    undoes=run.undoes,
                    rows=run.rows,
                    keys=run.keys,
                    note=describe_settled(run) if run.state in NOTED_STATES else msgspec.UNSET,
                )
                for run in runs
            ]
        )
    )


def _edits(manifest: PreparedManifest) -> Iterator[EditRecord]:
    for edit in manifest.edits:
        yield EditRecord(manifest.path, edit.artifact_id, edit.key, "applied", None)
    for skipped in manifest.skipped:
        edit, reason = skipped.edit, skipped.reason
        yield EditRecord(manifest.path, edit.artifact_id, edit.key, "skipped", reason)


def _outcome(outcome: Outcome) -> OutcomeRecord:
    change = outcome.change
    return OutcomeRecord(
        op=change.op,
        collection_id=change.collection_id,
        artifact_id=change.artifact_id,
        outcome="skipped" if isinstance(outcome, Skipped) else "applied",
        reason=outcome.reason if isinstance(outcome, Skipped) else None,
    )
