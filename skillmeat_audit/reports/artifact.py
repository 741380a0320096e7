"""One artifact through all its layers: the answer to "why is this description blank?"."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import records


@dataclass(frozen=True)
class Column:
    """One layer's values of an artifact, by cached column; ``state`` says why it has none."""

    title: str
    values: Mapping[str, str | None]
    state: str | None = None


@dataclass(frozen=True)
class ArtifactView:
    """An artifact's layers side by side: manifest and front matter per entry, catalogue, rows.

    ``findings`` is ``FINDINGS`` of this artifact; ``stories`` tells, per DB collection, who wrote
    its row.
    """

    artifact_id: str
    columns: tuple[Column, ...]
    findings: pd.DataFrame
    stories: Mapping[str, str]


def view_artifact(
    snapshot: Snapshot, findings: pd.DataFrame, writers: pd.DataFrame, artifact_id: str
) -> ArtifactView:
    """Return the view of *artifact_id* ("type:name"), its findings and the stories of its rows."""
    entries = snapshot.manifest[snapshot.manifest["artifact_id"] == artifact_id]
    names = dict(zip(snapshot.collections["id"], snapshot.collections["name"], strict=True))
    columns = []
    for entry in records(entries):
        own = records(snapshot.frontmatter[snapshot.frontmatter["entry"] == entry["entry"]])[0]
        columns.append(_column(f"manifest ({entry['file_collection']})", entry))
        columns.append(_column("front matter", own, _state(own)))
    sources = dict(zip(snapshot.sources["id"], snapshot.sources["repo_name"], strict=True))
    for known in records(snapshot.catalog[snapshot.catalog["artifact_id"] == artifact_id]):
        title = f"catalogue ({sources.get(known['source_id']) or known['source_id']})"
        columns.append(_column(title, {**known, "source": known["upstream_url"]}))
    columns.extend(
        _column(f"row ({names.get(row['collection_id']) or row['collection_id']})", row)
        for row in records(snapshot.rows[snapshot.rows["artifact_id"] == artifact_id])
    )
    told = records(writers[writers["artifact_id"] == artifact_id])
    stories = {
        str(
            row["collection_id"]
        ): f"last written by {row['writer']} ({row['writer_sure']}): {row['story']}"
        for row in told
    }
    return ArtifactView(
        artifact_id, tuple(columns), findings[findings["artifact_id"] == artifact_id], stories
    )


def _column(title: str, values: Mapping[str, object], state: str | None = None) -> Column:
    said = {name: None if (value := values.get(name)) is None else str(value) for name in COLUMNS}
    return Column(title, said, state)


def _state(own: Mapping[str, object]) -> str | None:
    if own["state"] == "read":
        return None
    return str(
        own["reason"] or {"missing": "no such file", "absent": "nothing to read"}[str(own["state"])]
    )
