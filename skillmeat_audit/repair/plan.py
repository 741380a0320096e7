"""Makes plans from findings, saves and loads them, and checks those that people have edited."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pandas as pd

from skillmeat_audit.base.errors import PlanError
from skillmeat_audit.base.files import Unreadable, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import PLAN_SCHEMA, Change, PlanDocument, RowKey
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import CELL_STATUSES, Disposition, Status
from skillmeat_audit.model.tables import records

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
    """Return the changes that mend *findings* (``FINDINGS``), in order.

    *inserts* (``CELLS``) holds what the rows to be inserted should say, *rows* (``ROWS``, without
    columns that the cache lacks) what those to be deleted say now. Only cells of one of
    *dispositions* are written; orphans are deleted only with *deletes*.
    """
    wanted = set(dispositions)
    cells = {"insert": _by_row(inserts, wanted), "delete": _orphans(findings, rows)}
    mended: dict[tuple[str, RowKey], list[Record]] = {}
    for finding in records(findings):
        if (op := _op(finding, wanted, deletes=deletes)) is not None:
            mended.setdefault((op, _key(finding)), []).append(finding)
    changes = [
        _change(op, key, found, found if op == "update" else cells[op].get(key, []))
        for (op, key), found in mended.items()
    ]
    return sorted(changes, key=lambda change: (*change.key, change.op))


def _key(record: Record) -> RowKey:
    return str(record["collection_id"]), str(record["artifact_id"])


def _by_row(cells: pd.DataFrame, wanted: set[str]) -> dict[RowKey, list[Record]]:
    found: dict[RowKey, list[Record]] = {}
    for cell in records(cells):
        if cell["disposition"] in wanted:
            found.setdefault(_key(cell), []).append(cell)
    return found


def _orphans(findings: pd.DataFrame, rows: pd.DataFrame) -> dict[RowKey, list[Record]]:
    """Return every cell of the rows that are orphans."""
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


def _op(finding: Record, wanted: set[str], *, deletes: bool) -> str | None:
    """Return how *finding* is mended; None where it is not."""
    status, disposition = finding["status"], finding["disposition"]
    if status == Status.ROW_ORPHAN:
        return "delete" if deletes else None
    if disposition not in wanted:
        return None
    if status == Status.ROW_MISSING:
        return "insert"
    if finding["column"] is None:
        return None
    advised = status is None and finding["expected"] is not None
    return "update" if status in CELL_STATUSES or advised else None


def _change(op: str, key: RowKey, found: list[Record], cells: list[Record]) -> Change:
    judged = {cell.get("disposition") for cell in (*found, *cells)}
    return msgspec.convert(
        {
            "op": op,
            "collection_id": key[0],
            "artifact_id": key[1],
            "before": {} if op == "insert" else {str(c["column"]): c["actual"] for c in cells},
            "after": {} if op == "delete" else {str(c["column"]): c["expected"] for c in cells},
            "rules": sorted({str(finding["rule"]) for finding in found}),
            "disposition": next(each for each in _LEAST_SAFE if each in judged),
        },
        Change,
    )


def encode_plan(plan: PlanDocument) -> bytes:
    """Return *plan* as JSON that a person can read: one key per line, stable."""
    return msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=1) + b"\n"


def plan_schema() -> bytes:
    """Return the JSON schema of ``skillmeat-audit/plan/1``."""
    document = {"$id": PLAN_SCHEMA} | msgspec.json.schema(PlanDocument)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def load_plan(path: Path) -> PlanDocument:
    """Return the plan in *path*; raise `PlanError` naming the place that is wrong in it."""
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
        named = head.get("schema") if isinstance(head, dict) else None
        if named != PLAN_SCHEMA:
            raise PlanError(
                f"its schema is {printable(named)}, this release reads {PLAN_SCHEMA}; "
                "make a new plan with this release"
            )
        plan = msgspec.json.decode(content, type=PlanDocument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise PlanError(f"is no plan: {printable(exc)}") from exc
    _check(plan)
    return plan


def _check(plan: PlanDocument) -> None:
    """Refuse what no plan of ours holds, whoever wrote it."""
    for number, change in enumerate(plan.changes):
        place = f"changes[{number}] ({printable(change.artifact_id)})"
        for column in (*change.before, *change.after):
            if column not in COLUMNS:
                raise PlanError(f"{place}: column {printable(column)} is not one a plan may write")
        if change.op == "update" and set(change.before) != set(change.after):
            raise PlanError(f"{place}: before and after name different columns")
        if change.op == "insert" and change.before:
            raise PlanError(f"{place}: an insert cannot have a before")
        if change.op == "delete" and change.after:
            raise PlanError(f"{place}: a delete cannot have an after")
        if not change.collection_id or ":" not in change.artifact_id:
            raise PlanError(f"{place}: its key is not a collection and a type:name")
    twice = [key for key, count in Counter(c.key for c in plan.changes).items() if count > 1]
    if twice:
        raise PlanError(f"{printable(twice[0][1])} in {printable(twice[0][0])} is changed twice")
