"""Decides which keys of manifests a plan fills or mends, and what rows hold after that."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import msgspec
import pandas as pd

from skillmeat_audit.base.arrow import BLOCK_ROWS, to_arrow
from skillmeat_audit.base.columns import TextColumns, is_among, is_present, matches
from skillmeat_audit.model.changes import LEAST_SAFE_FIRST, CellChange, Change, RowKey
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.manifest_edits import (
    MANIFEST_KEYS,
    EntryKey,
    ManifestChanges,
    ManifestDocument,
    ManifestEdit,
    Repairable,
    TomlValue,
    cell_text,
    value_at,
)

_OUTSIDE = (Evidence.FRONTMATTER, Evidence.CATALOG)
_OF_FINDING = ("collection_id", "artifact_id", "column", "rule", "disposition")


@dataclass(frozen=True)
class ManifestRepairs:
    """What may be edited: ``fills`` and ``mends`` (``MANIFEST_REPAIRS``).

    ``entries`` are the manifest entries that each row is written from, the preferred one first.
    """

    fills: pd.DataFrame
    mends: pd.DataFrame
    entries: Mapping[RowKey, Sequence[EntryKey]]


@dataclass(frozen=True)
class PlannedEdit:
    """An edit that was chosen, and the column of rows that it decides, if any."""

    file_collection: str
    artifact_id: str
    key: str
    column: str | None
    after: TomlValue
    rules: tuple[str, ...]
    evidence: Evidence | None
    disposition: Repairable

    @property
    def cell(self) -> str | None:
        """The text that a row's cell holds of it."""
        return cell_text(self.after)


def chosen_edits(
    findings: pd.DataFrame,
    changes: Iterable[Change],
    repairs: ManifestRepairs,
    allowed: set[str],
) -> list[PlannedEdit]:
    """Return the edits that repair *findings* (``FINDINGS``) and make *changes* last.

    An edit has the least safe disposition of its own and of the findings that it repairs, which
    has to be one of *allowed*. A mend takes precedence over a fill of the same key.
    """
    edits: dict[tuple[str, str, str], PlannedEdit] = {}
    for edit in (*_mends(findings, repairs, allowed), *_fills(findings, changes, repairs, allowed)):
        edits.setdefault((edit.file_collection, edit.artifact_id, edit.key), edit)
    return [edits[key] for key in sorted(edits)]


def _mends(
    findings: pd.DataFrame, repairs: ManifestRepairs, allowed: set[str]
) -> Iterator[PlannedEdit]:
    mends = repairs.mends[repairs.mends["disposition"].isin(allowed)]
    codes = {code for rules in mends["rules"] for code in str(rules).split()}
    findings = findings[is_among(to_arrow(findings["rule"]), codes)]
    reported: dict[str, set[str]] = {}
    for rule, artifact_id in zip(findings["rule"], findings["artifact_id"], strict=True):
        reported.setdefault(str(artifact_id), set()).add(str(rule))
    for mend in records(mends):
        rules = reported.get(str(mend["artifact_id"]), set()) & set(str(mend["rules"]).split())
        if rules:
            yield _planned(mend, rules, cast("Repairable", mend["disposition"]))


def _fills(
    findings: pd.DataFrame,
    changes: Iterable[Change],
    repairs: ManifestRepairs,
    allowed: set[str],
) -> Iterator[PlannedEdit]:
    wanted: dict[tuple[EntryKey, str], tuple[set[str], set[str]]] = {}
    for row, column, rules, disposition in _outside_values(findings, changes):
        for entry in repairs.entries.get(row, ()):
            codes, dispositions = wanted.setdefault((entry, column), (set(), set()))
            codes.update(rules)
            dispositions.add(disposition)
    for fill in records(repairs.fills):
        entry = str(fill["file_collection"]), str(fill["artifact_id"])
        if (reason := wanted.get((entry, str(fill["column"])))) is not None:
            dispositions = {*reason[1], str(fill["disposition"])}
            least_safe = next(each for each in LEAST_SAFE_FIRST if each in dispositions)
            if least_safe in allowed:  # before anything is made of it: most fills are not
                yield _planned(fill, reason[0], least_safe)


