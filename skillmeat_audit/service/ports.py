"""The objects of SkillMeat that the shared service reads, as protocols."""

from collections.abc import Sequence
from typing import Protocol


class Metadata(Protocol):
    """An artifact's metadata, as SkillMeat's ``ArtifactMetadata`` has it."""

    description: str | None
    author: str | None
    license: str | None
    version: str | None
    tools: Sequence[object]


class Artifact(Protocol):
    """A manifest entry, as SkillMeat's ``Artifact`` has it."""

    metadata: Metadata
    upstream: str | None
    origin: str
    origin_source: str | None
    tags: Sequence[str]
    resolved_sha: str | None
    resolved_version: str | None


class ArtifactManager(Protocol):
    """Finds artifacts, as SkillMeat's ``ArtifactManager`` does."""

    def show(self, artifact_name: str, artifact_type: str | None = None) -> Artifact:
        """Return the artifact; raise `ValueError` if there is none."""


class ImportEntry(Protocol):
    """One entry of an import, as SkillMeat's ``ImportEntry`` has it."""

    artifact_type: str
    name: str
    upstream_url: str
    description: str | None
    tags: Sequence[str]
