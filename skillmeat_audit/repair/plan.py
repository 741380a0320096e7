"""Plans: decided from findings, saved, loaded, and checked after people edited them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pandas as pd

from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.files import Unreadable, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import PLAN_SCHEMA, Change, PlanDocument, RowKey
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS, RUN_TIME, STAMP
from skillmeat_audit.model.findings import CELL_STATUSES, Disposition, Status

_LIMIT_BYTES = 2 * 1024**3
_LEAST_SAFE = (Disposition.REVIEW, Disposition.FILL, Disposition.SAFE)

Record = Mapping[str, object]


def changes_from(
    findings: pd.DataFrame,
    inserts: pd.DataFrame,
    rows: pd.DataFrame,
    dispositions: Iterable[str],
    *,
    deletes: bool,
) -> list[Change]:
    """Return the changes that repair *findings* (``FINDINGS``), by key.

    *inserts* (``CELLS``) holds the cells of rows to be inserted, *rows* (``ROWS``, without columns
    that the cache lacks) the current values of rows to be deleted. Only cells with one of
    *dispositions* are written; orphans are deleted only with *deletes*.
    """
    allowed = set(dispositions)
    cells = {"insert": _cells_by_row(inserts, allowed), "delete": _orphan_cells(findings, rows)}
    repaired: dict[tuple[str, RowKey], list[Record]] = {}
    for finding in records(findings):
        if (op := _op(finding, allowed, deletes=deletes)) is not None:
            repaired.setdefault((op, _key(finding)), []).append(finding)
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
    orphans = {_key(each) for each in records(findings[findings["status"] == Status.ROW_ORPHAN])}
    return {
        _key(row): [
            {"column": name, "actual": row[name], "expected": None}
            for name in COLUMNS
            if name in row
        ]
        for row in records(rows)
        if _key(row) in orphans
    }


def _op(finding: Record, allowed: set[str], *, deletes: bool) -> str | None:
    """Return the operation that repairs *finding*, None where a plan does not repair it."""
    status, disposition = finding["status"], finding["disposition"]
    if status == Status.ROW_ORPHAN:
        return "delete" if deletes else None
    if disposition not in allowed:
        return None
    if status == Status.ROW_MISSING:
        return "insert"
    if finding["column"] is None or finding["collection_id"] is None:
        return None  # it is not about a cell
    advised = status is None and finding["expected"] is not None
    return "update" if status in CELL_STATUSES or advised else None


def _change(op: str, key: RowKey, findings: list[Record], cells: list[Record]) -> Change:
    dispositions = {record.get("disposition") for record in (*findings, *cells)}
    return msgspec.convert(
        {
            "op": op,
            "collection_id": key[0],
            "artifact_id": key[1],
            "before": {} if op == "insert" else {str(c["column"]): c["actual"] for c in cells},
            "after": {} if op == "delete" else {str(c["column"]): c["expected"] for c in cells},
            "rules": sorted({str(finding["rule"]) for finding in findings}),
            "disposition": next(each for each in _LEAST_SAFE if each in dispositions),
        },
        Change,
    )


def encode_plan(plan: PlanDocument) -> bytes:
    """Return *plan* as JSON for people: one key per line, in a stable order."""
    return msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=1) + b"\n"


def plan_schema() -> bytes:
    """Return the JSON schema of ``skillmeat-audit/plan/1``."""
    document = {"$id": PLAN_SCHEMA} | msgspec.json.schema(PlanDocument)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def load_plan(path: Path) -> PlanDocument:
    """Return the plan in *path*; raise `PlanError` naming the change that is wrong."""
    try:
        return decode_plan(read_regular(path, _LIMIT_BYTES).data)
    except (OSError, Unreadable) as exc:
        raise PlanError(f"cannot read the plan {printable(path)}: {reason_of(exc)}") from exc
    except PlanError as exc:
        raise PlanError(f"{printable(path)}: {exc}") from exc


def decode_plan(content: bytes) -> PlanDocument:
    """Return the plan in *content*, checked; raise `PlanError`."""
    try:
        head = msgspec.json.decode(content)
        schema = head.get("schema") if isinstance(head, dict) else None
        if schema != PLAN_SCHEMA:
            raise PlanError(
                f"its schema is {printable(schema)}, this release reads {PLAN_SCHEMA}; "
                "make a new plan with this release"
            )
        plan = msgspec.json.decode(content, type=PlanDocument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise PlanError(f"is not a plan: {printable(exc)}") from exc
    _check(plan)
    return plan


def _is_stamp(change: Change, column: str) -> bool:
    """Return whether *change* marks a row that was never synced as synced, by *column*."""
    times = change.before.get(STAMP, ""), change.after.get(STAMP)
    return change.op == "update" and column == STAMP and times == (None, RUN_TIME)


def _check(plan: PlanDocument) -> None:
    """Raise `PlanError` for a change that no plan of this program holds."""
    for number, change in enumerate(plan.changes):
        where = f"changes[{number}] ({printable(change.artifact_id)})"
        for column in (*change.before, *change.after):
            if column not in COLUMNS and not _is_stamp(change, column):
                raise PlanError(f"{where}: a plan may not write column {printable(column)}")
        if change.op == "update" and set(change.before) != set(change.after):
            raise PlanError(f"{where}: before and after name different columns")
        if change.op == "insert" and change.before:
            raise PlanError(f"{where}: an insert cannot have a before")
        if change.op == "delete" and change.after:
            raise PlanError(f"{where}: a delete cannot have an after")
        if not change.collection_id or ":" not in change.artifact_id:
            raise PlanError(f"{where}: its key is not a collection and a type:name")
    counts = Counter(change.key for change in plan.changes)
    for (collection, artifact), count in counts.items():
        if count > 1:
            raise PlanError(f"{printable(artifact)} in {printable(collection)} is changed twice")
