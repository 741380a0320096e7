"""Renders a replay as JSON: ``skillmeat-audit/replay/1``."""

import msgspec
import pandas as pd

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.files.ascii_json import ascii_json


class PathRecord(msgspec.Struct, frozen=True):
    """The rows that one path left in one era, in numbers, and its cost for all artifacts."""

    era: str
    path: str
    title: str
    does: str
    artifacts: int
    descriptions: int
    sources: int
    wrong_cells: int
    statements: int
    commits: int
    reads: int
    seconds: float | None
    kept_descriptions: int
    kept_sources: int
    writer: str | None
    rules: str | None


class ReplayedRow(msgspec.Struct, frozen=True):
    """The row of one artifact as a path left it, and the writer it is attributed to."""

    era: str
    path: str
    artifact_id: str
    description: str | None
    source: str | None
    origin: str | None
    origin_source: str | None
    writer: str | None
    writer_confidence: str | None


class ReplayDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/replay/1"
):
    """A replay of the import paths and repair options."""

    tool_version: str
    paths: list[PathRecord]
    artifacts: list[ReplayedRow]


def replay_json(paths: pd.DataFrame, artifacts: pd.DataFrame, version: str) -> bytes:
    """Return the replay as ``skillmeat-audit/replay/1``; ``REPLAYS`` and ``REPLAYED``."""
    return ascii_json(
        ReplayDocument(
            tool_version=version,
            paths=[PathRecord(**path) for path in records(paths)],
            artifacts=[ReplayedRow(**row) for row in records(artifacts)],
        )
    )
