"""One artifact through all its layers: the answer to "why is this description blank?"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import PAGES
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.page_view import PAGE_TEXTS


@dataclass(frozen=True)
class LayerColumn:
    """The values of an artifact in one layer, as texts by cached column.

    ``state`` is the reason why the layer has no values, ``collection_id`` the DB collection of a
    row, None for the other layers.
    """

    title: str
    texts: Mapping[str, str | None]
    state: str | None = None
    collection_id: str | None = None


@dataclass(frozen=True)
class ArtifactLayers:
    """The layers of an artifact: manifest and front matter per entry, catalogue, rows, pages.

    ``findings`` is ``FINDINGS`` of this artifact, ``pages`` is ``PAGES``; ``explanations`` names,
    per DB collection, the writer of its row.
    """

    artifact_id: str
    columns: tuple[LayerColumn, ...]
    findings: pd.DataFrame = field(repr=False)
    explanations: Mapping[str, str]
    names: Names = field(default=Names({}, {}), repr=False)
    pages: pd.DataFrame = field(default_factory=PAGES.empty, repr=False)

    @property
    def writer(self) -> str:
        """The code path that last wrote the row of the worst finding, empty for no row."""
        written = worst_first(self.findings)["writer"].dropna()
        return str(written.iloc[0]) if len(written) else ""

    @property
    def page_columns(self) -> tuple[LayerColumn, ...]:
        """What the pages show of the artifact, one column per DB collection."""
        return tuple(
            LayerColumn(
                f"page ({self.names.collection(page['collection_id'])})",
                {name: page[name] for name in PAGE_TEXTS},
            )
            for page in records(self.pages)
        )


def artifact_layers(
    snapshot: Snapshot,
    findings: pd.DataFrame,
    writers: pd.DataFrame,
    artifact_id: str,
    names: Names,
) -> ArtifactLayers:
    """Return the layers of *artifact_id* ("type:name"), without its pages."""

    def of_artifact(frame: pd.DataFrame) -> pd.DataFrame:
        # A row without an artifact has <NA> as its id, which is no mask.
        return frame[(frame["artifact_id"] == artifact_id).fillna(False)]

    explanations = {
        str(row["collection_id"]): f"last writer: {_explanation(row, names)}"
        for row in records(of_artifact(writers))
    }
    columns = (
        *_entry_columns(snapshot, records(of_artifact(snapshot.manifest))),
        *_catalog_columns(snapshot, records(of_artifact(snapshot.catalog))),
        *_row_columns(snapshot, records(of_artifact(snapshot.rows))),
    )
    return ArtifactLayers(artifact_id, columns, of_artifact(findings), explanations, names)


def _explanation(row: Mapping[str, object], names: Names) -> str:
    """Return why a row has its writer (a row of ``WRITERS``): after the title, id and certainty."""
    writer, confidence = row["writer"], row["writer_confidence"]
    title = names.writers.get(str(writer), str(writer))
    return str(row["explanation"]).replace(title, names.writer(writer, confidence), 1)


def _entry_columns(snapshot: Snapshot, entries: list[dict[str, Any]]) -> Iterator[LayerColumn]:
    """Yield the manifest and the front matter of each entry."""
    frontmatter = snapshot.frontmatter
    for entry in entries:
        (document,) = records(frontmatter[frontmatter["entry"] == entry["entry"]])
        unread = None if document["state"] == "read" else document["reason"] or "nothing to read"
        yield LayerColumn(f"manifest ({entry['file_collection']})", _texts(entry))
        yield LayerColumn("front matter", _texts(document), None if unread is None else str(unread))


def _catalog_columns(snapshot: Snapshot, entries: list[dict[str, Any]]) -> Iterator[LayerColumn]:
    sources = _names_by_id(snapshot.cache.sources, "repo_name")
    for entry in entries:
        title = f"catalogue ({sources.get(entry['source_id']) or entry['source_id']})"
        # The catalogue calls it upstream_url; side by side it belongs into the line "source".
        yield LayerColumn(title, _texts(entry | {"source": entry["upstream_url"]}))


def _row_columns(snapshot: Snapshot, rows: list[dict[str, Any]]) -> Iterator[LayerColumn]:
    names = _names_by_id(snapshot.collections, "name")
    for row in rows:
        collection_id = row["collection_id"]
        title = f"row ({names.get(collection_id) or collection_id})"
        yield LayerColumn(title, _texts(row), collection_id=collection_id)


def _names_by_id(frame: pd.DataFrame, column: str) -> dict[str | None, str | None]:
    return {record["id"]: record[column] for record in records(frame)}


def _texts(values: Mapping[str, object]) -> dict[str, str | None]:
    return {name: None if (value := values.get(name)) is None else str(value) for name in COLUMNS}
