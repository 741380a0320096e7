"""Values of a type that SkillMeat loads from a manifest, and fails on later.

Its loader does not check these types. Its answers are checked (pydantic), so a number where text
belongs makes them fail with error 500; its refresh hands the value to the database, which takes
numbers and dates and no list or table. Measured with 0.74.0
(docs/skillmeat.md#values-of-a-wrong-type).
"""

from collections.abc import Iterator, Mapping
from typing import Literal

Entry = Mapping[str, object]
Kind = Literal["mistyped", "unrefreshable"]
Fault = tuple[Kind, str, str]  # the kind of problem, the key, and what is wrong with its value

# What answers show as text, and what a refresh writes into a row.
_SHOWN = ("version_spec", "uuid")
_WRITTEN = ("upstream", "resolved_sha", "resolved_version")
_METADATA_SHOWN = ("title", "model")
_METADATA_WRITTEN = ("description", "author", "license", "version")
_ENTRY_LISTS, _METADATA_LISTS = ("tags", "target_platforms"), ("dependencies", "tags")

_LIST_FAILS = "the list of all artifacts and the artifact's own page answer 500"
_PAGE_FAILS = "the artifact's own page answers 500"
_REFRESH_FAILS = "a refresh of the collection fails and writes no row"
_SHOWN_BITS = 128


def value_faults(entry: Entry) -> Iterator[Fault]:
    """Yield what in *entry*, which SkillMeat loads, has a type that it fails on."""
    metadata = entry.get("metadata", {})
    assert isinstance(metadata, Mapping)
    for key in _SHOWN:
        if entry.get(key) and not isinstance(entry[key], str):  # its loader drops what is empty
            yield _fault("mistyped", key, entry[key], "text", _LIST_FAILS)
    for key in _WRITTEN:
        if key in entry and not isinstance(entry[key], str):
            yield from _written_fault(key, entry[key])
    for key in (*_METADATA_SHOWN, *_METADATA_WRITTEN):
        if key in metadata and not isinstance(metadata[key], str):
            fails = key in _METADATA_WRITTEN and isinstance(metadata[key], (list, Mapping))
            effect = f"{_LIST_FAILS}, and {_REFRESH_FAILS}" if fails else _LIST_FAILS
            yield _fault("mistyped", f"metadata.{key}", metadata[key], "text", effect)
    yield from _list_faults("", _ENTRY_LISTS, entry)
    yield from _list_faults("metadata.", _METADATA_LISTS, metadata)


def _written_fault(key: str, value: object) -> Iterator[Fault]:
    """Yield what is wrong with *value*: of these keys, pages show the upstream only."""
    cannot_write = isinstance(value, (list, Mapping))
    if key == "upstream" and value:
        effect = f"{_PAGE_FAILS}, and {_REFRESH_FAILS}" if cannot_write else _PAGE_FAILS
        yield _fault("mistyped", key, value, "text", effect)
    elif cannot_write:
        yield _fault("unrefreshable", key, value, "text", _REFRESH_FAILS)


def _list_faults(prefix: str, keys: tuple[str, ...], table: Entry) -> Iterator[Fault]:
    for key in keys:
        value = table.get(key)
        if value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value)):
            continue
        if value or key == "dependencies":  # its loader drops empty tags
            yield _fault("mistyped", prefix + key, value, "a list of texts", _LIST_FAILS)


def _fault(kind: Kind, key: str, value: object, wanted: str, effect: str) -> Fault:
    problem = f"is {_shown(value)}, not {wanted}: SkillMeat loads it, and then {effect}"
    return kind, key, f"{problem}; write it as {wanted}"


def _shown(value: object) -> str:
    """Return *value* for a message: short scalars as they are, others by their type."""
    if isinstance(value, list):
        return "a list" if not value else f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return "a long number"  # Python refuses to write one of 4,300 digits
    return "text" if isinstance(value, str) else str(value)
