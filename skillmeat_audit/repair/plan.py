"""Plans: decided from findings, saved, loaded, and checked after people edited them."""

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pandas as pd

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.arrow import is_in, to_arrow
from skillmeat_audit.base.columns import TextColumns, equals, is_among, is_present
from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.files import Unreadable, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import (
    PLAN_SCHEMA,
    CellChange,
    Change,
    Op,
    PlanDocument,
    RowKey,
)
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS, MANIFEST_NAME, RUN_TIME, STAMP
from skillmeat_audit.model.findings import CELL_STATUSES, Disposition, Status
from skillmeat_audit.model.manifest_edits import (
    EDITABLE_KEYS,
    LIST_KEYS,
    WHOLE_ENTRY,
    ManifestChanges,
    ManifestEdit,
    OtherToml,
    is_folder_name,
    is_inside,
)
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.repair.plan_lines import fault_line

_LIMIT_BYTES = 2 * 1024**3

Record = Mapping[str, object]


def changes_from(
    findings: pd.DataFrame,
    inserts: pd.DataFrame,
    rows: pd.DataFrame,
    dispositions: Iterable[str],
    *,
    deletes: bool,
) -> list[Change]:
    """Return the changes of rows that repair *findings* (``FINDINGS``), by key.

    *inserts* (``CELLS``) holds the cells of rows to be inserted, *rows* (``ROWS``, without columns
    that the cache lacks) the current values of rows to be deleted. Only cells with one of
    *dispositions* are written; orphans are deleted only with *deletes*.
    """
    allowed = set(dispositions)
    findings = _repairing(findings, allowed, deletes=deletes)
    cells = {"insert": _cells_by_row(inserts, allowed), "delete": _orphan_cells(findings, rows)}
    repaired: dict[tuple[Op, RowKey], list[Record]] = {}
    for finding in records(findings):
        repaired.setdefault((_op(finding), _key(finding)), []).append(finding)
    changes = [
        _change(op, key, group, group if op == "update" else cells[op].get(key, []))
        for (op, key), group in repaired.items()
    ]
    return sorted(changes, key=lambda change: (*change.key, change.op))


def _key(record: Record) -> RowKey:
    return str(record["collection_id"]), str(record["artifact_id"])


def _cells_by_row(cells: pd.DataFrame, allowed: set[str]) -> dict[RowKey, list[Record]]:
    by_row: dict[RowKey, list[Record]] = {}
    for cell in records(cells):
        if cell["disposition"] in allowed:
            by_row.setdefault(_key(cell), []).append(cell)
    return by_row


def _orphan_cells(findings: pd.DataFrame, rows: pd.DataFrame) -> dict[RowKey, list[Record]]:
    """Return every cell of the orphans among *rows*."""
    orphaned = findings[equals(to_arrow(findings["status"]), Status.ROW_ORPHAN)]
    orphans = {_key(each) for each in records(orphaned[list(KEY)])}
    rows = rows[is_in(rows["artifact_id"], orphaned["artifact_id"])]
    deleted = {"expected": None, "evidence": None, "disposition": Disposition.REVIEW}
    return {
        _key(row): [
            deleted | {"column": name, "actual": row[name]} for name in COLUMNS if name in row
        ]
        for row in records(rows)
        if _key(row) in orphans
    }


def _repairing(findings: pd.DataFrame, allowed: set[str], *, deletes: bool) -> pd.DataFrame:
    """Return those of *findings* that a change of a row repairs: of most homes, few."""
    texts = TextColumns(findings)
    status = texts["status"]
    orphaned, missing = (equals(status, each) for each in (Status.ROW_ORPHAN, Status.ROW_MISSING))
    # Rules about two cells at once have no status, and may know what one of them should hold.
    advised = ~is_present(status) & is_present(texts["expected"])
    of_cell = is_present(texts["column"]) & is_present(texts["collection_id"])
    updated = of_cell & (is_among(status, CELL_STATUSES) | advised)
    written = is_among(texts["disposition"], allowed) & (missing | updated)
    return findings[(orphaned & deletes) | written]


def _op(finding: Record) -> Op:
    """Return the operation that repairs *finding*."""
    match finding["status"]:
        case Status.ROW_ORPHAN:
            return "delete"
        case Status.ROW_MISSING:
            return "insert"
        case _:
            return "update"


def _change(op: Op, key: RowKey, findings: list[Record], cells: list[Record]) -> Change:
    """Return the change of one row; an update repairs each cell for a finding of its own."""
    rules = {str(finding["rule"]) for finding in findings}
    changed: dict[str, CellChange] = {}
    for cell in cells:
        column = str(cell["column"])
        of_cell = {str(cell["rule"])} if op == "update" else rules
        others = changed[column].rules if column in changed else []
        changed[column] = msgspec.convert(
            {
                "before": None if op == "insert" else cell["actual"],
                "after": cell["expected"],
                "rules": sorted({*of_cell, *others}),
                "evidence": cell["evidence"],
                "disposition": cell["disposition"],
            },
            CellChange,
        )
    return Change(op, *key, changed)


def encode_plan(plan: PlanDocument) -> bytes:
    """Return *plan* as JSON for people: one key per line, in a stable order."""
    return msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=1) + b"\n"


def plan_digest(plan: PlanDocument) -> str:
    """Return the SHA-256 of *plan*, the same however its file is laid out."""
    return hashlib.sha256(msgspec.msgpack.encode(plan, order="deterministic")).hexdigest()


def plan_digests(plan: PlanDocument) -> tuple[str, str]:
    """Return the digests that journals may hold for *plan*: today's, and that of 0.2.0."""
    return plan_digest(plan), hashlib.sha256(encode_plan(plan)).hexdigest()


