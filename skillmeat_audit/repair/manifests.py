"""Writes manifests: the only code that changes a ``collection.toml``.

SkillMeat has no lock for its manifests: it loads, changes and saves them whole. So a manifest is
compared byte by byte directly before it is replaced, and read once more after a while
(`overwritten`): an edit that SkillMeat saved over is reported, not lost in silence.
"""

import errno
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from skillmeat_audit.base.atomic_write import replace_unchanged
from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.files import Unreadable
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.model.fields import MANIFEST_LIMIT_BYTES, MANIFEST_NAME
from skillmeat_audit.model.manifest_edits import (
    ALREADY_SO,
    WHOLE_ENTRY,
    ManifestChanges,
    PreparedManifest,
    SkippedEdit,
)
from skillmeat_audit.repair.journal import JournaledManifest
from skillmeat_audit.repair.manifest_copies import read_copy, sha256_of
from skillmeat_audit.repair.toml_edits import (
    RefusedEdit,
    edit_manifest,
    entries_by_id,
    inverse,
    is_made,
    unmet_precondition,
)

# SkillMeat loads, changes and saves a manifest within this time (docs/skillmeat.md): a save that
# began before an edit shows by then.
REREAD_AFTER_SECONDS = 1.0

# How often a manifest that others save is edited anew, before its edits are skipped.
_ATTEMPTS = 5

_CHANGED = "the manifest changed while it was edited; plan again"
_NOT_WHOLE = "a dropped entry comes back only with the whole file, which changed since"


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
    declared = entries_by_id(document)
    reasons = [unmet_precondition(declared, edit) for edit in changes.edits]
    pairs = list(zip(changes.edits, reasons, strict=True))
    edits = tuple(edit for edit, reason in pairs if reason is None)
    return PreparedManifest(
        changes.file_collection,
        changes.path,
        real,
        content,
        edit_manifest(content, edits) if edits else content,
        edits,
        tuple(SkippedEdit(edit, reason) for edit, reason in pairs if reason is not None),
    )


def write_or_skip(
    prepared: PreparedManifest, collections: Path, link_roots: Sequence[Path]
) -> PreparedManifest:
    """Write *prepared*; return it as it was written.

    Where somebody saved the manifest since it was read, the edits are made again to what it holds
    now, each with its precondition. Where it never rests, they are skipped. Raises `StateError`
    where it cannot be written.
    """
    for _ in range(_ATTEMPTS):
        if not prepared.is_changed:
            return prepared
        try:
            is_written = write_manifest(prepared)
        except OSError as exc:
            reason = exc.strerror or exc
            raise StateError(f"cannot write {printable(prepared.path)}: {reason}") from exc
        if is_written:
            return prepared
        prepared = _prepared_again(prepared, collections, link_roots)
    return _without_edits(prepared, _CHANGED)


def _prepared_again(
    prepared: PreparedManifest, collections: Path, link_roots: Sequence[Path]
) -> PreparedManifest:
    """Return *prepared* for what the manifest holds now; what was skipped before stays so."""
    edits = list(prepared.edits)
    changes = ManifestChanges(prepared.file_collection, prepared.path, "", edits)
    again = prepare_manifest(collections, changes, link_roots)
    return replace(again, skipped=(*prepared.skipped, *again.skipped))


def _without_edits(prepared: PreparedManifest, reason: str) -> PreparedManifest:
    skipped = (*prepared.skipped, *(SkippedEdit(edit, reason) for edit in prepared.edits))
    return replace(prepared, after=prepared.before, edits=(), skipped=skipped)


def put_back(manifests: Sequence[PreparedManifest]) -> bool:
    """Put back those of *manifests* that a failing run has written; return whether none is left.

    They are looked at one by one: an interruption may have come right after a rename.
    """
    restored = [_is_put_back(manifest) for manifest in manifests if manifest.is_changed]
    return all(restored)  # every one is tried, whatever became of the others


