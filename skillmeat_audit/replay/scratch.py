"""A scratch home: a file collection, a cache of either era, and a registered source."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from skillmeat_audit.model.fields import DEFAULT_COLLECTION
from skillmeat_audit.replay.clock import Clock
from skillmeat_audit.replay.collection import FileCollection
from skillmeat_audit.replay.costs import Costs
from skillmeat_audit.replay.source import REPOSITORY, ImportStatus, SourceArtifact
from skillmeat_audit.schema.shape import CATALOG, COLLECTIONS, SOURCES, Era
from skillmeat_audit.schema.tables import PROJECTS, SENTINEL
from skillmeat_audit.service.cache_service import format_stored_time

Row = dict[str, object]

SCHEMAS = Path(__file__).with_name("schemas")


@dataclass(frozen=True)
class ScratchHome:
    """A home to replay on: its file collection, its cache, and the source that it imports from."""

    home: Path
    source: Path
    collection: FileCollection
    session: Session
    costs: Costs
    clock: Clock

    def import_entries(self, entries: Iterable[SourceArtifact]) -> list[SourceArtifact]:
        """Write files and manifest entries of *entries*, as SkillMeat's import coordinator does.

        Returns the entries with their status: one whose type and name exist already is skipped,
        unless they come from a marketplace import. No row is written. The catalogue marks skipped
        entries as imported too (``docs/skillmeat.md#skipped-imports-rewrite-provenance``).
        """
        handled = []
        for entry in entries:
            status: ImportStatus = "imported" if self._may_import(entry) else "skipped"
            import_id = str(uuid.uuid4())
            if status == "imported":
                import_id = self.collection.add(entry, self.source, self.clock())
            self._mark_imported(entry, import_id)
            handled.append(replace(entry, status=status))
        self.session.commit()
        return handled

    def _may_import(self, entry: SourceArtifact) -> bool:
        try:
            existing = self.collection.show(entry.name, entry.artifact_type)
        except ValueError:
            return True
        # A reimport replaces what came from a marketplace, and never what a person made.
        return existing.origin == "marketplace"

    def _mark_imported(self, entry: SourceArtifact, import_id: str) -> None:
        names = ("path", "status", "import_date", "import_id")
        catalog = sa.table(CATALOG, *map(sa.column, names))
        values = {
            "status": "imported",
            "import_date": format_stored_time(self.clock()),
            "import_id": import_id,
        }
        update = sa.update(catalog).where(catalog.c.path == entry.path).values(values)
        self.session.execute(update)


@contextmanager
def scratch_home(
    home: Path, era: Era, source: Path, entries: Sequence[SourceArtifact]
) -> Iterator[ScratchHome]:
    """Create a home in the new folder *home* with *source* and its *entries* registered."""
    costs, clock = Costs(), Clock()
    collection = FileCollection(home / "collections" / "default", costs)
    collection.folder.mkdir(parents=True)
    (home / "cache").mkdir()
    engine = sa.create_engine(f"sqlite:///{home / 'cache' / 'cache.db'}", poolclass=sa.StaticPool)
    try:
        with engine.begin() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.executescript((SCHEMAS / f"{era}.sql").read_text("utf-8"))
            _register(connection, entries, format_stored_time(clock()))
        costs.watch(engine)
        with Session(engine, info={"clock": clock}) as session:
            yield ScratchHome(home, source, collection, session, costs, clock)
    finally:
        engine.dispose()


def _register(connection: sa.Connection, entries: Sequence[SourceArtifact], at: str) -> None:
    """Write the rows that SkillMeat's start, a registered source and its scan leave behind."""
    times: Row = {"created_at": at, "updated_at": at}
    owner, name = REPOSITORY.split("/")[-2:]
    collection: Row = {"id": DEFAULT_COLLECTION, "name": "Default Collection"} | times
    project: Row = times | {
        "id": SENTINEL,
        "name": "Collection Artifacts",
        "path": "~/.skillmeat/collections",
        "status": "active",
    }
    source: Row = times | {
        "id": "kit",
        "repo_url": REPOSITORY,
        "owner": owner,
        "repo_name": name,
        "scan_status": "success",
        "artifact_count": len(entries),
    }
    _insert(connection, COLLECTIONS, [collection])
    _insert(connection, PROJECTS, [project])
    _insert(connection, SOURCES, [source])
    _insert(connection, CATALOG, [times | _catalog_row(entry, at) for entry in entries])


def _catalog_row(entry: SourceArtifact, at: str) -> Row:
    return {
        "id": f"kit-{entry.artifact_id}",
        "source_id": "kit",
        "status": "new",
        "artifact_type": entry.artifact_type,
        "name": entry.name,
        "path": entry.path,
        "upstream_url": entry.upstream_url,
        "description": entry.description,
        "detected_at": at,
        "confidence_score": 95,
    }


def _insert(connection: sa.Connection, table: str, rows: Sequence[Row]) -> None:
    columns = {column["name"] for column in sa.inspect(connection).get_columns(table)}
    # NOT NULL without a default in the schema of the newer era.
    required = {"enforce_override": 0} if "enforce_override" in columns else {}
    target = sa.table(table, *map(sa.column, [*rows[0], *required]))
    connection.execute(sa.insert(target), [row | required for row in rows])
