"""The file ``journal.json``: a run's rows before and after; encoding, decoding and checks."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from itertools import chain
from math import isinf, isnan
from typing import Annotated, Any, Literal

import msgspec

from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.base.text import is_utf8
from skillmeat_audit.model.changes import RawRow, RowKey
from skillmeat_audit.model.manifest_edits import ManifestEdit, is_folder_name
from skillmeat_audit.model.proofs import Proof

JOURNAL_SCHEMA = "skillmeat-audit/journal/2"


class OddCell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A cell that JSON cannot represent: bytes, or an infinite number."""

    base64: str | None = None
    real: Literal["inf", "-inf"] | None = None


_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_PLAIN = frozenset({type(None), str, int, bool})  # JSON represents every value of these types
_Cell = str | _Integer | float | bool | OddCell | None


class JournalEntry(
    msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False
):
    """One row of a run: its cells ``before`` and ``after``, as the driver returns them.

    For an update both hold the columns that were written and ``synced_at``, otherwise the whole
    row; None where no row existed.
    """

    op: Literal["insert", "update", "delete"]
    key: RowKey
    before: dict[str, _Cell] | None
    after: dict[str, _Cell] | None


class JournaledManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One manifest of a run: the edits that were to be made, and the SHA-256 before and after.

    ``copy`` is the name of its content before the run, in the run folder's ``manifests``.
    """

    file_collection: str
    path: str
    before_sha256: str
    after_sha256: str
    edits: tuple[ManifestEdit, ...]
    copy: str


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows of one run, before and after, and the manifests that it edits.

    ``created`` are ids of artifacts rows inserted for it, ``made_sentinel`` whether their project
    was. ``undoes`` is the run that an undo put back. ``proof`` shows later whether the run was
    committed; None where the database cannot prove it. ``plan_sha256`` is the digest of its
    plan.
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
    manifests: tuple[JournaledManifest, ...] = ()
    plan_sha256: str | None = None


class _JournalFile(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}
):
    """``journal.json``: the bytes of a `Journal`, and their SHA-256."""

    schema_: str
    sha256: str
    journal: msgspec.Raw


def copy_name(number: int) -> str:
    """Return the name of the copy of a run's manifest, counted from 0."""
    return f"{number}.toml"


def can_journal(cell: object) -> bool:
    """Return whether an undo can restore *cell* exactly from a journal."""
    return not isnan(cell) if isinstance(cell, float) else is_utf8(cell)


def encode_journal(journal: Journal) -> bytes:
    """Return the content of ``journal.json``; raise `UnicodeEncodeError`."""
    entries = _with_cells(journal.entries, _PLAIN, _encode_cell)
    # The checksum is of these very bytes, so they are embedded raw and not encoded twice.
    body = msgspec.json.encode(msgspec.structs.replace(journal, entries=entries))
    digest = hashlib.sha256(body).hexdigest()
    return msgspec.json.encode(_JournalFile(JOURNAL_SCHEMA, digest, msgspec.Raw(body)))


@without_gc()
def decode_journal(content: bytes, run: str) -> Journal:
    """Return the journal of *run* in *content*, checked; raise `ValueError` with the reason."""
    try:
        file = msgspec.json.decode(content, type=_JournalFile)
    except msgspec.DecodeError as exc:
        raise ValueError(f"journal.json is not a journal: {exc}") from exc
    if file.schema_ != JOURNAL_SCHEMA:
        raise ValueError(f"journal.json was written by another release ({file.schema_})")
    # A checksum is no signature: it finds accidents, and `_check` what nobody should write back.
    if hashlib.sha256(file.journal).hexdigest() != file.sha256:
        raise ValueError("journal.json was changed after it was written: its checksum differs")
    try:
        journal = msgspec.json.decode(file.journal, type=Journal)
        _check(journal, run)
        entries = _with_cells(journal.entries, _PLAIN | {float}, _decode_cell)
    except ValueError as exc:
        raise ValueError(f"journal.json is inconsistent: {exc}") from exc
    return msgspec.structs.replace(journal, entries=entries)


def _check(journal: Journal, run: str) -> None:
    """Raise `ValueError` for what no run writes: an undo relies on it."""
    if journal.run != run:
        raise ValueError(f"it belongs to run {journal.run}")
    # With two entries the second one's preconditions would be wrong by the first.
    if len({entry.key for entry in journal.entries}) < len(journal.entries):
        raise ValueError("it holds a row twice")
    for entry in journal.entries:
        if (entry.before is None) != (entry.op == "insert"):
            raise ValueError(f"an {entry.op} with the wrong before")
        if (entry.after is None) != (entry.op == "delete"):
            raise ValueError(f"an {entry.op} with the wrong after")
        if entry.op == "update" and (entry.before or {}).keys() != (entry.after or {}).keys():
            raise ValueError("an update of different columns")
    # They are inserted again by one statement, which has one list of columns.
    if len({tuple(e.before or ()) for e in journal.entries if e.op == "delete"}) > 1:
        raise ValueError("deleted rows of different columns")
    _check_manifests(journal.manifests)


def _check_manifests(manifests: Sequence[JournaledManifest]) -> None:
    for number, manifest in enumerate(manifests):
        if manifest.copy != copy_name(number):
            raise ValueError(f"{manifest.copy} is not the name of a copy")
        if not is_folder_name(manifest.file_collection):
            raise ValueError(f"{manifest.file_collection} is not a file collection")


def _with_cells(
    entries: tuple[JournalEntry, ...], unchanged: frozenset[type], convert: Callable[[Any], Any]
) -> tuple[JournalEntry, ...]:
    """Return *entries* with their cells converted, except those of the types *unchanged*."""
    rows = (row for entry in entries for row in (entry.before, entry.after) if row)
    if unchanged.issuperset(map(type, chain.from_iterable(row.values() for row in rows))):
        return entries  # nearly always

    def converted(row: RawRow | None) -> RawRow | None:
        return row and {name: convert(cell) for name, cell in row.items()}

    return tuple(
        JournalEntry(entry.op, entry.key, converted(entry.before), converted(entry.after))
        for entry in entries
    )


def _encode_cell(cell: object) -> object:
    if cell is None or isinstance(cell, (str, int)):
        return cell
    if isinstance(cell, bytes):
        return OddCell(base64=base64.b64encode(cell).decode("ascii"))
    if isinstance(cell, float):
        return OddCell(real="inf" if cell > 0 else "-inf") if isinf(cell) else cell
    return str(cell)  # a server's driver returns times as objects, and accepts text


def _decode_cell(cell: object) -> object:
    if not isinstance(cell, OddCell):
        return cell
    if cell.base64 is not None:
        return base64.b64decode(cell.base64, validate=True)
    return float(cell.real or "nan")
