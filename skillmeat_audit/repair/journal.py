"""The file ``journal.json``: a run's rows before and after, and how they are saved and checked."""

import base64
import hashlib
from collections.abc import Callable
from math import isinf, isnan
from typing import Annotated, Any, Literal

import msgspec

from skillmeat_audit.base.text import is_utf8
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.model.proofs import Proof

JOURNAL_SCHEMA = "skillmeat-audit/journal/2"


class OddCell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A cell that JSON has no word for: bytes, or an infinite number."""

    base64: str | None = None
    real: Literal["inf", "-inf"] | None = None


_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Cell = str | _Integer | float | bool | OddCell | None


class JournalEntry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One row of a run: ``before`` and ``after`` as the driver has them, None where there was none.

    For an update both hold the columns that were written and ``synced_at``; else the whole row.
    """

    op: Literal["insert", "update", "delete"]
    key: RowKey
    before: dict[str, _Cell] | None
    after: dict[str, _Cell] | None


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is saved of a run; ``created`` are artifacts rows made for it.

    ``proof`` is what the database tells its commit by, None where it cannot.
    """

    run: str
    kind: Literal["apply", "undo", "unknown"]
    home: str
    database: str
    identity: str
    started_at: str
    entries: tuple[JournalEntry, ...]
    created: tuple[str, ...] = ()
    made_sentinel: bool = False
    undoes: str | None = None
    proof: Proof | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}):
    """``journal.json``: a `Journal` as it is in the file, and the SHA-256 of those bytes."""

    schema_: str
    sha256: str
    journal: msgspec.Raw


def can_journal(cell: object) -> bool:
    """Tell whether a journal can hold *cell* so that an undo puts it back exactly."""
    return not isnan(cell) if isinstance(cell, float) else is_utf8(cell)


def encode_journal(record: Journal) -> bytes:
    """Return *record* as the content of ``journal.json``; raise `UnicodeEncodeError`."""
    entries = tuple(_with_cells(entry, _packed) for entry in record.entries)
    body = msgspec.json.encode(msgspec.structs.replace(record, entries=entries))
    digest = hashlib.sha256(body).hexdigest()
    return msgspec.json.encode(_File(JOURNAL_SCHEMA, digest, msgspec.Raw(body)))


def decode_journal(content: bytes, run: str) -> Journal:
    """Return the record of *run* in *content*, checked; raise `ValueError`."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError as exc:
        raise ValueError(f"journal.json is not a journal: {exc}") from exc
    if file.schema_ != JOURNAL_SCHEMA:
        raise ValueError(f"journal.json is of another release ({file.schema_})")
    if hashlib.sha256(file.journal).hexdigest() != file.sha256:
        raise ValueError("journal.json is not as it was written: its checksum differs")
    try:
        record = msgspec.json.decode(file.journal, type=Journal)
        _check(record, run)
        entries = tuple(_with_cells(entry, _unpacked) for entry in record.entries)
    except ValueError as exc:
        raise ValueError(f"journal.json is inconsistent: {exc}") from exc
    return msgspec.structs.replace(record, entries=entries)


def _check(record: Journal, run: str) -> None:
    """Raise `ValueError` for what no run writes, for an undo relies on it."""
    if record.run != run:
        raise ValueError(f"it is of run {record.run}")
    if len({entry.key for entry in record.entries}) < len(record.entries):
        raise ValueError("a row is in it twice")
    for entry in record.entries:
        if (entry.before is None) != (entry.op == "insert"):
            raise ValueError(f"an {entry.op} with the wrong before")
        if (entry.after is None) != (entry.op == "delete"):
            raise ValueError(f"an {entry.op} with the wrong after")
        if entry.op == "update" and set(entry.before or ()) != set(entry.after or ()):
            raise ValueError("an update of different columns")
    if len({tuple(e.before or ()) for e in record.entries if e.op == "delete"}) > 1:
        raise ValueError("deleted rows of different columns")


def _with_cells(entry: JournalEntry, convert: Callable[[Any], Any]) -> JournalEntry:
    def converted(row: RawRow | None) -> RawRow | None:
        return None if row is None else {name: convert(cell) for name, cell in row.items()}

    return JournalEntry(entry.op, entry.key, converted(entry.before), converted(entry.after))


def _packed(cell: object) -> object:
    if cell is None or isinstance(cell, (str, int)):
        return cell
    if isinstance(cell, bytes):
        return OddCell(base64=base64.b64encode(cell).decode("ascii"))
    if isinstance(cell, float):
        return OddCell(real="inf" if cell > 0 else "-inf") if isinf(cell) else cell
    return str(cell)  # servers give times as objects, and take them as text


def _unpacked(cell: object) -> object:
    if not isinstance(cell, OddCell):
        return cell
    if cell.base64 is not None:
        return base64.b64decode(cell.base64, validate=True)
    return float(cell.real or "nan")
