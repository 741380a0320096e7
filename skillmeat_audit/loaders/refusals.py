"""Why SkillMeat itself would refuse a manifest: its validation, as its loader really performs it.

Facts from SkillMeat's ``Collection.from_dict`` and ``Artifact.__post_init__`` (0.74.0; earlier
releases know fewer types). One refused entry makes the whole collection unreadable to SkillMeat.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

Entry = Mapping[str, object]

ORIGINS = ("local", "github", "marketplace")
ORIGIN_SOURCES = ("github", "gitlab", "bitbucket")
TYPES = frozenset({
    "skill", "command", "agent", "hook", "mcp", "workflow", "composite", "context_module",
    "template", "group", "deployment_set", "context_pack", "bundle", "reviewer_role", "council",
    "orchestration", "soul", "project_config", "spec_file", "rule_file", "context_file",
    "progress_template",
})  # fmt: skip
PLATFORMS = frozenset({"claude_code", "codex", "gemini", "cursor", "bob", "remote_git", "other"})
REQUIRED = ("name", "type", "path", "origin", "added")
_DATES = ("added", "last_updated", "discovered_at")

Refusal = tuple[str, str]  # the key, and why


def collection_refusal(document: Entry) -> Refusal | None:
    """Return why SkillMeat refuses the document apart from its artifacts, else None."""
    section = document.get("collection", {})
    if not isinstance(section, Mapping):
        return "collection", "is not a table"
    for key in ("created", "updated"):
        if (reason := _date_refusal(section, key, required=True)) is not None:
            return f"collection.{key}", reason
    for key in ("name", "version"):
        if key not in section:
            return f"collection.{key}", "is missing"
    if not section["name"]:
        return "collection.name", "is empty"
    if not isinstance(document.get("artifacts", []), list):
        return "artifacts", "is not a list of tables"
    return None


def entry_refusal(entry: object) -> Refusal | None:
    """Return the first key for which SkillMeat refuses *entry*, and why; None where it does not."""
    if not isinstance(entry, Mapping):
        return "artifacts", "is not a table"
    return next(_refusals(entry), None)


def _refusals(entry: Entry) -> Iterator[Refusal]:
    if not isinstance(entry.get("metadata", {}), Mapping):
        yield "metadata", "is not a table"
    for key in _DATES:
        if (reason := _date_refusal(entry, key, required=key == "added")) is not None:
            yield key, reason
    for key in REQUIRED:
        if key not in entry:
            yield key, "is missing"
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        yield "type", f"is {kind!r}, which is no artifact type"
    if (reason := _name_refusal(entry.get("name"))) is not None:
        yield "name", reason
    yield from _origin_refusals(entry)
    yield from _list_refusals(entry)


def _date_refusal(table: Entry, key: str, *, required: bool) -> str | None:
    if key not in table:
        return "is missing" if required else None
    value = table[key]
    if not isinstance(value, str):
        return "is not a string: SkillMeat stores times as quoted text"
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return f"is {value!r}, which is no ISO time"
    return None


def _name_refusal(name: object) -> str | None:
    if not isinstance(name, str):
        return "is not a string"
    if not name:
        return "is empty"
    if "/" in name or "\\" in name:
        return f"is {name!r}: a name cannot hold a path separator"
    if ".." in name:
        return f"is {name!r}: a name cannot hold '..'"
    return f"is {name!r}: a name cannot start with '.'" if name.startswith(".") else None


def _origin_refusals(entry: Entry) -> Iterator[Refusal]:
    origin, origin_source = entry.get("origin"), entry.get("origin_source")
    if origin not in ORIGINS:
        yield "origin", f"is {origin!r}, not one of {', '.join(ORIGINS)}"
    if origin_source is not None and origin != "marketplace":
        yield (
            "origin_source",
            f"is set while origin is {origin!r}; only marketplace artifacts have one",
        )
    if origin_source is not None and origin_source not in ORIGIN_SOURCES:
        yield "origin_source", f"is {origin_source!r}, not one of {', '.join(ORIGIN_SOURCES)}"


def _list_refusals(entry: Entry) -> Iterator[Refusal]:
    platforms = entry.get("target_platforms")
    if isinstance(platforms, list) and not platforms:
        yield "target_platforms", "is an empty list; leave the key out to mean all platforms"
    for platform in platforms if isinstance(platforms, list) else []:
        if not isinstance(platform, str) or platform not in PLATFORMS:
            yield "target_platforms", f"holds {platform!r}, which is no platform"
    metadata = entry.get("metadata")
    tools = metadata.get("tools", []) if isinstance(metadata, Mapping) else []
    if not isinstance(tools, (list, str)):
        yield "metadata.tools", "is not a list"
