"""Reads the file ``collection.toml`` of a file collection, and nothing outside of it."""

import hashlib
from collections.abc import Iterable

from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.base.errors import HomeError
from skillmeat_audit.base.files import Unreadable, state_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.loaders.parse_cache import STATE_COLUMNS
from skillmeat_audit.model.fields import MANIFEST_LIMIT_BYTES, MANIFEST_NAME
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.manifest_edits import ManifestDocument


def read_manifest(folder: Confined) -> tuple[str, dict[str, int | None]]:
    """Return the text of the manifest in *folder* and its state, without values for a link.

    Raises `Unreadable` for a link that leads outside and for a byte order mark.
    """
    real = folder.resolve_inside(MANIFEST_NAME)
    if folder.is_link_outside:
        raise Unreadable(
            "is not read: the collection's folder is a link; the setting allow-links names folders "
            "that links may lead to"
        )
    if real is None:
        raise Unreadable("is a link out of the collection folder, or leads nowhere; it is not read")
    content, facts = folder.descent.read(real, MANIFEST_LIMIT_BYTES)
    is_linked = folder.lstat_inside(MANIFEST_NAME) is None
    state = dict.fromkeys(STATE_COLUMNS) if is_linked else state_of(facts)._asdict()
    if content.startswith(b"\xef\xbb\xbf"):
        raise Unreadable("starts with a byte order mark, which TOML does not allow")
    return content.decode("utf-8"), state


def load_manifest_documents(
    home: Home, file_collections: Iterable[str]
) -> dict[str, ManifestDocument]:
    """Return the manifests of *file_collections* as they are now, to be edited.

    Raises `HomeError` for one that cannot be read any more.
    """
    documents = {}
    with Descent() as descent:
        for name in file_collections:
            path = f"collections/{name}/{MANIFEST_NAME}"
            try:
                text, _ = read_manifest(Confined(home.collections, name, descent, home.link_roots))
                document = parse_toml(text)
            except (OSError, ValueError, RecursionError) as exc:
                reason = getattr(exc, "strerror", None) or exc
                raise HomeError(f"cannot read {printable(path)}: {printable(reason)}") from exc
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            documents[name] = ManifestDocument(name, path, sha256, document)
    return documents
