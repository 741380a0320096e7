"""Lists the paths below a home whose state decides what an audit of it finds."""

import os
from collections.abc import Iterator

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.confined import name_bytes
from skillmeat_audit.base.text import encodable
from skillmeat_audit.loaders.artifact_files import relative_path
from skillmeat_audit.loaders.disk import FOLDERS, UNTIDY
from skillmeat_audit.model.fields import MANIFEST_NAME
from skillmeat_audit.model.manifest_edits import ABSOLUTE_PATH
from skillmeat_audit.model.snapshot import Snapshot


class _Unwatchable(Exception):
    """An artifact depends on paths that are not listed here."""


def watched_paths(snapshot: Snapshot) -> list[bytes] | None:
    """Return the files and folders that an audit of *snapshot* looked at, and all between them.

    While the states of all of them are the same and none is a link, an audit reads the same files
    and lists the same names. None where that does not hold: a manifest names a path outside its
    collection or in an unusual form, or a link is beside an artifact's file. The database and
    ``config.toml`` are not among them.
    """
    try:
        return list(dict.fromkeys(_paths(snapshot)))
    except (_Unwatchable, OSError):
        return None


def _paths(snapshot: Snapshot) -> Iterator[bytes]:
    root = os.path.realpath(os.fsencode(snapshot.home.root))
    collections = os.path.join(root, b"collections")
    yield collections
    for name in os.listdir(collections) if os.path.isdir(collections) else ():
        folder = os.path.join(collections, name)
        yield folder
        yield os.path.join(folder, MANIFEST_NAME.encode())
        for kind_folder in FOLDERS:
            yield os.path.join(folder, kind_folder.encode())
    manifest = snapshot.manifest
    columns = (manifest["file_collection"], manifest["path"], snapshot.frontmatter["file"])
    roots = tuple(
        os.path.join(path, b"") for path in (root, os.path.abspath(os.fsencode(snapshot.home.root)))
    )
    for collection, path, file in zip(*map(to_objects, columns), strict=True):
        is_absolute = path is not None and ABSOLUTE_PATH.match(path)
        if is_absolute and not name_bytes(path).startswith(roots):
            raise _Unwatchable(path)
        folder = os.path.join(collections, name_bytes(collection))
        yield from _paths_of_artifact(folder, relative_path(collection, path), file)


def _paths_of_artifact(folder: bytes, relative: str | None, file: str | None) -> Iterator[bytes]:
    """Yield the paths from *folder* to an artifact at *relative*, and its *file*."""
    if relative is None or "\0" in relative or UNTIDY.search(relative):
        raise _Unwatchable(relative)
    artifact = os.path.join(folder, name_bytes(relative))
    # Folders between count too: one that becomes a link leads elsewhere.
    slash = artifact.find(b"/", len(folder) + 1)
    while slash > 0:
        yield artifact[:slash]
        slash = artifact.find(b"/", slash + 1)
    yield artifact
    if file != f"{relative}/SKILL.md" and file != relative:
        _refuse_links_in(artifact)
    if file is not None:
        if encodable(file) != file:
            raise _Unwatchable(file)
        yield os.path.join(folder, name_bytes(file))


def _refuse_links_in(artifact: bytes) -> None:
    """Raise `_Unwatchable` for a link in the folder *artifact*: its target counts as well."""
    if os.path.isdir(artifact):
        with os.scandir(artifact) as entries:
            if any(entry.is_symlink() for entry in entries):
                raise _Unwatchable(artifact)
