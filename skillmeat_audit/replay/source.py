"""A source of artifacts, as SkillMeat's marketplace sees one: what a scan of it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable

# A small source of the kind people import from; the regression's ``1password`` skill is in it.
BUNDLED = Path(__file__).with_name("tree")
REPOSITORY = "https://github.com/acme-labs/agent-kit"

# The folders of a source that are looked into, and the type each stands for.
FOLDERS = {"skill": "skills", "command": "commands", "agent": "agents"}

Status = Literal["pending", "imported", "skipped"]
Fields = Mapping[str, str | None]
ReadFields = Callable[[str], Fields]


@dataclass
class ImportEntry:
    """One artifact of a source, as its import is asked for.

    ``path`` is relative to the source; ``description`` is None where the source is not indexed;
    ``tags`` are those of its path (``skills/ops/lock-audit``: ops); ``status`` is what the
    coordinator made of it.
    """

    artifact_type: str
    name: str
    path: str
    upstream_url: str
    description: str | None
    tags: Sequence[str] = ()
    status: Status = "pending"

    @property
    def artifact_id(self) -> str:
        """The artifact as "type:name"."""
        return f"{self.artifact_type}:{self.name}"


def scan(
    source: Path, read_fields: ReadFields, *, source_indexed: bool = True
) -> list[ImportEntry]:
    """Return the artifacts in the folder *source*, by type and name.

    Skills are folders with a ``SKILL.md``, commands and agents Markdown files. The description is
    the front matter's with *source_indexed*; else it is None, as SkillMeat has it unless indexing
    is switched on. Raises `UsageError` where there is nothing to import.
    """
    found = [
        _entry(kind, path, source, read_fields if source_indexed else None)
        for kind, folder in FOLDERS.items()
        for path in sorted((source / folder).rglob("SKILL.md" if kind == "skill" else "*.md"))
    ]
    if not found:
        raise UsageError(
            f"nothing to import in {printable(source)}: "
            "it has no skills/…/SKILL.md, commands/*.md or agents/*.md"
        )
    return sorted(found, key=lambda entry: entry.artifact_id)


def _entry(kind: str, file: Path, source: Path, read_fields: ReadFields | None) -> ImportEntry:
    path = (file.parent if kind == "skill" else file).relative_to(source)
    own = {} if read_fields is None else read_fields(file.read_text("utf-8"))
    return ImportEntry(
        artifact_type=kind,
        name=path.stem if kind != "skill" else path.name,
        path=str(path),
        upstream_url=f"{REPOSITORY}/tree/main/{path}",
        description=own.get("description"),
        tags=path.parent.parts[1:],
    )
