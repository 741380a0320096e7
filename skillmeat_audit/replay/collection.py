"""A file collection: what imports write beside the files, and what SkillMeat reads back of it."""

import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import tomli

from skillmeat_audit.model.fields import HOSTS
from skillmeat_audit.replay.costs import Costs
from skillmeat_audit.replay.source import FOLDERS, ReadFields, SourceArtifact
from skillmeat_audit.service import cache_service as service

_HEAD = """\
[collection]
name = "default"
version = "1.0.0"
created = "{at}"
updated = "{at}"
"""


@dataclass
class ManifestMetadata:
    """An artifact's metadata, as the service asks for it."""

    description: str | None = None
    author: str | None = None
    license: str | None = None
    version: str | None = None
    tools: Sequence[object] = ()


@dataclass
class ManifestArtifact:
    """A manifest entry, as the service asks for it; ``path`` is relative to the collection."""

    path: str
    metadata: service.Metadata
    upstream: str | None
    origin: str
    origin_source: str | None
    tags: Sequence[str]
    resolved_sha: str | None = None
    resolved_version: str | None = None


@dataclass(frozen=True)
class FileCollection:
    """The file collection at *folder*; `show` answers as SkillMeat's ``ArtifactManager`` does."""

    folder: Path
    costs: Costs = field(default_factory=Costs)

    def add(self, entry: SourceArtifact, source: Path, at: datetime) -> str:
        """Copy the files of *entry* from *source*, write its manifest entry, return its import id.

        As a marketplace import does: description and tags are the catalogue's, author, license,
        version and tools are not captured (§7.44). An entry of the same type and name is replaced.
        """
        target = f"{FOLDERS[entry.artifact_type]}/{entry.name}"
        self._copy(source / entry.path, target)
        import_id = str(uuid.uuid4())
        self._write({
            "name": entry.name, "type": entry.artifact_type, "path": target,
            "origin": "marketplace", "added": at.isoformat(), "upstream": entry.upstream_url,
            "version_spec": "latest", "tags": list(entry.tags), "import_id": import_id,
            "origin_source": HOSTS.get(entry.upstream_url.split("/")[2]),
        }, {"title": entry.name, "description": entry.description})  # fmt: skip
        return import_id

    def add_local(self, entry: SourceArtifact, source: Path, at: datetime) -> None:
        """Copy the files of *entry* from *source* and declare them as a local artifact."""
        target = f"{FOLDERS[entry.artifact_type]}/{entry.name}"
        self._copy(source / entry.path, target)
        self._write(
            {
                "name": entry.name, "type": entry.artifact_type, "path": target,
                "origin": "local", "added": at.isoformat(),
            },
            {"description": "Written here, before anything of this name was imported."},
        )  # fmt: skip

    def show(self, artifact_name: str, artifact_type: str | None = None) -> ManifestArtifact:
        """Return an artifact; reads the whole manifest anew, as SkillMeat does for every look-up.

        Raises `ValueError` where there is none.
        """
        self.costs.read()
        for entry in self._entries():
            if entry["name"] == artifact_name and artifact_type in (None, entry["type"]):
                return _artifact(entry)
        raise ValueError(f"Artifact '{artifact_name}' not found")

    def _copy(self, files: Path, target: str) -> None:
        place = self.folder / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if files.is_dir():
            shutil.copytree(files, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(files, place)

    def _entries(self) -> list[dict[str, object]]:
        try:
            document = tomli.loads((self.folder / "collection.toml").read_text("utf-8"))
        except FileNotFoundError:
            return []
        entries: list[dict[str, object]] = document.get("artifacts", [])
        return entries

    def _write(self, values: dict[str, object], metadata: dict[str, object]) -> None:
        key = (values["type"], values["name"])
        kept = [each for each in self._entries() if (each["type"], each["name"]) != key]
        entries = [*kept, values | {"metadata": metadata}]
        text = _HEAD.format(at=values["added"]) + "".join(map(_entry_toml, entries))
        (self.folder / "collection.toml").write_text(text, "utf-8")


@dataclass(frozen=True)
class CollectionWithFrontMatter:
    """A collection that looks into the artifact's own file for what its manifest does not say."""

    collection: FileCollection
    read_fields: ReadFields

    def show(self, artifact_name: str, artifact_type: str | None = None) -> ManifestArtifact:
        """Return an artifact as `Collection.show` does, completed from its front matter."""
        artifact = self.collection.show(artifact_name, artifact_type)
        place = self.collection.folder / artifact.path
        self.collection.costs.read()
        own = self.read_fields((place / "SKILL.md" if place.is_dir() else place).read_text("utf-8"))
        said = artifact.metadata
        return replace(
            artifact,
            tags=artifact.tags or _listed(own["tags_json"]),
            metadata=ManifestMetadata(
                description=said.description or own["description"],
                author=said.author or own["author"],
                license=said.license or own["license"],
                version=said.version or own["version"],
                tools=said.tools or _listed(own["tools_json"]),
            ),
        )


def _listed(text: str | None) -> list[str]:
    return [] if text is None else list(json.loads(text))


def _artifact(entry: Mapping[str, object]) -> ManifestArtifact:
    metadata = entry.get("metadata", {})
    assert isinstance(metadata, dict)
    tags = entry.get("tags", [])
    assert isinstance(tags, list)
    said = {name: metadata.get(name) for name in ("description", "author", "license", "version")}
    texts = {name: entry.get(name) for name in ("upstream", "origin_source")}
    return ManifestArtifact(
        path=str(entry["path"]), metadata=ManifestMetadata(**said, tools=metadata.get("tools", ())),
        origin=str(entry["origin"]), tags=tags,
        **{name: None if text is None else str(text) for name, text in texts.items()},
    )  # fmt: skip


def _entry_toml(entry: Mapping[str, object]) -> str:
    """Return one manifest entry; TOML's strings and lists of them are JSON's, but for DEL."""
    values = {name: value for name, value in entry.items() if value and name != "metadata"}
    metadata = entry.get("metadata")
    assert isinstance(metadata, dict)
    lines = ["", "[[artifacts]]", *_assignments(values)]
    lines += ["", "[artifacts.metadata]", *_assignments(metadata)]
    return "\n".join(lines) + "\n"


def _assignments(values: Mapping[str, object]) -> list[str]:
    return [
        f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
        for name, value in values.items()
        if value
    ]
