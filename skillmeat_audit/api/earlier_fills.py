"""Adds to findings that an earlier run of ours had filled the cell, and what took the value away.

SkillMeat's reimport removes the manifest entry and adds it anew, update and rollback write it
again: what a plan had filled is gone then (docs/skillmeat.md#how-long-a-repair-lasts).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from skillmeat_audit.base.text import printable
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import stem_of
from skillmeat_audit.model.findings import Evidence, Status
from skillmeat_audit.model.manifest_edits import MANIFEST_KEYS
from skillmeat_audit.repair.run_folders import JournaledRun

_ABSENT: tuple[object, ...] = (None, "", "[]", [])
_COLUMN_OF_KEY = {key: column for column, key in MANIFEST_KEYS.items()}
_ONLY_IN_ROW = ("D005", "M016")  # the row holds the value, and the manifest does not

RowCell = tuple[str, str, str]  # collection, artifact, column
EntryCell = tuple[str, str]  # stem of the artifact, column


@dataclass(frozen=True)
class EarlierFills:
    """Which run filled a cell of a row, and a manifest's key for it, last; undone runs did not."""

    rows: Mapping[RowCell, JournaledRun]
    manifests: Mapping[EntryCell, JournaledRun]


def note_earlier_fills(
    findings: pd.DataFrame, comparison: Comparison, journals: Sequence[JournaledRun]
) -> pd.DataFrame:
    """Return *findings* (``FINDINGS``), those of cells that a run filled with that in detail.

    *journals* are the runs on the home, the latest first; without any, nothing is computed.
    """
    if not journals:
        return findings
    # Either the cell is blank again, or the row alone still holds what was filled.
    is_blank = is_true(findings["status"] == Status.MISSING) | findings["rule"].isin(_ONLY_IN_ROW)
    is_blank &= findings["collection_id"].notna()
    blank = findings[is_blank]
    if blank.empty:
        return findings
    wanted = {
        (str(each["collection_id"]), str(each["artifact_id"]), str(each["column"]))
        for each in records(blank)
    }
    fills = _earlier_fills(wanted, journals, comparison.snapshot.cache.identity)
    if not (fills.rows or fills.manifests):
        return findings
    added = _added_by_row(comparison, wanted)
    details = [_detail(finding, fills, added) for finding in records(blank)]
    return findings.assign(
        detail=findings["detail"].mask(is_blank, pd.Series(details, blank.index, dtype="string"))
    )


def _earlier_fills(
    wanted: set[RowCell], journals: Sequence[JournaledRun], identity: str | None
) -> EarlierFills:
    # What an undo took back was no loss.
    undone = {each.undoes for each in journals if each.state == "committed"}
    rows: dict[RowCell, JournaledRun] = {}
    manifests: dict[EntryCell, JournaledRun] = {}
    by_row: dict[tuple[str, str], list[str]] = {}
    for collection, artifact, column in wanted:
        by_row.setdefault((collection, artifact), []).append(column)
    stems = {stem_of(artifact) for _, artifact in by_row}
    for run in journals:
        if run.kind != "apply" or run.run in undone:
            continue
        for entry in run.entries if _wrote_rows(run, identity) else ():
            for column in by_row.get(entry.key, ()):
                if _is_fill((entry.before or {}).get(column), (entry.after or {}).get(column)):
                    # The latest run first: setdefault keeps the latest fill.
                    rows.setdefault((*entry.key, column), run)
        for edit in (edit for manifest in run.manifests for edit in manifest.edits):
            stem, key = stem_of(edit.artifact_id), _COLUMN_OF_KEY.get(edit.key)
            if key and stem in stems and _is_fill(edit.before, edit.after):
                manifests.setdefault((stem, key), run)
    return EarlierFills(rows, manifests)


def _wrote_rows(run: JournaledRun, identity: str | None) -> bool:
    return run.state != "manifests-only" and run.identity == identity


def _is_fill(before: object, after: object) -> bool:
    return before in _ABSENT and after not in _ABSENT


def _added_by_row(comparison: Comparison, wanted: set[RowCell]) -> dict[tuple[str, str], object]:
    """Return when the manifest entry of each row in *wanted* was added, as the manifest says."""
    rows = comparison.snapshot.rows
    added = comparison.manifest_value("added").to_pylist()
    keys = zip(rows["collection_id"], rows["artifact_id"], strict=True)
    wanted_rows = {cell[:2] for cell in wanted}
    return {key: at for key, at in zip(keys, added, strict=True) if key in wanted_rows}


def _detail(
    finding: Mapping[str, object], fills: EarlierFills, added: Mapping[tuple[str, str], object]
) -> object:
    """Return the detail of *finding* and what the journals say of its cell."""
    row = str(finding["collection_id"]), str(finding["artifact_id"])
    column, detail = str(finding["column"]), finding["detail"]
    in_manifest = fills.manifests.get((stem_of(row[1]), column))
    run = in_manifest or fills.rows.get((*row, column))
    if run is None or (in_manifest is None and finding["rule"] in _ONLY_IN_ROW):
        return detail
    cause = _cause(finding, run, in_manifest is not None, added.get(row))
    return cause if detail is None else f"{detail}; {cause}"


def _cause(
    finding: Mapping[str, object], run: JournaledRun, is_in_manifest: bool, added: object
) -> str:
    filled = f"filled before by run {printable(run.run)}"
    if finding["evidence"] == Evidence.MANIFEST:
        return f"{filled}; the row lost it since"
    if not is_in_manifest:
        return f"{filled}, in the row only; the row lost it since"
    # A manifest entry that is younger than the fill is another import of the artifact.
    added_at, filled_at = _utc(added), _utc(run.started_at)
    if added_at is not None and filled_at is not None and added_at > filled_at:
        return f"reimported on {added_at:%Y-%m-%d}: {filled}"
    return f"{filled}; the manifest lost it since"


def _utc(text: object) -> datetime | None:
    """Return the time in *text*, None if it holds none; SkillMeat and journals write naive UTC."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
