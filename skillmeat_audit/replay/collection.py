"""A file collection: its manifest as imports write it, and as SkillMeat reads it."""

import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import tomli

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.model.fields import HOSTS
from skillmeat_audit.replay.costs import Costs
from skillmeat_audit.replay.source import FOLDERS, ReadFields, SourceArtifact
from skillmeat_audit.service.ports import Metadata

_HEAD = """\
[collection]
name = "default"
version = "1.0.0"
created = "{at}"
updated = "{at}"
"""


@dataclass
class ManifestMetadata:
    """The metadata of a manifest entry, for the service."""

    description: str | None = None
    author: str | None = None
    license: str | None = None
    version: str | None = None
    tools: Sequence[object] = ()


@dataclass
class ManifestArtifact:
    """A manifest entry, for the service; ``path`` is relative to the collection."""

    path: str
    metadata: Metadata
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

        As a marketplace import does: description and tags come from the catalogue; author, license,
        version and tools are missing (``docs/skillmeat.md#imports-capture-no-metadata``). An entry
        of the same type and name is replaced.
        """
        target = f"{FOLDERS[entry.artifact_type]}/{entry.name}"
        self._copy(source / entry.path, target)
        import_id = str(uuid.uuid4())
        # What an import writes, and nothing else: docs/skillmeat.md#imports-capture-no-metadata.
        values: dict[str, object] = {
            "name": entry.name,
            "type": entry.artifact_type,
            "path": target,
            "origin": "marketplace",
            "added": at.isoformat(),
            "upstream": entry.upstream_url,
            "version_spec": "latest",
            "tags": list(entry.tags),
            "import_id": import_id,
            "origin_source": HOSTS.get(entry.upstream_url.split("/")[2]),
        }
        self._write(values, {"title": entry.name, "description": entry.description})
        return import_id

    def add_local(self, entry: SourceArtifact, source: Path, at: datetime) -> None:
        """Copy the files of *entry* from *source* and add a manifest entry of origin ``local``."""
        target = f"{FOLDERS[entry.artifact_type]}/{entry.name}"
        self._copy(source / entry.path, target)
        values: dict[str, object] = {
            "name": entry.name,
            "type": entry.artifact_type,
            "path": target,
            "origin": "local",
            "added": at.isoformat(),
        }
        description = "Written by hand, before an artifact of this name was imported."
        self._write(values, {"description": description})

    def show(self, artifact_name: str, artifact_type: str | None = None) -> ManifestArtifact:
        """Return an artifact; read the whole manifest, as SkillMeat does for every look-up.

        Raises `ValueError` where the manifest has no such entry.
        """
        self.costs.read()
        for entry in self._entries():
            if entry["name"] == artifact_name and artifact_type in (None, entry["type"]):
                return _artifact(entry)
        raise ValueError(f"Artifact '{artifact_name}' not found")

    def _copy(self, files: Path, target: str) -> None:
        path = self.folder / target
        make_folder(path.parent)
        # Skills are folders; commands and agents are single files.
        if files.is_dir():
            shutil.copytree(files, path, dirs_exist_ok=True)
        else:
            shutil.copyfile(files, path)

    def _entries(self) -> list[dict[str, object]]:
        try:
            document = tomli.loads((self.folder / "collection.toml").read_text("utf-8"))
        except FileNotFoundError:
            return []
        entries: list[dict[str, object]] = document.get("artifacts", [])
        return entries

    def _write(self, values: dict[str, object], metadata: dict[str, object]) -> None:
        key = (values["type"], values["name"])
        others = [each for each in self._entries() if (each["type"], each["name"]) != key]
        entries = [*others, values | {"metadata": metadata}]
        text = _HEAD.format(at=values["added"]) + "".join(map(_entry_toml, entries))
        write_whole(self.folder / "collection.toml", text.encode())


@dataclass(frozen=True)
class CollectionWithFrontMatter:
    """A file collection that fills missing manifest values from the artifact's front matter."""

    collection: FileCollection
    read_fields: ReadFields

    def show(self, artifact_name: str, artifact_type: str | None = None) -> ManifestArtifact:
        """Return an artifact as `Collection.show` does, completed from its front matter."""
        artifact = self.collection.show(artifact_name, artifact_type)
        path = self.collection.folder / artifact.path
        self.collection.costs.read()
        fields = self.read_fields((path / "SKILL.md" if path.is_dir() else path).read_text("utf-8"))
        manifest = artifact.metadata
        return replace(
            artifact,
            tags=artifact.tags or _json_list(fields["tags_json"]),
            metadata=ManifestMetadata(
                description=manifest.description or fields["description"],
                author=manifest.author or fields["author"],
                license=manifest.license or fields["license"],
                version=manifest.version or fields["version"],
                tools=manifest.tools or _json_list(fields["tools_json"]),
            ),
        )


def _json_list(text: str | None) -> list[str]:
    return [] if text is None else list(json.loads(text))


def _artifact(entry: Mapping[str, object]) -> ManifestArtifact:
    metadata = entry.get("metadata", {})
    assert isinstance(metadata, dict)
    tags = entry.get("tags", [])
    assert isinstance(tags, list)
    names = ("description", "author", "license", "version")
    values = {name: metadata.get(name) for name in names}
    texts = {name: entry.get(name) for name in ("upstream", "origin_source")}
    return ManifestArtifact(
        path=str(entry["path"]),
        metadata=ManifestMetadata(**values, tools=metadata.get("tools", ())),
        origin=str(entry["origin"]),
        tags=tags,
        **{name: None if text is None else str(text) for name, text in texts.items()},
    )


def _entry_toml(entry: Mapping[str, object]) -> str:
    """Return one entry as TOML; its strings and lists are those of JSON, except for DEL."""
    values = {name: value for name, value in entry.items() if value and name != "metadata"}
    metadata = entry.get("metadata")
    assert isinstance(metadata, dict)
    lines = ["", "[[artifacts]]", *_assignments(values)]
    lines += ["", "[artifacts.metadata]", *_assignments(metadata)]
    return "\n".join(lines) + "\n"


def _assignments(values: Mapping[str, object]) -> list[str]:
    return [
        # TOML's basic strings are JSON's, but for DEL, which TOML wants escaped.
        f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
        for name, value in values.items()
        if value
    ]