def plan_schema() -> bytes:
    """Return the JSON schema of ``skillmeat-audit/plan/2``."""
    document = {"$id": PLAN_SCHEMA} | msgspec.json.schema(PlanDocument)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def load_plan(path: Path) -> PlanDocument:
    """Return the plan in *path*; raise `PlanError` naming the change or edit that is wrong."""
    if path.is_dir():
        raise PlanError(f"{printable(path)} is a folder, not a plan; {_how_to_plan(path)}")
    try:
        content = read_regular(path, _LIMIT_BYTES).data
    except FileNotFoundError as exc:
        raise PlanError(f"there is no plan {printable(path)}; {_how_to_plan('HOME')}") from exc
    except (OSError, Unreadable) as exc:
        raise PlanError(f"cannot read the plan {printable(path)}: {reason_of(exc)}") from exc
    try:
        return decode_plan(content)
    except PlanError as exc:
        line = fault_line(content, str(exc))
        where = printable(path) if line is None else f"{printable(path)}, line {line}"
        raise PlanError(f"{where}: {exc}") from exc


def _how_to_plan(home: str | Path) -> str:
    return printable(f"make one: {TOOL} plan {shlex.quote(str(home))} -o plan.json")


def decode_plan(content: bytes) -> PlanDocument:
    """Return the plan in *content*, checked; raise `PlanError`."""
    try:
        head = msgspec.json.decode(content)
        # First, as a plan of another release would otherwise fail at the first key that differs.
        schema = head.get("schema") if isinstance(head, dict) else None
        if schema != PLAN_SCHEMA:
            raise PlanError(_why_no_plan(schema))
        plan = msgspec.json.decode(content, type=PlanDocument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise PlanError(f"is not a plan: {printable(exc)}") from exc
    _check(plan)
    return plan


def _why_no_plan(schema: object) -> str:
    """Return why a document with this *schema* is not a plan that this release reads."""
    # skillmeat-audit/report/3
    tool, _, kind = str(schema).rpartition("/")[0].partition("/")
    if tool != TOOL or not kind:
        return f"is not a plan; {_how_to_plan('HOME')}"
    if kind != "plan":
        return f"is a {printable(kind)}, not a plan; {_how_to_plan('HOME')}"
    return (
        f"its schema is {printable(schema)}, this release reads {PLAN_SCHEMA}; "
        "plan again with this release"
    )


def _check(plan: PlanDocument) -> None:
    """Raise `PlanError` for what no plan of this program holds."""
    for number, change in enumerate(plan.changes):
        where = f"changes[{number}] ({printable(change.artifact_id)})"
        if reason := _fault_of_change(change):
            raise PlanError(f"{where}: {reason}")
    # Of two changes of a row, the first breaks the precondition of the second.
    counts = Counter(change.key for change in plan.changes)
    for (collection, artifact), count in counts.items():
        if count > 1:
            raise PlanError(f"{printable(artifact)} in {printable(collection)} is changed twice")
    for place, manifest in enumerate(plan.manifests):
        _check_manifest(f"manifests[{place}]", manifest)
    names = [manifest.file_collection for manifest in plan.manifests]
    if len(set(names)) < len(names):
        raise PlanError("the edits of one manifest have to be in one place")


def _fault_of_change(change: Change) -> str | None:
    """Return what is wrong with *change*, None if nothing is."""
    if not change.collection_id or ":" not in change.artifact_id:
        return "its key is not a collection and a type:name"
    for column, cell in change.cells.items():
        if column not in COLUMNS and not _is_stamp(change, column):
            return f"a plan may not write column {printable(column)}"
        if change.op == "insert" and cell.before is not None:
            return f"{column}: a cell of an insert cannot have a before"
        if change.op == "delete" and cell.after is not None:
            return f"{column}: a cell of a delete cannot have an after"
    return None


def _is_stamp(change: Change, column: str) -> bool:
    """Return whether *change* marks a row that was never synced as synced, by *column*."""
    cell = change.cells[column]
    is_time = (cell.before, cell.after) == (None, RUN_TIME)
    return change.op == "update" and column == STAMP and is_time


def _check_manifest(where: str, manifest: ManifestChanges) -> None:
    name = manifest.file_collection
    if manifest.path != f"collections/{name}/{MANIFEST_NAME}" or not is_folder_name(name):
        raise PlanError(f"{where}: {printable(manifest.path)} is not a collection's manifest")
    for number, edit in enumerate(manifest.edits):
        if reason := _fault_of_edit(edit):
            at = f"{where}.edits[{number}] ({printable(edit.artifact_id)})"
            raise PlanError(f"{at}: {reason}")
    counts = Counter((edit.artifact_id, edit.key) for edit in manifest.edits)
    for (artifact, key), count in counts.items():
        if count > 1:
            raise PlanError(f"{where}: {printable(artifact)}, {printable(key)} is edited twice")


def _fault_of_edit(edit: ManifestEdit) -> str | None:
    """Return what is wrong with *edit*, None if nothing is."""
    if edit.key not in EDITABLE_KEYS:
        return f"a plan may not write key {printable(edit.key)}"
    if isinstance(edit.after, OtherToml):
        return f"{edit.key}: a plan writes text and lists of text only"
    if edit.key == WHOLE_ENTRY and (edit.before, edit.after) != (None, None):
        return "an entry that is dropped has neither before nor after"
    if edit.key in LIST_KEYS and isinstance(edit.after, str):
        return f"{edit.key}: after has to be a list"
    if edit.key not in LIST_KEYS and isinstance(edit.after, list):
        return f"{edit.key}: after has to be text"
    if edit.key == "path" and not (isinstance(edit.after, str) and is_inside(edit.after)):
        return "path: a plan writes a path that stays in the collection's folder"
    return None
