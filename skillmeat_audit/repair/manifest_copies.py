"""Keeps the manifests of a run as they were before it, and names them in its journal."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.files import Unreadable, read_regular
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.fields import MANIFEST_LIMIT_BYTES
from skillmeat_audit.model.manifest_edits import PreparedManifest
from skillmeat_audit.repair.journal import JournaledManifest, copy_name

# The folder, in a run's folder, of the manifests as they were before the run.
COPIES = "manifests"


def keep_copies(run_folder: Path, manifests: Sequence[PreparedManifest]) -> None:
    """Write the content of *manifests* before the run into *run_folder*, fsynced.

    Raises `StateError`; then nothing was changed.
    """
    if not manifests:
        return
    folder = run_folder / COPIES
    try:
        make_folder(folder, mode=0o700, durable=True)
        for number, manifest in enumerate(manifests):
            write_whole(folder / copy_name(number), manifest.before, mode=0o600, durable=True)
    except OSError as exc:
        raise StateError(
            f"cannot copy the manifests to {printable(folder)}: {exc.strerror or exc}; "
            "nothing was changed"
        ) from exc


def journaled(manifests: Sequence[PreparedManifest]) -> tuple[JournaledManifest, ...]:
    """Return *manifests* for the journal, in the order of their copies."""
    return tuple(
        JournaledManifest(
            manifest.file_collection,
            manifest.path,
            sha256_of(manifest.before),
            sha256_of(manifest.after),
            manifest.edits,
            copy_name(number),
        )
        for number, manifest in enumerate(manifests)
    )


def read_copy(run_folder: Path, manifest: JournaledManifest) -> bytes | None:
    """Return the content of *manifest* before its run, None where the copy is damaged."""
    try:
        content = read_regular(run_folder / COPIES / manifest.copy, MANIFEST_LIMIT_BYTES).data
    except (OSError, Unreadable):
        return None
    return content if sha256_of(content) == manifest.before_sha256 else None


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of *content* in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
