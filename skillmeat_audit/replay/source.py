"""A source of artifacts, as SkillMeat's marketplace registers one, and its scan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable

# A small source with the ``1password`` skill, whose description went blank in the regression.
BUNDLED_SOURCE = Path(__file__).with_name("tree")
REPOSITORY = "https://github.com/acme-labs/agent-kit"

# The folder of a source that holds the artifacts of a type.
FOLDERS = {"skill": "skills", "command": "commands", "agent": "agents"}

ImportStatus = Literal["pending", "imported", "skipped"]
Fields = Mapping[str, str | None]
ReadFields = Callable[[str], Fields]


@dataclass
class SourceArtifact:
    """One artifact of a source, as an import request names it.

    ``path`` is relative to the source; ``description`` is None where the source is not indexed;
    ``tags`` come from its path (``skills/ops/lock-audit``: ops); ``status`` is set by the import.
    """

    artifact_type: str
    name: str
    path: str
    upstream_url: str
    description: str | None
    tags: Sequence[str] = ()
    status: ImportStatus = "pending"

    @property
    def artifact_id(self) -> str:
        """The artifact as "type:name"."""
        return f"{self.artifact_type}:{self.name}"


def scan_source(
    source: Path, read_fields: ReadFields, *, indexed: bool = True
) -> list[SourceArtifact]:
    """Return the artifacts in the folder *source*, by type and name.

    Skills are folders with a ``SKILL.md``, commands and agents Markdown files. The description
    comes from the front matter where the source is *indexed*, otherwise it is None: SkillMeat does
    not index by default. Raises `UsageError` where the source has no artifact.
    """
    artifacts = [
        _source_artifact(kind, path, source, read_fields if indexed else None)
        for kind, folder in FOLDERS.items()
        # Sorted: the order of a folder's names differs between file systems.
        for path in sorted((source / folder).rglob("SKILL.md" if kind == "skill" else "*.md"))
    ]
    if not artifacts:
        raise UsageError(
            f"nothing to import in {printable(source)}: "
            "it has no skills/…/SKILL.md, commands/*.md or agents/*.md"
        )
    return sorted(artifacts, key=lambda entry: entry.artifact_id)


def _source_artifact(
    kind: str, file: Path, source: Path, read_fields: ReadFields | None
) -> SourceArtifact:
    path = (file.parent if kind == "skill" else file).relative_to(source)
    fields = {} if read_fields is None else read_fields(file.read_text("utf-8"))
    return SourceArtifact(
        artifact_type=kind,
        # A folder may be called "v1.2", whose stem would be "v1".
        name=path.stem if kind != "skill" else path.name,
        path=str(path),
        upstream_url=f"{REPOSITORY}/tree/main/{path}",
        description=fields.get("description"),
        # skills/ops/lock-audit: ops
        tags=path.parent.parts[1:],
    )
