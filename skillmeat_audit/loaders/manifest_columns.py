"""Turns the entries of a manifest into columns: which value of an entry a row gets."""

from collections.abc import Mapping
from typing import Any

from skillmeat_audit.loaders.json_lists import json_list
from skillmeat_audit.loaders.parse_cache import STATE_COLUMNS
from skillmeat_audit.model.contracts import Table
from skillmeat_audit.model.fields import TOOLS, stem_of
from skillmeat_audit.model.tables import MANIFEST

Columns = dict[str, list[Any]]
Entry = Mapping[str, Any]  # of TOML values

LISTED = Table(
    "manifests",
    "What the parse cache keeps of manifests: one row per entry of those without a problem.",
    {**STATE_COLUMNS, **MANIFEST.columns},
)

# The columns that are one key of an entry, or of its metadata.
_ENTRY_TEXTS = {"source": "upstream"} | {
    key: key
    for key in """
    name type path added import_id origin origin_source resolved_sha resolved_version
    """.split()
}
_METADATA_TEXTS = ("description", "author", "license", "version")


def columns_of(usable: Mapping[int, Entry]) -> Columns:
    """Return the columns of *usable* entries, by their position, that differ from row to row."""
    entries = list(usable.values())
    metadata: list[Entry] = [entry.get("metadata", {}) for entry in entries]
    artifact_ids = [f"{entry['type']}:{entry['name']}" for entry in entries]
    return {
        "position": list(usable),
        "artifact_id": artifact_ids,
        "stem": [stem_of(artifact_id) for artifact_id in artifact_ids],
        # Such an entry loads and cannot be saved: docs/skillmeat.md#manifest-cannot-be-saved.
        "linked": [bool(each.get("linked_artifacts")) for each in metadata],
        "tags_json": [
            # Those of the entry, then those of its metadata: SkillMeat's order.
            json_list(dict.fromkeys([*entry.get("tags", ()), *each.get("tags", ())]))
            for entry, each in zip(entries, metadata, strict=True)
        ],
        "tools_json": [
            json_list(tool for tool in each.get("tools", ()) if tool in TOOLS) for each in metadata
        ],
        **{name: [entry.get(key) for entry in entries] for name, key in _ENTRY_TEXTS.items()},
        **{name: [each.get(name) for each in metadata] for name in _METADATA_TEXTS},
    }


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """Return *value* as SkillMeat writes it into a row, None for what no row can hold."""
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, (list, Mapping)) else str(value)


def as_in_rows(entry: Entry) -> Entry:
    """Return *entry* with values of the types that a row can hold."""
    metadata: Entry = entry.get("metadata", {})
    return {
        **{key: _text(entry.get(key)) for key in _ENTRY_TEXTS.values()},
        "tags": _strings(entry.get("tags")),
        "metadata": {
            **{key: _text(metadata.get(key)) for key in _METADATA_TEXTS},
            "tags": _strings(metadata.get("tags")),
            "tools": _strings(metadata.get("tools")),
            "linked_artifacts": metadata.get("linked_artifacts"),
        },
    }
