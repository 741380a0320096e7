"""Writes manifests: the only code that changes a ``collection.toml``.

SkillMeat has no lock for its manifests: it loads, changes and saves them whole. So a manifest is
compared byte by byte directly before it is replaced, and read once more after a while
(`overwritten`): an edit that SkillMeat saved over is reported, not lost in silence.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skillmeat_audit.base.atomic_write import replace_unchanged
from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.model.fields import MANIFEST_NAME
from skillmeat_audit.model.manifest_edits import ManifestChanges, ManifestEdit
from skillmeat_audit.repair.toml_edits import (
    RefusedEdit,
    edit_manifest,
    inverse,
    unmet_precondition,
)

SIZE_LIMIT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class SkippedEdit:
    """An edit that was not made, and why."""

    edit: ManifestEdit
    reason: str


@dataclass(frozen=True)
class PreparedManifest:
    """One manifest as it is and as it shall be; equal contents mean that nothing is written.

    ``real`` is the manifest's path with links resolved, as the file system has it.
    """

    file_collection: str
    path: str
    real: bytes
    before: bytes
    after: bytes
    edits: tuple[ManifestEdit, ...] = ()
    skipped: tuple[SkippedEdit, ...] = ()


def prepare_manifest(
    collections: Path, changes: ManifestChanges, link_roots: Sequence[Path] = ()
) -> PreparedManifest:
    """Return the manifest of *changes* with those of its edits made whose ``before`` still holds.

    *collections* is the home's folder of file collections. Nothing is written. A manifest that
    cannot be read or edited has all of its edits skipped.
    """
    real, content, reason = _read(collections, changes.file_collection, link_roots)
    if reason is None:
        try:
            return _prepared(changes, real, content)
        except RefusedEdit as exc:
            reason = str(exc)
    skipped = tuple(SkippedEdit(edit, f"{changes.path} {reason}") for edit in changes.edits)
    return PreparedManifest(
        changes.file_collection, changes.path, real, content, content, skipped=skipped
    )


def _prepared(changes: ManifestChanges, real: bytes, content: bytes) -> PreparedManifest:
    try:
        document = parse_toml(content.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise RefusedEdit(f"cannot be parsed: {exc}") from exc
    reasons = [unmet_precondition(document, edit) for edit in changes.edits]
    pairs = list(zip(changes.edits, reasons, strict=True))
    edits = tuple(edit for edit, reason in pairs if reason is None)
    return PreparedManifest(
        changes.file_collection, changes.path, real, content,
        edit_manifest(content, edits) if edits else content,
        edits,
        tuple(SkippedEdit(edit, reason) for edit, reason in pairs if reason is not None),
    )  # fmt: skip


def write_manifest(prepared: PreparedManifest) -> bool:
    """Write *prepared*; False where the manifest changed since it was read. Raises `OSError`."""
    folder, name = os.path.split(prepared.real)
    with Descent() as descent:
        handle = descent.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return replace_unchanged(handle, name, prepared.before, prepared.after)
        finally:
            os.close(handle)


def overwritten(prepared: PreparedManifest) -> tuple[SkippedEdit, ...]:
    """Return the edits of a written manifest that it does not hold any more: somebody saved it."""
    try:
        with Descent() as descent:
            content = descent.read(prepared.real, SIZE_LIMIT_BYTES).data
        document = {} if content == prepared.after else parse_toml(content.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        reason = f"{prepared.path} cannot be read after it was written: {exc}"
        return tuple(SkippedEdit(edit, reason) for edit in prepared.edits)
    if content == prepared.after:
        return ()
    reason = "somebody saved the manifest at the same time and took this edit away; plan again"
    return tuple(
        SkippedEdit(edit, reason)
        for edit in prepared.edits
        if unmet_precondition(document, inverse(edit)) is not None
    )


def prepare_undo(
    collections: Path, prepared: ManifestChanges, original: bytes, written_sha256: str,
    link_roots: Sequence[Path] = (),
) -> PreparedManifest:  # fmt: skip
    """Return the manifest with the edits of a run taken back.

    It is put back whole, to *original*, where its bytes are still what the run wrote
    (*written_sha256*); else key by key, where the value is still what the run wrote.
    """
    undone = ManifestChanges(
        prepared.file_collection, prepared.path, written_sha256,
        [inverse(edit) for edit in prepared.edits],
    )  # fmt: skip
    real, content, reason = _read(collections, prepared.file_collection, link_roots)
    if reason is None and sha256_of(content) == written_sha256:
        return PreparedManifest(
            prepared.file_collection, prepared.path, real, content, original, tuple(undone.edits)
        )
    return prepare_manifest(collections, undone, link_roots)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of *content* in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _read(
    collections: Path, name: str, link_roots: Sequence[Path]
) -> tuple[bytes, bytes, str | None]:
    """Return real path and content of a manifest, and why it cannot be read."""
    with Descent() as descent:
        folder = Confined(collections, name, descent, link_roots)
        real = folder.resolve_inside(MANIFEST_NAME)
        if real is None:
            return b"", b"", "is a link out of the collection folder; it is not written"
        try:
            return real, descent.read(real, SIZE_LIMIT_BYTES).data, None
        except (OSError, ValueError) as exc:
            return real, b"", f"cannot be read: {getattr(exc, 'strerror', None) or exc}"
