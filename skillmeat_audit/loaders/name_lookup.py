"""Looks up the names in a home, in milliseconds: for shell completion and for labels, never proof.

Neither pandas nor SQLAlchemy is loaded. What cannot be read has no names: nothing is raised.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import tomli

from skillmeat_audit.base.confined import name_bytes
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.files import Unreadable, read_regular
from skillmeat_audit.base.text import is_utf8
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.loaders.home import file_collections, find_home
from skillmeat_audit.model.fields import MANIFEST_NAME
from skillmeat_audit.model.home import Home

_MANIFEST_LIMIT_BYTES, _HEAD_BYTES = 16 * 1024**2, 400
_UNREADABLE = (AuditError, OSError, ValueError, RecursionError, sqlite3.Error, Unreadable)
_ARTIFACTS = (
    "SELECT DISTINCT artifact_id FROM collection_artifacts",  # caches of before 2026-02-19
    "SELECT id FROM artifacts",
)


def collection_names(home: str | os.PathLike[str], database: str | None = None) -> dict[str, str]:
    """Return the names of the DB collections of *home* by id; empty where they cannot be read."""
    with contextlib.suppress(*_UNREADABLE):
        rows = _query(find_home(home, database), "SELECT id, name FROM collections")
        return {str(key): str(name) for key, name in rows if key and name}
    return {}


def artifact_names(home: str | os.PathLike[str]) -> list[str]:
    """Return the artifacts of *home* as ``type:name``, sorted; those that can be read."""
    names: set[str] = set()
    with contextlib.suppress(*_UNREADABLE):
        found_home = find_home(home)
        for query in _ARTIFACTS:
            # An older or a newer schema lacks one of the columns.
            with contextlib.suppress(*_UNREADABLE):
                names.update(str(key) for (key,) in _query(found_home, query))
        names.update(_declared(found_home))
    return sorted(name for name in names if ":" in name and is_utf8(name))


def _query(home: Home, query: str) -> list[tuple[object, ...]]:
    """Return the rows of *query*; without a lock, and without a file beside the database."""
    path = sqlite_path(home.database or "")
    if path is None:
        return []
    # immutable: what is still in the write-ahead log is not seen, and names may be stale.
    address = f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return connection.execute(query).fetchall()


def _declared(home: Home) -> Iterator[str]:
    """Yield the artifacts that the manifests declare."""
    for collection in file_collections(home):
        with contextlib.suppress(*_UNREADABLE):
            folder = Path(os.fsdecode(name_bytes(collection)))
            content, _ = read_regular(
                home.collections / folder / MANIFEST_NAME, _MANIFEST_LIMIT_BYTES
            )
            for entry in tomli.loads(content.decode("utf-8")).get("artifacts", []):
                yield f"{entry['type']}:{entry['name']}"


def plan_files(folder: Path, schema: str) -> list[Path]:
    """Return the JSON files in *folder* that begin as a document of *schema*, sorted."""
    found_files = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if json.dumps(schema).encode() in file.read(_HEAD_BYTES):
                found_files.append(path)
    return found_files
