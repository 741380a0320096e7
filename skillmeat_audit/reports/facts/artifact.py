"""One artifact through all its layers: the answer to "why is this description blank?"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.artifact import artifact_html

_NAME_LIMIT_CHARS = 200


@dataclass(frozen=True)
class Column:
    """One layer's values of an artifact, by cached column; ``state`` says why it has none.

    ``collection_id`` is the DB collection of a row, None for the other layers.
    """

    title: str
    values: Mapping[str, str | None]
    state: str | None = None
    collection_id: str | None = None


@dataclass(frozen=True)
class ArtifactView:
    """An artifact's layers side by side: manifest and front matter per entry, catalogue, rows.

    ``findings`` is ``FINDINGS`` of this artifact; ``explanations`` says, per DB collection, who
    wrote its row; ``names`` is what rules and collections are called. Shows itself in a notebook.
    """

    artifact_id: str
    columns: tuple[Column, ...]
    findings: pd.DataFrame = field(repr=False)
    explanations: Mapping[str, str]
    names: Names = field(default=Names({}, {}), repr=False)

    def __repr__(self) -> str:
        name = shortened(printable(self.artifact_id), _NAME_LIMIT_CHARS)
        return (
            f"<{name} in {plural(len(self.columns), 'layer')}: "
            f"{plural(len(self.findings), 'finding')}; see .columns, .findings, .explanations>"
        )

    def _repr_html_(self) -> str:
        return artifact_html(self, self.names)


def view_artifact(
    snapshot: Snapshot, findings: pd.DataFrame, writers: pd.DataFrame, artifact_id: str
) -> ArtifactView:
    """Return the view of *artifact_id* ("type:name"), with findings and explanations."""

    def of_it(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return records(frame[(frame["artifact_id"] == artifact_id).fillna(False)])

    names = _names(snapshot.collections, "name")
    columns = [*_written(snapshot, of_it(snapshot.manifest))]
    sources = _names(snapshot.sources, "repo_name")
    for known in of_it(snapshot.catalog):
        title = f"catalogue ({sources.get(known['source_id']) or known['source_id']})"
        columns.append(_column(title, known | {"source": known["upstream_url"]}))
    columns += [
        replace(
            _column(f"row ({names.get(row['collection_id']) or row['collection_id']})", row),
            collection_id=row["collection_id"],
        )
        for row in of_it(snapshot.rows)
    ]
    explanations = {
        str(row["collection_id"]): (
            f"last written by {row['writer']} ({row['writer_confidence']}): {row['explanation']}"
        )
        for row in of_it(writers)
    }
    own = findings[(findings["artifact_id"] == artifact_id).fillna(False)]
    return ArtifactView(artifact_id, tuple(columns), own, explanations)


def _written(snapshot: Snapshot, entries: list[dict[str, Any]]) -> Iterator[Column]:
    """Yield manifest and front matter of each entry."""
    for entry in entries:
        (own,) = records(snapshot.frontmatter[snapshot.frontmatter["entry"] == entry["entry"]])
        yield _column(f"manifest ({entry['file_collection']})", entry)
        yield _column("front matter", own, _state(own))


def _names(frame: pd.DataFrame, column: str) -> dict[str | None, str | None]:
    return {each["id"]: each[column] for each in records(frame)}


def _column(title: str, values: Mapping[str, object], state: str | None = None) -> Column:
    said = {name: None if (value := values.get(name)) is None else str(value) for name in COLUMNS}
    return Column(title, said, state)


def _state(own: Mapping[str, object]) -> str | None:
    if own["state"] == "read":
        return None
    return str(own["reason"] or "nothing to read")
