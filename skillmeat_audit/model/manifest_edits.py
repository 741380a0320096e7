"""The nouns of a manifest's repair: one edit per key, and the edits of one file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from math import isnan
from typing import Literal, TypeAlias, cast

import msgspec

from skillmeat_audit.model.findings import Evidence

# How safe what a plan writes may be: a `Disposition` other than ``none``.
Repairable: TypeAlias = Literal["safe", "fill", "review"]

EntryKey: TypeAlias = tuple[str, str]  # a file collection, and the artifact id of an entry in it

# The reason for skipping what already holds the new value; not a conflict.
ALREADY_SO = "already so"

# The key that stands for an entry as a whole.
WHOLE_ENTRY = ""

# The key below an entry from which SkillMeat writes each cell of a row that an author may fill.
# metadata.tags is merged with tags when it is loaded, and never saved.
MANIFEST_KEYS = {
    "description": "metadata.description",
    "author": "metadata.author",
    "license": "metadata.license",
    "version": "metadata.version",
    "tags_json": "tags",
    "tools_json": "metadata.tools",
}


# The other keys that a plan may edit: those whose values stop SkillMeat, and the entry itself.
LIST_KEYS = frozenset({"tags", "metadata.tags", "metadata.tools", "metadata.dependencies"})
_OTHER_KEYS = {"path", "origin_source", "upstream", "uuid", "version_spec"}
_OTHER_KEYS |= {"resolved_sha", "resolved_version", "metadata.title", "metadata.model"}
EDITABLE_KEYS = frozenset({*MANIFEST_KEYS.values(), *LIST_KEYS, *_OTHER_KEYS, WHOLE_ENTRY})

# /home/ada, \\server\share, C:\Users
ABSOLUTE_PATH = re.compile(r"/|\\|[A-Za-z]:[\\/]")


def is_inside(path: str) -> bool:
    """Return whether *path* is relative and stays in its folder: what an edit may write as path."""
    steps = path.replace("\\", "/").split("/")
    return bool(path) and not ABSOLUTE_PATH.match(path) and ".." not in steps and "\0" not in path


def is_folder_name(name: str) -> bool:
    """Return whether *name* names a folder beside others: the folder of a file collection."""
    return bool(name) and name not in (".", "..") and not {"/", "\0"} & set(name)


# Python refuses to write more decimal digits than 4,300.
_DECIMAL_BITS = 10_000


class OtherToml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TOML value that is neither text nor a list of texts, in TOML's own words: ``1.10``."""

    toml: str


TomlValue: TypeAlias = str | list[str] | OtherToml | None


class ManifestEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key of one manifest entry to be corrected.

    ``key`` is a dotted path below the entry (``metadata.description``), empty for the entry itself:
    then ``after`` is None and the entry, of which the manifest holds an equal one, is dropped.
    ``before`` is the precondition; None means that there is no such key.
    """

    artifact_id: str
    key: str
    before: TomlValue
    after: TomlValue
    rules: list[str]
    evidence: Evidence | None
    disposition: Repairable


class ManifestChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The edits of the manifest of one file collection.

    ``path`` is the manifest's path below the home; ``sha256`` that of the content planned for.
    """

    file_collection: str
    path: str
    sha256: str
    edits: list[ManifestEdit]


@dataclass(frozen=True)
class ManifestDocument:
    """A manifest as it was read to be edited: parsed, and the SHA-256 of its bytes."""

    file_collection: str
    path: str
    sha256: str
    document: Mapping[str, object]

    @cached_property
    def entries(self) -> Mapping[str, Mapping[str, object]]:
        """The entries by artifact id; of those declared twice the first."""
        entries: dict[str, Mapping[str, object]] = {}
        listed = self.document.get("artifacts", [])
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, Mapping):
                entries.setdefault(f"{entry.get('type')}:{entry.get('name')}", entry)
        return entries


@dataclass(frozen=True)
class SkippedEdit:
    """An edit that was not made, and why."""

    edit: ManifestEdit
    reason: str


@dataclass(frozen=True)
class PreparedManifest:
    """One manifest before and after its edits; equal contents mean that nothing is written.

    ``real`` is the manifest's path with links resolved, as the file system has it.
    """

    file_collection: str
    path: str
    real: bytes
    before: bytes
    after: bytes
    edits: tuple[ManifestEdit, ...] = ()
    skipped: tuple[SkippedEdit, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether there is something to write."""
        return self.before != self.after


@dataclass(frozen=True)
class ManifestDiff:
    """What a plan would change in one manifest: a unified diff, and the edits that it would skip.

    ``lines`` have no line ends.
    """

    path: str
    lines: tuple[str, ...]
    skipped: tuple[SkippedEdit, ...] = ()


def cell_text(value: TomlValue) -> str | None:
    """Return *value* as a row's cell holds it: a list as JSON."""
    if isinstance(value, OtherToml):
        return value.toml
    return json.dumps(value) if isinstance(value, list) else value


def value_at(entry: Mapping[str, object], key: str) -> TomlValue:
    """Return what a parsed *entry* holds at the dotted *key*, as a plan writes it."""
    *tables, name = key.split(".")
    table: object = entry
    for step in tables:
        table = table.get(step) if isinstance(table, Mapping) else None
    value = table.get(name) if isinstance(table, Mapping) else None
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return list(value)
    return OtherToml(as_toml(value))


def as_toml(value: object) -> str:
    """Return a parsed *value* as TOML, in one line."""
    if isinstance(value, Mapping):
        pairs = (f"{_quoted(str(key))} = {as_toml(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
        return hex(value)
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Return *text* as a TOML string: JSON, without its surrogates and with DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def is_same_toml(one: object, other: object) -> bool:
    """Tell whether two parsed values are the same, in type as well; NaN is the same as NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same_toml(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same_toml, one, other))
    return one == other or (isinstance(one, float) and isnan(one) and isnan(cast("float", other)))
