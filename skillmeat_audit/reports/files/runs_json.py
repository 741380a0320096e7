"""Renders the outcome of a run, what it changed, and the list of runs as JSON."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from skillmeat_audit.model.changes import Op, Outcome, RunListing, RunOutcome, Skipped
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.manifest_edits import PreparedManifest, TomlValue
from skillmeat_audit.model.run_details import RunDetail, WrittenRow
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.recheck import plan_again_sentence
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


class NewFinding(msgspec.Struct, frozen=True):
    """A finding that only the audit after a run has."""

    rule: str
    title: str
    collection_id: str | None
    artifact_id: str | None
    column: str | None
    detail: str | None


class CellKey(msgspec.Struct, frozen=True):
    """A cell of the cache."""

    collection_id: str
    artifact_id: str
    column: str


class RecheckRecord(msgspec.Struct, frozen=True):
    """How many findings the audit after a run no longer has, still has, and has anew.

    ``would_not_last`` are the written cells that no manifest holds. ``plan_again`` is null unless a
    manifest was mended that could not be read before.
    """

    fixed: int
    remaining: int
    new: int
    new_findings: list[NewFinding]
    would_not_last: list[CellKey]
    plan_again: str | None


class RunDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/run/1"):
    """An applied, rehearsed or undone plan; ``run`` is null where nothing was written."""

    kind: Literal["apply", "undo"]
    run: str | None
    home: str
    rehearsed: bool
    backup: str | None
    outcomes: list[OutcomeRecord]
    edits: list[EditRecord]
    recheck: RecheckRecord | None
    notes: list[str]


class RunListingRecord(msgspec.Struct, frozen=True):
    """One run of a home; ``note`` is absent unless it was interrupted or is damaged."""

    run: str
    kind: str
    state: str
    started_at: str
    undoes: str | None
    rows: int
    cells: int
    keys: int
    note: str | msgspec.UnsetType = msgspec.UNSET


class RunsDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/runs/1"):
    """The runs on a home, the latest first."""

    runs: list[RunListingRecord]


class WrittenCell(msgspec.Struct, frozen=True):
    """A cell before and after a run, as text; null for NULL, and where there was no row."""

    before: str | None
    after: str | None


class WrittenRowRecord(msgspec.Struct, frozen=True):
    """One row that a run wrote, with the cells that it changed by column."""

    op: Op
    collection_id: str
    artifact_id: str
    cells: dict[str, WrittenCell]


class WrittenKey(msgspec.Struct, frozen=True):
    """One key that a run edited: a dotted path below the entry, empty for the entry itself."""

    artifact_id: str
    key: str
    before: TomlValue
    after: TomlValue


class WrittenManifest(msgspec.Struct, frozen=True):
    """The keys that a run edited in one manifest; ``path`` is below the home."""

    path: str
    edits: list[WrittenKey]


class RunDetailDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/run-detail/1"
):
    """What one run changed; ``note`` is absent unless it was interrupted or is damaged."""

    run: str
    kind: str
    state: str
    started_at: str
    undoes: str | None
    undone_by: str | None
    home: str
    rows: list[WrittenRowRecord]
    manifests: list[WrittenManifest]
    note: str | msgspec.UnsetType = msgspec.UNSET


def run_detail_json(run: RunDetail) -> bytes:
    """Return what a run changed as ``skillmeat-audit/run-detail/1``."""
    listing = run.listing
    return ascii_json(
        RunDetailDocument(
            run=listing.run,
            kind=listing.kind,
            state=listing.state,
            started_at=listing.started_at,
            undoes=listing.undoes,
            undone_by=run.undone_by,
            home=run.home,
            rows=[_written_row(row) for row in run.rows],
            manifests=[
                WrittenManifest(
                    each.path,
                    [WrittenKey(e.artifact_id, e.key, e.before, e.after) for e in each.edits],
                )
                for each in run.manifests
            ],
            note=_note(listing),
        )
    )


def _written_row(row: WrittenRow) -> WrittenRowRecord:
    cells = {
        column: WrittenCell(row.before.get(column), row.after.get(column)) for column in row.columns
    }
    return WrittenRowRecord(row.op, row.collection_id, row.artifact_id, cells)


def _note(run: RunListing) -> str | msgspec.UnsetType:
    return describe_settled(run) if run.state in NOTED_STATES else msgspec.UNSET


def run_json(run: RunOutcome, delta: AuditDelta | None, names: Names) -> bytes:
    """Return a run as ``skillmeat-audit/run/1``: one outcome per change."""
    return ascii_json(
        RunDocument(
            kind=run.kind,
            run=run.run,
            home=run.home,
            rehearsed=run.rehearsed,
            backup=None if run.backup is None else str(run.backup),
            outcomes=[_outcome(outcome) for outcome in run.outcomes],
            edits=[record for manifest in run.manifests for record in _edits(manifest)],
            recheck=None if delta is None else _delta(delta, names),
            notes=list(run.notes),
        )
    )


def _delta(delta: AuditDelta, names: Names) -> RecheckRecord:
    columns = NewFinding.__struct_fields__
    titled = delta.new.assign(title=delta.new["rule"].map(names.titles).astype("string"))
    return RecheckRecord(
        len(delta.fixed),
        len(delta.remaining),
        len(delta.new),
        [NewFinding(**each) for each in records(titled.fillna({"title": ""})[list(columns)])],
        [CellKey(*cell) for cell in delta.fading],
        plan_again_sentence(delta) or None,
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
                    cells=run.cells,
                    keys=run.keys,
                    note=_note(run),
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
