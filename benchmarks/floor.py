"""The floor: the least that any audit has to do, done by the same libraries and nothing besides.

Read the bytes of every manifest and of every file with front matter, parse the manifests with
tomli, the front matters with PyYAML's C loader, and fetch the cache rows with what they join.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import tomli
import yaml

JOIN = "LEFT JOIN artifacts a ON a.uuid = c.artifact_uuid"


def floor(home: Path) -> int:
    """Do it, and return how many artifacts, front matters and rows were read, added up."""
    return _parse(home) + _fetch(home.absolute() / "cache" / "cache.db")


def _parse(home: Path) -> int:
    done = 0
    for manifest in sorted(home.glob("collections/*/collection.toml")):
        folder = str(manifest.parent)
        entries = tomli.loads(_read(str(manifest)).decode())["artifacts"]
        for entry in entries:
            place = f"{folder}/{entry['path']}"
            file = f"{place}/SKILL.md" if entry["type"] == "skill" else place
            text = _read(file).decode()
            yaml.load(text[4 : text.index("\n---\n", 4)], yaml.CSafeLoader)
            done += 2
    return done


def _read(file: str) -> bytes:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _fetch(database: Path) -> int:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as cache:
        names = {name for _, name, *_ in cache.execute("PRAGMA table_info(collection_artifacts)")}
        joined, held = (JOIN, "a.id") if "artifact_uuid" in names else ("", "c.artifact_id")
        rows = cache.execute(
            f"SELECT {held}, c.collection_id, c.added_at, c.synced_at, c.deployments_json, "
            "c.description, c.source, c.origin, c.origin_source, c.tags_json, c.author, c.license, "
            "c.tools_json, c.version, c.resolved_sha, c.resolved_version "
            f"FROM collection_artifacts c {joined}"
        ).fetchall()
        entries = cache.execute(
            "SELECT source_id, artifact_type, name, path, upstream_url, description, status, "
            "import_id, import_date, confidence_score FROM marketplace_catalog_entries"
        ).fetchall()
    return len(rows) + len(entries)
