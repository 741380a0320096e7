"""Loads one tenant of a SkillMeat enterprise database as a snapshot; nothing is written.

The rows under audit are its artifacts. There are no manifests and no files: what a row should hold
is in the catalogue entry that it was imported from, and in the front matter of the stored content.
Each artifact has a manifest entry without values, which leads to both.
"""

from collections.abc import Iterator, Sequence

import pandas as pd

from skillmeat_audit.base.arrow import sort_nulls_last
from skillmeat_audit.loaders.database import Reader, read_server
from skillmeat_audit.loaders.enterprise_tables import (
    ARTIFACTS,
    CATALOG_ENTRIES,
    CATALOG_SOURCES,
    COMPARED,
    StoredArtifact,
    find_tables,
    read_artifacts,
    read_catalog,
    read_sources,
    set_tenant,
)
from skillmeat_audit.loaders.stored_content import load_stored_content
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.snapshot import Cache, Snapshot
from skillmeat_audit.model.tables import COLLECTIONS, MANIFEST, PROBLEMS, ROWS

_COLLECTION = "stored content"


def load_enterprise(home: Home) -> Snapshot:
    """Return what the tenant of *home* stores; raise `DatabaseError` if it cannot be read."""
    return read_server(str(home.database), lambda connection: _load(connection, home))


def _load(connection: Reader, home: Home) -> Snapshot:
    tenant = str(home.tenant)
    set_tenant(connection, tenant)
    tables, problems = find_tables(connection)
    stored = read_artifacts(connection, tables, tenant)
    catalog = read_catalog(connection, tables, tenant)
    present = tables[ARTIFACTS].columns
    cache = Cache(
        era="enterprise",
        columns=frozenset(name for name, column in COMPARED.items() if column in present),
        rows=_rows(stored, tenant),
        collections=COLLECTIONS.from_records([{"id": tenant, "name": f"tenant {tenant}"}]),
        catalog=catalog,
        sources=read_sources(connection, tables, tenant),
        catalog_known={CATALOG_ENTRIES, CATALOG_SOURCES} <= set(tables),
    )
    return Snapshot(
        home=home,
        cache=cache,
        manifest=_entries(stored, catalog),
        frontmatter=load_stored_content(connection, tables, stored, tenant),
        problems=PROBLEMS.from_records(problems),
        may_hide_entries=False,
    )


def _rows(stored: Sequence[StoredArtifact], tenant: str) -> pd.DataFrame:
    """Return ``ROWS``, one per artifact: the tenant stands in the place of a collection.

    An artifact is stored once, whichever collections list it.
    """
    rows = ROWS.from_records(
        [
            {
                **{name: getattr(artifact, name) for name in COMPARED},
                "artifact_id": artifact.artifact_id,
                "stem": artifact.artifact_id,
                "artifact_uuid": artifact.id,
                "added_at": artifact.created_at,
                # Pages show the row itself, as they do of a row of a cache that was synced.
                "synced_at": artifact.updated_at or artifact.created_at or "unknown",
            }
            for artifact in stored
        ],
        collection_id=tenant,
        has_artifact=True,
    )
    return sort_nulls_last(rows, "artifact_id", "artifact_uuid")


def _entries(stored: Sequence[StoredArtifact], catalog: pd.DataFrame) -> pd.DataFrame:
    """Return ``MANIFEST``: for each artifact an entry that names its catalogue entry, if any."""
    return MANIFEST.from_records(
        [
            {
                "entry": number,
                "position": number,
                "artifact_id": artifact.artifact_id,
                "stem": artifact.artifact_id,
                "name": artifact.name,
                "type": artifact.type,
                "import_id": catalog_id,
            }
            for number, (artifact, catalog_id) in enumerate(_linked(stored, catalog))
        ],
        file_collection=_COLLECTION,
        linked=False,
    )


def _linked(
    stored: Sequence[StoredArtifact], catalog: pd.DataFrame
) -> Iterator[tuple[StoredArtifact, str | None]]:
    """Yield each artifact and the id of its catalogue entry.

    It is the one that the import noted in ``custom_fields``, else the only one with its name and
    source; of two that fit, neither.
    """
    entries = records(catalog)
    ids = {entry["import_id"] for entry in entries}
    by_source: dict[tuple[str | None, str], set[str]] = {}
    for entry in entries:
        key = entry["name"], _plain(entry["upstream_url"])
        by_source.setdefault(key, set()).add(entry["import_id"])
    for artifact in stored:
        if artifact.catalog_id in ids:
            yield artifact, artifact.catalog_id
            continue
        fitting = by_source.get((artifact.name, _plain(artifact.source)), set())
        yield artifact, next(iter(fitting)) if artifact.source and len(fitting) == 1 else None


def _plain(source: str | None) -> str:
    return (source or "").strip().lower()