def _outside_values(
    findings: pd.DataFrame, changes: Iterable[Change]
) -> Iterator[tuple[RowKey, str, Iterable[str], str]]:
    """Yield row, column, rules and disposition of what only files or the catalogue know."""
    for change in changes:
        for column, cell in change.cells.items():
            if cell.evidence in _OUTSIDE and column in MANIFEST_KEYS:
                yield change.key, column, cell.rules, cell.disposition
    texts = TextColumns(findings)
    is_held = is_among(texts["column"], MANIFEST_KEYS) & ~is_present(texts["status"])
    # A finding of a page (V001) is repaired by that of its cell, which a scope may leave out.
    is_held &= is_among(texts["evidence"], _OUTSIDE) & ~matches(texts["rule"], "^V")
    held = findings.loc[is_held, list(_OF_FINDING)]
    for start in range(0, len(held), BLOCK_ROWS):
        block = held.iloc[start : start + BLOCK_ROWS]
        for finding in zip(*(block[name].tolist() for name in _OF_FINDING), strict=True):
            collection, artifact, column, rule, disposition = map(str, finding)
            yield (collection, artifact), column, (rule,), disposition


def _planned(
    repair: Mapping[str, object], rules: Iterable[str], disposition: Repairable
) -> PlannedEdit:
    return PlannedEdit(
        file_collection=str(repair["file_collection"]),
        artifact_id=str(repair["artifact_id"]),
        key=str(repair["key"]),
        column=None if repair["column"] is None else str(repair["column"]),
        after=json.loads(str(repair["after"])),
        rules=tuple(sorted(rules)),
        evidence=Evidence(str(repair["evidence"])),
        disposition=disposition,
    )


def manifest_changes(
    edits: Iterable[PlannedEdit], documents: Mapping[str, ManifestDocument]
) -> list[ManifestChanges]:
    """Return *edits* as a plan holds them, with what *documents* hold now as precondition."""
    by_collection: dict[str, list[ManifestEdit]] = {}
    for edit in edits:
        entry = documents[edit.file_collection].entries.get(edit.artifact_id, {})
        before = value_at(entry, edit.key)
        if before != edit.after or not edit.key:
            by_collection.setdefault(edit.file_collection, []).append(
                ManifestEdit(
                    edit.artifact_id,
                    edit.key,
                    before,
                    edit.after,
                    list(edit.rules),
                    edit.evidence,
                    edit.disposition,
                )
            )
    return [
        ManifestChanges(name, documents[name].path, documents[name].sha256, made)
        for name, made in sorted(by_collection.items())
    ]


def follow_edits(
    changes: Sequence[Change],
    edits: Iterable[PlannedEdit],
    entries: Mapping[RowKey, Sequence[EntryKey]],
    rows: pd.DataFrame,
) -> list[Change]:
    """Return *changes* so that rows hold what SkillMeat writes from the edited manifests.

    Tags that the manifest does not take are left out of the row, and a row (of *rows*, ``ROWS``)
    gets the text of a mended value: ``1.10``, where SkillMeat wrote 1.1.
    """
    by_entry: dict[EntryKey, list[PlannedEdit]] = {}
    for edit in edits:
        if edit.column is not None:
            by_entry.setdefault((edit.file_collection, edit.artifact_id), []).append(edit)
    # The first entry is the preferred one: it alone decides what SkillMeat writes into the row.
    edited = {row: by_entry[listed[0]] for row, listed in entries.items() if listed[0] in by_entry}
    by_row = {change.key: change for change in changes}
    held = {
        (str(row["collection_id"]), str(row["artifact_id"])): row
        for row in records(rows[rows["artifact_id"].isin([artifact for _, artifact in edited])])
    }
    for key, own in edited.items():
        for edit in own:
            change = _followed(by_row.get(key), key, edit, held.get(key, {}))
            by_row |= {} if change is None else {key: change}
    return sorted(by_row.values(), key=lambda change: (*change.key, change.op))


def _followed(
    change: Change | None, key: RowKey, edit: PlannedEdit, row: Mapping[str, object]
) -> Change | None:
    """Return *change* of a row, None if it has none, with the cell that *edit* decides."""
    column = str(edit.column)
    if change is not None and (column in change.cells or change.op != "update"):
        return _with_cell(change, edit, None) if column in change.after else change
    if not row or _is_same_cell(row.get(column), edit.cell):
        return change  # the row holds it already
    change = change or Change("update", *key, {})
    return _with_cell(change, edit, cast("str | None", row.get(column)))


def _is_same_cell(one: object, other: object) -> bool:
    """Return whether two cells are the same, lists in any order."""
    try:
        return one == other or sorted(json.loads(str(one))) == sorted(json.loads(str(other)))
    except (ValueError, TypeError, RecursionError):
        return False


def _with_cell(change: Change, edit: PlannedEdit, before: str | None) -> Change:
    """Return *change* with the cell of the edit's column as *edit* decides it."""
    column = str(edit.column)
    cell = change.cells.get(column) or CellChange(
        before, None, list(edit.rules), edit.evidence, edit.disposition
    )
    cells = change.cells | {column: msgspec.structs.replace(cell, after=edit.cell)}
    return msgspec.structs.replace(change, cells=cells)
