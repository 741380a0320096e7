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
    ArtifactManager,
    create_or_update_collection_artifact,
    metadata_of,
    populate_collection_artifact_from_import,
    refresh_single_artifact_cache,
    upsert_collection_artifacts,
)
from skillmeat_audit.service.legacy import merge_bare_row

Entries = Sequence[SourceArtifact]

_A_WHILE = timedelta(hours=1)


@dataclass(frozen=True)
class ImportPath:
    """A way in which rows come to be written: a *name*, what it is, and its steps.

    ``before`` makes the home what it is when the path is taken, and returns the entries as the
    coordinator left them; ``write`` writes their rows: what it costs is what the path costs.
    ``eras`` are those in which it can be taken.
    """

    name: str
    title: str
    does: str
    write: Callable[[ScratchHome, Entries], None]
    before: Callable[[ScratchHome, Entries], Entries] = ScratchHome.import_entries
    eras: Sequence[Era] = ERAS


def import_paths(read_fields: ReadFields) -> tuple[ImportPath, ...]:
    """Return what is replayed, in order; *read_fields* reads an artifact's front matter."""
    return (
        ImportPath(
            "batch-import", "batch import until 2026-02-10",
            "one row per artifact with its key and added_at, one commit (W1)", _bare,
        ),
        ImportPath(
            "batch-import-refresh", "batch import at 9b7aca97",
            "the same, then a refresh of each row from the manifest (W2)", _bare_then_refreshed,
        ),
        ImportPath(
            "reimport", "reimport until 2026-02-10, no row before",
            "one bare row and one commit per artifact (W1)", _bare_one_by_one,
        ),
        ImportPath(
            "reimport-over-row", "reimport until 2026-02-10, over a row",
            "added_at moves, the values stay as they were before upstream changed (W1)",
            _bare_one_by_one, _imported_in_older_words,
        ),
        ImportPath(
            "import-skipped", "skipped import since 2026-03-03",
            "the catalogue's provenance on local artifacts that were not imported (W7)",
            _populated, _declared_as_local, ("artifact_uuid",),
        ),
        ImportPath(
            "refresh", "cache refresh, after the batch import",
            "every row from the manifest, in one commit (W13)", refresh_all, _batch_imported,
        ),
        ImportPath(
            "option-1", "option 1: the shared service, fed with show()",
            "one upsert per artifact of what its manifest entry says", _shared,
        ),
        ImportPath(
            "option-2", "option 2: refresh in place of the bare row",
            "the refresh finds the artifact and upserts what its manifest entry says", _refreshes,
        ),
        ImportPath(
            "option-3", "option 3: import entry and files, one upsert",
            "what the import knows, completed from the manifest and the artifact's own file",
            partial(_populated, read_fields=read_fields),
        ),
    )  # fmt: skip


def refresh_all(home: ScratchHome, entries: Entries) -> None:
    """Write what the manifest says into every row, in one transaction: the cache refresh."""
    rows = []
    for entry in entries:
        said = metadata_of(home.collection.show(entry.name, entry.artifact_type))
        rows.append({"collection_id": DEFAULT_COLLECTION, "artifact_id": entry.artifact_id, **said})
    upsert_collection_artifacts(home.session.connection(), rows, home.clock())
    home.session.commit()


def _bare(home: ScratchHome, entries: Entries) -> None:
    home.clock.pace = MERGE
    for entry in entries:
        merge_bare_row(home.session, DEFAULT_COLLECTION, entry.artifact_id)
    home.session.commit()
    home.clock.pace = COMMIT


def _bare_one_by_one(home: ScratchHome, entries: Entries) -> None:
    for entry in entries:
        _bare(home, [entry])


def _bare_then_refreshed(home: ScratchHome, entries: Entries) -> None:
    _bare(home, entries)
    _refreshes(home, entries)


def _refreshes(home: ScratchHome, entries: Entries) -> None:
    for entry in entries:
        refresh_single_artifact_cache(home.session, home.collection, entry.artifact_id)


def _shared(home: ScratchHome, entries: Entries) -> None:
    for entry in entries:
        said = metadata_of(home.collection.show(entry.name, entry.artifact_type))
        create_or_update_collection_artifact(
            home.session, DEFAULT_COLLECTION, entry.artifact_id, said
        )


def _populated(home: ScratchHome, entries: Entries, read_fields: ReadFields | None = None) -> None:
    manager: ArtifactManager = home.collection
    if read_fields is not None:
        manager = CollectionWithFrontMatter(home.collection, read_fields)
    for entry in entries:
        populate_collection_artifact_from_import(home.session, manager, DEFAULT_COLLECTION, entry)


def _batch_imported(home: ScratchHome, entries: Entries) -> Entries:
    done = home.import_entries(entries)
    _bare(home, done)
    home.clock.let_pass(_A_WHILE)
    return done


def _imported_in_older_words(home: ScratchHome, entries: Entries) -> Entries:
    """Import everything, rows included, while upstream said something else; then import it anew."""
    older = [replace(entry, description=f"An older word on {entry.name}.") for entry in entries]
    _populated(home, home.import_entries(older))
    home.clock.let_pass(_A_WHILE)
    return home.import_entries(entries)


def _declared_as_local(home: ScratchHome, entries: Entries) -> Entries:
    """Declare artifacts of the same names as local ones, with their rows; then import."""
    for entry in entries:
        home.collection.add_local(entry, home.source, home.clock())
    refresh_all(home, entries)
    home.clock.let_pass(_A_WHILE)
    return home.import_entries(entries)
