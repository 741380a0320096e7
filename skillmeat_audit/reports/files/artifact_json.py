"""Renders one artifact as JSON: ``skillmeat-audit/artifact/1``."""

import msgspec

from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.reports.facts.artifact import ArtifactLayers
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.findings_json import FindingRecord, finding_records
from skillmeat_audit.reports.files.live_json import LiveRecord, live_record
from skillmeat_audit.reports.files.page_json import PageRecord, page_records


class LayerRecord(msgspec.Struct, frozen=True):
    """The values of one layer by column; ``state`` is the reason why it has none."""

    layer: str
    state: str | None
    values: dict[str, str | None]


class ArtifactDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/artifact/1"
):
    """The layers of one artifact, and its pages; ``explanations`` name the writer of each row."""

    tool_version: str
    artifact_id: str
    layers: list[LayerRecord]
    pages: list[PageRecord]
    explanations: dict[str, str]
    findings: list[FindingRecord]
    # UNSET: the key is absent, where null would mean that a server was asked in vain.
    live: LiveRecord | msgspec.UnsetType = msgspec.UNSET


def artifact_json(
    artifact: ArtifactLayers, version: str, live: LiveComparison | None = None
) -> bytes:
    """Return one artifact's layers as ``skillmeat-audit/artifact/1``."""
    return ascii_json(
        ArtifactDocument(
            tool_version=version,
            artifact_id=artifact.artifact_id,
            layers=[
                LayerRecord(column.title, column.state, dict(column.texts))
                for column in artifact.columns
            ],
            pages=page_records(artifact.pages),
            explanations=dict(artifact.explanations),
            findings=finding_records(artifact.findings),
            live=live_record(live),
        )
    )
