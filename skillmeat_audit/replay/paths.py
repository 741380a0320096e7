"""The import paths and the repair options: each is the step that writes an import's rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from skillmeat_audit.model.fields import DEFAULT_COLLECTION
from skillmeat_audit.replay.clock import COMMIT, MERGE
from skillmeat_audit.replay.collection import CollectionWithFrontMatter
from skillmeat_audit.replay.scratch import ScratchHome
from skillmeat_audit.replay.source import ReadFields, SourceArtifact
from skillmeat_audit.schema.shape import ERAS, Era
from skillmeat_audit.service.cache_service import (
    create_or_update_collection_artifact,
    metadata_of,
    populate_collection_artifact_from_import,
    refresh_single_artifact_cache,
    upsert_collection_artifacts,
)
from skillmeat_audit.service.legacy import merge_bare_row
from skillmeat_audit.service.ports import ArtifactManager

Entries = Sequence[SourceArtifact]

_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class ImportPath:
    """A code path that writes the rows of an import, of SkillMeat or of a repair option.

    ``before`` prepares the home and returns the entries as SkillMeat's import coordinator left
    them. ``write`` writes their rows; its costs are the costs of the path. ``eras`` are the
    schemas that have the path.
    """

    name: str
    title: str
    does: str
    write: Callable[[ScratchHome, Entries], None]
    before: Callable[[ScratchHome, Entries], Entries] = ScratchHome.import_entries
    eras: Sequence[Era] = ERAS


def refresh_all(home: ScratchHome, entries: Entries) -> None:
    """Write the manifest's values to every row, in one transaction, as the cache refresh does."""
    rows = []
    for entry in entries:
        values = metadata_of(home.collection.show(entry.name, entry.artifact_type))
        key = {"collection_id": DEFAULT_COLLECTION, "artifact_id": entry.artifact_id}
        rows.append(key | values)
    upsert_collection_artifacts(home.session.connection(), rows, home.clock())
    home.session.commit()


def _merge_bare_rows(home: ScratchHome, entries: Entries) -> None:
    # Rows of one transaction follow each other faster than commits: attribution tells them apart.
    home.clock.pace = MERGE
    for entry in entries:
        merge_bare_row(home.session, DEFAULT_COLLECTION, entry.artifact_id)
    home.session.commit()
    home.clock.pace = COMMIT


def _merge_one_by_one(home: ScratchHome, entries: Entries) -> None:
    for entry in entries:
        _merge_bare_rows(home, [entry])


def _merge_then_refresh(home: ScratchHome, entries: Entries) -> None:
    _merge_bare_rows(home, entries)
    _refresh_one_by_one(home, entries)


def _refresh_one_by_one(home: ScratchHome, entries: Entries) -> None:
    for entry in entries:
        refresh_single_artifact_cache(home.session, home.collection, entry.artifact_id)


def _upsert_from_manifest(home: ScratchHome, entries: Entries) -> None:
    for entry in entries:
        values = metadata_of(home.collection.show(entry.name, entry.artifact_type))
        create_or_update_collection_artifact(
            home.session, DEFAULT_COLLECTION, entry.artifact_id, values
        )


def _populate(home: ScratchHome, entries: Entries, read_fields: ReadFields | None = None) -> None:
    manager: ArtifactManager = home.collection
    if read_fields is not None:
        manager = CollectionWithFrontMatter(home.collection, read_fields)
    for entry in entries:
        populate_collection_artifact_from_import(home.session, manager, DEFAULT_COLLECTION, entry)


def _after_batch_import(home: ScratchHome, entries: Entries) -> Entries:
    imported = home.import_entries(entries)
    _merge_bare_rows(home, imported)
    home.clock.advance(_PAUSE)
    return imported


def _after_older_import(home: ScratchHome, entries: Entries) -> Entries:
    """Import everything with older descriptions, rows included; then import the current ones."""
    older = [replace(entry, description=f"An older word on {entry.name}.") for entry in entries]
    _populate(home, home.import_entries(older))
    home.clock.advance(_PAUSE)
    return home.import_entries(entries)


def _after_local_artifacts(home: ScratchHome, entries: Entries) -> Entries:
    """Declare local artifacts with the same names, and write their rows; then import."""
    for entry in entries:
        home.collection.add_local(entry, home.source, home.clock())
    refresh_all(home, entries)
    home.clock.advance(_PAUSE)
    return home.import_entries(entries)


# What SkillMeat's paths do to rows: docs/skillmeat.md, #merge-of-three-fields (the first four),
# #skipped-imports-rewrite-provenance and #refresh.
_PATHS = (
    ImportPath(
        "batch-import",
        "batch import until 2026-02-10",
        "one row per artifact with its key and added_at, one commit",
        _merge_bare_rows,
    ),
    ImportPath(
        "batch-import-refresh",
        "batch import at 9b7aca97",
        "the same, then a refresh of each row from the manifest",
        _merge_then_refresh,
    ),
    ImportPath(
        "reimport",
        "reimport until 2026-02-10, no row before",
        "one bare row and one commit per artifact",
        _merge_one_by_one,
    ),
    ImportPath(
        "reimport-over-row",
        "reimport until 2026-02-10, over a row",
        "added_at moves, the values stay as they were before upstream changed",
        _merge_one_by_one,
        _after_older_import,
    ),
    ImportPath(
        "import-skipped",
        "skipped import since 2026-03-03",
        "the catalogue's provenance on local artifacts that were not imported",
        _populate,
        _after_local_artifacts,
        ("artifact_uuid",),
    ),
    ImportPath(
        "refresh",
        "cache refresh, after the batch import",
        "every row from the manifest, in one commit",
        refresh_all,
        _after_batch_import,
    ),
    ImportPath(
        "option-1",
        "option 1: the shared service, fed with show()",
        "one upsert per artifact of what its manifest entry says",
        _upsert_from_manifest,
    ),
    ImportPath(
        "option-2",
        "option 2: refresh in place of the bare row",
        "the refresh finds the artifact and upserts what its manifest entry says",
        _refresh_one_by_one,
    ),
)


def import_paths(read_fields: ReadFields) -> tuple[ImportPath, ...]:
    """Return the replayed paths in order; *read_fields* reads an artifact's front matter."""
    # Made here and not in the table: reading front matter is the loaders' work, which this room may
    # not import.
    option_3 = ImportPath(
        "option-3",
        "option 3: import entry and files, one upsert",
        "what the import knows, completed from the manifest and the artifact's own file",
        partial(_populate, read_fields=read_fields),
    )
    return (*_PATHS, option_3)
