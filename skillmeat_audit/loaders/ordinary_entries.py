"""Recognises the manifest entries in which nothing is wrong: nearly all, and in a few steps."""

from skillmeat_audit.loaders.refusals import (
    ORIGIN_SOURCES,
    ORIGINS,
    RARE_KEYS,
    TYPES,
    date_refusal,
    name_refusal,
)

_TEXTS = """
    name type path origin added upstream version_spec uuid origin_source import_id resolved_sha
    resolved_version
""".split()
_METADATA_TEXTS = "title model description author license version".split()
_METADATA_LISTS = ("tags", "tools", "dependencies")
_TEXT_TYPES = frozenset({str, type(None)})  # TOML has no null: None is a key that is absent
_TEXT = frozenset({str})


def is_ordinary(entry: object) -> bool:
    """Return True if all values of *entry* are of their own type and accepted by SkillMeat.

    `entry_refusal` and `value_faults` return nothing for such an entry. They decide about others,
    most of which are in order as well.
    """
    if not isinstance(entry, dict) or not isinstance(metadata := entry.get("metadata", {}), dict):
        return False
    return (
        # Sets of types: a loop over the values takes three times as long.
        _TEXT_TYPES.issuperset(map(type, map(entry.get, _TEXTS)))
        and _TEXT_TYPES.issuperset(map(type, map(metadata.get, _METADATA_TEXTS)))
        and _is_list_of_texts(entry.get("tags"))
        and all(map(_is_list_of_texts, map(metadata.get, _METADATA_LISTS)))
        and "target_platforms" not in entry
        and RARE_KEYS.isdisjoint(metadata)
        and _is_accepted(entry)
    )


def _is_list_of_texts(value: object) -> bool:
    return value is None or (isinstance(value, list) and _TEXT.issuperset(map(type, value)))


def _is_accepted(entry: dict[str, object]) -> bool:
    """Return True if SkillMeat accepts the texts in *entry*."""
    origin, origin_source = entry.get("origin"), entry.get("origin_source")
    return (
        "path" in entry
        and entry.get("type") in TYPES
        and origin in ORIGINS
        and (origin_source is None or (origin == "marketplace" and origin_source in ORIGIN_SOURCES))
        and name_refusal(entry.get("name")) is None
        and date_refusal(entry, "added", required=True) is None
        and date_refusal(entry, "last_updated", required=False) is None
        and date_refusal(entry, "discovered_at", required=False) is None
    )
