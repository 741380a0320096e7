"""The floor: the least work that any audit must do, with the same libraries.

It reads the bytes of every manifest and of every file with front matter, parses the manifests
with tomli and the front matters with PyYAML's C loader, and fetches the cache rows with their
joins.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import tomli
import yaml

JOIN = "LEFT JOIN artifacts a ON a.uuid = c.artifact_uuid"


def floor(home: Path) -> int:
    """Return the total number of artifacts, front matters and rows that were read."""
    return _parse(home) + _fetch(home.absolute() / "cache" / "cache.db")


def _parse(home: Path) -> int:
    count = 0
    for manifest in sorted(home.glob("collections/*/collection.toml")):
        folder = str(manifest.parent)
        entries = tomli.loads(read(str(manifest)).decode())["artifacts"]
        for entry in entries:
            block = front_matter(folder, entry)
            if block is not None:
                yaml.load(block, yaml.CSafeLoader)
            count += 2
    return count


def front_matter(folder: str, entry: Mapping[str, str]) -> str | None:
    """Return the front matter of a manifest's *entry*, read from its file below *folder*."""
    path = f"{folder}/{entry['path']}"
    text = read(f"{path}/SKILL.md" if entry["type"] == "skill" else path).decode()
    return text[4 : text.index("\n---\n", 4)] if text.startswith("---\n") else None


def read(file: str) -> bytes:
    """Return the content of *file*, by two system calls."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _fetch(database: Path) -> int:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as cache:
        return sum(len(cache.execute(query).fetchall()) for query in queries(cache))


def queries(cache: sqlite3.Connection) -> tuple[str, str]:
    """Return what reads the rows of the *cache* and of the catalogue, in the form of its era."""
    names = {name for _, name, *_ in cache.execute("PRAGMA table_info(collection_artifacts)")}
    join, artifact_id = (JOIN, "a.id") if "artifact_uuid" in names else ("", "c.artifact_id")
    return (
        f"SELECT {artifact_id}, c.collection_id, c.added_at, c.synced_at, c.deployments_json, "
        "c.description, c.source, c.origin, c.origin_source, c.tags_json, c.author, c.license, "
        "c.tools_json, c.version, c.resolved_sha, c.resolved_version "
        f"FROM collection_artifacts c {join}",
        "SELECT source_id, artifact_type, name, path, upstream_url, description, status, "
        "import_id, import_date, confidence_score FROM marketplace_catalog_entries",
    )