def _is_put_back(manifest: PreparedManifest) -> bool:
    try:
        content = _content(manifest)
        if content == manifest.after:
            return write_manifest(replace(manifest, before=content, after=manifest.before))
    except (FileNotFoundError, Unreadable):
        return True  # what is no file, a run has not written
    except OSError as exc:
        return exc.errno == errno.ELOOP
    return content == manifest.before or len(overwritten(manifest)) == len(manifest.edits)


def _content(manifest: PreparedManifest) -> bytes:
    with Descent() as descent:
        return descent.read(manifest.real, MANIFEST_LIMIT_BYTES).data


def confirm_written(manifests: Sequence[PreparedManifest]) -> tuple[PreparedManifest, ...]:
    """Return *manifests* as they are a second later: edits that somebody saved over are skipped."""
    if not any(manifest.is_changed for manifest in manifests):
        return tuple(manifests)
    time.sleep(REREAD_AFTER_SECONDS)
    return tuple(map(_confirmed, manifests))


def _confirmed(manifest: PreparedManifest) -> PreparedManifest:
    lost = overwritten(manifest) if manifest.is_changed else ()
    is_lost = {(each.edit.artifact_id, each.edit.key) for each in lost}
    edits = tuple(e for e in manifest.edits if (e.artifact_id, e.key) not in is_lost)
    return replace(manifest, edits=edits, skipped=(*manifest.skipped, *lost))


def is_written(collections: Path, manifest: JournaledManifest, link_roots: Sequence[Path]) -> bool:
    """Return whether the manifest holds an edit of a run: all of its content, or a key of it."""
    _, content, reason = _read(collections, manifest.file_collection, link_roots)
    if reason is not None or sha256_of(content) == manifest.before_sha256:
        return False
    if sha256_of(content) == manifest.after_sha256:
        return True
    declared = entries_by_id(_document(content))
    return any(is_made(declared, edit) for edit in manifest.edits)


def _document(content: bytes) -> dict[str, object]:
    """Return the manifest in *content*, parsed; an empty one where it cannot be."""
    try:
        return parse_toml(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}


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
    """Return the edits of a written manifest that it no longer holds: somebody saved over them."""
    try:
        content = _content(prepared)
        document = {} if content == prepared.after else parse_toml(content.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        reason = f"{prepared.path} cannot be read after it was written: {exc}"
        return tuple(SkippedEdit(edit, reason) for edit in prepared.edits)
    if content == prepared.after:
        return ()
    reason = "somebody saved the manifest at the same time and took this edit away; plan again"
    declared = entries_by_id(document)
    return tuple(
        SkippedEdit(edit, reason) for edit in prepared.edits if not is_made(declared, edit)
    )


def prepare_undo(
    collections: Path, undone: JournaledManifest, run_folder: Path, link_roots: Sequence[Path] = ()
) -> PreparedManifest:
    """Return the manifest with the edits of the run in *run_folder* taken back.

    It is put back whole where its bytes are still what the run wrote, and the copy is whole; else
    key by key, where the value is still what the run wrote.
    """
    name, path = undone.file_collection, undone.path
    inverted = [inverse(edit) for edit in undone.edits]
    real, content, reason = _read(collections, name, link_roots)
    original = read_copy(run_folder, undone)
    if original is not None and reason is None and sha256_of(content) == undone.after_sha256:
        return PreparedManifest(name, path, real, content, original, tuple(inverted))
    by_key = [edit for edit in inverted if edit.key != WHOLE_ENTRY]
    declared = entries_by_id(_document(content))
    dropped = tuple(
        SkippedEdit(edit, _NOT_WHOLE if is_made(declared, edit) else ALREADY_SO)
        for edit in inverted
        if edit.key == WHOLE_ENTRY
    )
    changes = ManifestChanges(name, path, undone.after_sha256, by_key)
    prepared = prepare_manifest(collections, changes, link_roots)
    return replace(prepared, skipped=(*prepared.skipped, *dropped))


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
            return real, descent.read(real, MANIFEST_LIMIT_BYTES).data, None
        except (OSError, ValueError) as exc:
            return real, b"", f"cannot be read: {getattr(exc, 'strerror', None) or exc}"
