"""Why SkillMeat itself refuses a manifest: the validation that its loader performs.

Facts from SkillMeat's ``Collection.from_dict`` and ``Artifact.__post_init__`` (0.74.0; earlier
releases know fewer types). One refused entry makes SkillMeat refuse the whole collection.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

Entry = Mapping[str, object]

ORIGINS = ("local", "github", "marketplace")
ORIGIN_SOURCES = ("github", "gitlab", "bitbucket")
TYPES = frozenset(
    """
    skill command agent hook mcp workflow composite context_module template group deployment_set
    context_pack bundle reviewer_role council orchestration soul project_config spec_file rule_file
    context_file progress_template
    """.split()
)
PLATFORMS = frozenset({"claude_code", "codex", "gemini", "cursor", "bob", "remote_git", "other"})
REQUIRED = ("name", "type", "path", "origin", "added")
_DATES = ("added", "last_updated", "discovered_at")
# github-mcp_2
_SERVER_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_SERVER_STATES = ("installed", "not_installed", "error", "updating")
_AOS_KINDS = ("artifact", "feature", "run", "trace")
_LINK_TYPES = ("requires", "enables", "related", "soul_for_agent")
_CHOICES = ("effort", "permissionMode", "scope", "context")
# Keys that few entries have: their checks, a fifth of the time, are skipped for all others.
RARE_KEYS = {f"aos_{kind}_uuid" for kind in _AOS_KINDS}
RARE_KEYS |= {"native_aliases", "linked_artifacts", *_CHOICES}

Refusal = tuple[str, str]  # the key, and why


def collection_refusal(document: Entry) -> Refusal | None:
    """Return why SkillMeat refuses the document apart from its artifacts, None if it does not."""
    return next(_document_refusals(document), None)


def _document_refusals(document: Entry) -> Iterator[Refusal]:
    section = document.get("collection", {})
    # TOML allows `collection = 5`.
    if not isinstance(section, Mapping):
        yield "collection", "is not a table"
        return
    for key in ("created", "updated"):
        if (reason := date_refusal(section, key, required=True)) is not None:
            yield f"collection.{key}", reason
    for key, lacking in _lacking(section, "name", "version"):
        yield f"collection.{key}", lacking
    if not section.get("name"):
        yield "collection.name", "is empty"
    if not isinstance(document.get("artifacts", []), list):
        yield "artifacts", "is not a list of tables"
    for table, refusals in (
        ("mcp_servers", _server_refusals),
        ("tag_definitions", _tag_refusals),
        ("groups", _group_refusals),
    ):
        yield from _table_refusals(table, document.get(table, []), refusals)


def _table_refusals(
    table: str, entries: object, refusals: Callable[[Entry], Iterator[Refusal]]
) -> Iterator[Refusal]:
    if not isinstance(entries, list):
        yield table, "is not a list of tables"
        return
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping):
            yield f"{table} {number}", "is not a table"
            continue
        for key, reason in refusals(entry):
            yield f"{key} of {table} {number}", reason


def _server_refusals(server: Entry) -> Iterator[Refusal]:
    yield from _lacking(server, "name", "repo")
    name, repo, status = (server.get(key) for key in ("name", "repo", "status"))
    if not isinstance(name, str) or not _SERVER_NAME.fullmatch(name):
        yield "name", f"is {name!r}, not made of letters, digits, hyphens and underscores"
    if not isinstance(repo, str) or not _is_repository(repo):
        yield "repo", f"is {repo!r}, which is not a GitHub repository"
    if status is not None and status not in _SERVER_STATES:
        yield "status", f"is {status!r}, not one of {', '.join(_SERVER_STATES)}"
    variables = server.get("env_vars", {})
    if not isinstance(variables, Mapping) or not all(
        isinstance(value, str) for value in variables.values()
    ):
        yield "env_vars", "is not a table of texts"


def _tag_refusals(definition: Entry) -> Iterator[Refusal]:
    return _lacking(definition, "name", "slug")


def _group_refusals(group: Entry) -> Iterator[Refusal]:
    yield from _lacking(group, "name")
    if not isinstance(group.get("members", []), (list, str, Mapping)):
        yield "members", "is not a list"


def _lacking(table: Entry, *keys: str) -> Iterator[Refusal]:
    return ((key, "is missing") for key in keys if key not in table)


def _is_repository(repo: str) -> bool:
    """Return True if SkillMeat accepts *repo* as a repository: a GitHub URL, or owner/name."""
    if repo.startswith(("http://", "https://")):
        try:
            parts = urlsplit(repo)
        except ValueError:
            return False
        return "github.com" in parts.netloc.lower() and parts.path != ""
    return repo.count("/") >= (2 if repo.startswith("github.com/") else 1)


def entry_refusal(entry: object) -> Refusal | None:
    """Return the first key for which SkillMeat refuses *entry*, and why; None if it does not."""
    if not isinstance(entry, Mapping):
        return "artifacts", "is not a table"
    return next(_refusals(entry), None)


def _refusals(entry: Entry) -> Iterator[Refusal]:
    metadata = entry.get("metadata", {})
    if not isinstance(metadata, Mapping):
        yield "metadata", "is not a table"
        return
    if not RARE_KEYS.isdisjoint(metadata):
        for key, why in _rare_refusals(metadata):
            yield f"metadata.{key}", why
    for key in _DATES:
        if (reason := date_refusal(entry, key, required=key == "added")) is not None:
            yield key, reason
    for key in REQUIRED:
        if key not in entry:
            yield key, "is missing"
    kind = entry.get("type")
    # `in` raises TypeError for a list or a table, which cannot be hashed.
    if not isinstance(kind, str) or kind not in TYPES:
        yield "type", f"is {kind!r}, which is not an artifact type"
    if (wrong := name_refusal(entry.get("name"))) is not None:
        yield "name", wrong
    yield from _origin_refusals(entry)
    yield from _list_refusals(entry, metadata)


def date_refusal(table: Entry, key: str, *, required: bool) -> str | None:
    """Return why SkillMeat refuses the time at *key*, None if it does not."""
    if key not in table:
        return "is missing" if required else None
    value = table[key]
    if not isinstance(value, str):
        return "is not a string: SkillMeat stores times as quoted text"
    try:
        # Python's own parser, which SkillMeat uses: since 3.11 it takes "20260101" and "…Z" too.
        datetime.fromisoformat(value)
    except ValueError:
        return f"is {value!r}, which is not an ISO time"
    return None


def name_refusal(name: object) -> str | None:
    """Return why SkillMeat refuses the *name* of an entry, None if it does not."""
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


def _list_refusals(entry: Entry, metadata: Entry) -> Iterator[Refusal]:
    platforms = entry.get("target_platforms")
    if platforms is not None and not isinstance(platforms, list):
        yield "target_platforms", "is not a list"
    if platforms == []:
        yield "target_platforms", "is an empty list; leave the key out to mean all platforms"
    for platform in platforms if isinstance(platforms, list) else []:
        if isinstance(platform, str) and platform not in PLATFORMS:
            yield "target_platforms", f"holds {platform!r}, which is not a platform"
    # SkillMeat iterates over it: a text or a table passes, a number raises.
    if not isinstance(metadata.get("tools", []), (list, str, Mapping)):
        yield "metadata.tools", "is not a list"
    if metadata.get("tags") and not _can_join(entry.get("tags", []), metadata["tags"]):
        yield "metadata.tags", "cannot be joined with tags: both must be lists of text"


def _can_join(tags: object, metadata_tags: object) -> bool:
    """Return True if SkillMeat can merge both; two texts it merges letter by letter."""
    if not isinstance(tags, list) or not isinstance(metadata_tags, list):
        return isinstance(tags, str) and isinstance(metadata_tags, str)
    # The merge hashes them: a list or a table in them raises.
    return not any(isinstance(tag, (list, Mapping)) for tag in (*tags, *metadata_tags))


def _rare_refusals(metadata: Entry) -> Iterator[Refusal]:
    for kind in _AOS_KINDS:
        value = metadata.get(f"aos_{kind}_uuid")
        if value is not None and not _is_handle(value, kind):
            yield f"aos_{kind}_uuid", f"is {value!r}, neither a UUID nor urn:aos:{kind}:UUID"
    aliases = metadata.get("native_aliases", {})
    if not isinstance(aliases, Mapping) or not all(
        key and isinstance(alias, str) and alias for key, alias in aliases.items()
    ):
        yield "native_aliases", "is not a table of names with a text each"
    for key in _CHOICES:
        if isinstance(metadata.get(key), (list, Mapping)):
            yield key, "is not a text"
    yield from _link_refusals(metadata.get("linked_artifacts", []))


def _is_handle(value: object, kind: str) -> bool:
    try:
        # uuid.UUID takes braces, hyphens anywhere and none at all, and so does SkillMeat.
        return isinstance(value, str) and bool(uuid.UUID(value.removeprefix(f"urn:aos:{kind}:")))
    except ValueError:
        return False


def _link_refusals(links: object) -> Iterator[Refusal]:
    if not isinstance(links, (list, str, Mapping)):
        yield "linked_artifacts", "is not a list of tables"
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, Mapping):
            continue  # SkillMeat leaves it out
        if "artifact_name" not in link:
            yield "linked_artifacts", "holds a link without artifact_name"
        if (kind := link.get("link_type", "requires")) not in _LINK_TYPES:
            yield "linked_artifacts", f"holds {kind!r}, which is not a link_type"
        invalid = date_refusal(link, "created_at", required=False)
        if isinstance(link.get("created_at"), str) and invalid is not None:
            yield "linked_artifacts", f"holds a created_at that {invalid}"
