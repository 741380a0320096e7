"""Edits a manifest's text key by key, and proves that nothing else in it changed.

Only the text of the entries that are edited is taken apart, by tomlkit, which keeps comments,
order and layout; every other byte stays. The result is then parsed as SkillMeat parses it and has
to equal the old document plus the edits: where it does not, the manifest is refused.
"""

import copy
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, cast

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.model.manifest_edits import (
    ALREADY_SO,
    WHOLE_ENTRY,
    ManifestEdit,
    OtherToml,
    is_same_toml,
    value_at,
)

Document = dict[str, Any]
EntriesById = Mapping[str | None, Sequence[Document]]

# Strings and comments are matched first, so that a header inside one of them is not taken for one.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")'
    r"|'''.*?'''(?!')"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|^(?P<entry>[ \t]*\[\[[ \t]*artifacts[ \t]*\]\])"  # [[artifacts]]
    r"|^(?P<other>[ \t]*\[(?!\[?[ \t]*artifacts[ \t]*[.\]])[^\n]*\][ \t\r]*(?:\#[^\n]*)?$)",
    re.MULTILINE | re.DOTALL,
)


class RefusedEdit(ValueError):
    """A manifest cannot be edited; the text says why, to follow the file's name."""


def edit_manifest(content: bytes, edits: Sequence[ManifestEdit]) -> bytes:
    """Return the manifest *content* with *edits* made; raise `RefusedEdit`.

    Every edit's ``before`` has to hold (`unmet_precondition`), and its artifact has to be declared
    once, but for an entry that is dropped because an equal one stays.
    """
    text = _decoded(content)
    document = _parsed(text)
    entries = entries_by_id(document)
    for edit in edits:
        if reason := unmet_precondition(entries, edit):
            raise RefusedEdit(f"{edit.artifact_id}: {reason}")
    wanted = copy.deepcopy(document)
    _edit_entries(wanted["artifacts"], edits)
    # The candidates differ in comments and layout; the first one that says the same is taken.
    for candidate in _candidates(text, document, edits):
        if is_same_toml(_parsed_or_none(candidate), wanted):
            return candidate.encode()
    raise RefusedEdit("cannot be edited without changing something else in it; edit it by hand")


def unmet_precondition(declared: EntriesById, edit: ManifestEdit) -> str | None:
    """Return why *edit* cannot be made in the entries of a manifest, None where it can."""
    entries = declared.get(edit.artifact_id)
    if not entries:
        return "the manifest does not declare it any more"
    if edit.key == WHOLE_ENTRY:
        equal = len(entries) > 1 and all(is_same_toml(entry, entries[0]) for entry in entries[1:])
        return None if equal else "its entries are not equal any more"
    if len(entries) > 1:
        return "the manifest declares it more than once"
    if not _can_hold(entries[0], edit.key):
        return f"{edit.key.rpartition('.')[0]} is not a table"
    value = value_at(entries[0], edit.key)
    if value == edit.before:
        return None
    return ALREADY_SO if value == edit.after else f"{edit.key} changed since"


def is_made(declared: EntriesById, edit: ManifestEdit) -> bool:
    """Return whether the entries of a manifest are as *edit* leaves them."""
    if edit.key == WHOLE_ENTRY:
        return len(declared.get(edit.artifact_id, ())) == 1
    return unmet_precondition(declared, inverse(edit)) is None


def entries_of(document: Mapping[str, Any]) -> list[Document]:
    """Return the artifact entries of a parsed *document*."""
    entries = document.get("artifacts", [])
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict)]


def entries_by_id(document: Mapping[str, Any]) -> EntriesById:
    """Return the artifact entries of a parsed *document* by their artifact id."""
    declared: dict[str | None, list[Document]] = {}
    for entry in entries_of(document):
        declared.setdefault(_artifact_id(entry), []).append(entry)
    return declared


def inverse(edit: ManifestEdit) -> ManifestEdit:
    """Return the edit that puts back what *edit* changed."""
    return msgspec.structs.replace(edit, before=edit.after, after=edit.before)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise RefusedEdit(f"is not UTF-8 (byte {exc.start})") from exc


def _parsed(text: str) -> Document:
    try:
        return parse_toml(text)
    except (ValueError, RecursionError) as exc:
        raise RefusedEdit(f"is not TOML 1.0: {exc}") from exc


def _parsed_or_none(text: str) -> Document | None:
    try:
        return parse_toml(text)
    except (ValueError, RecursionError):
        return None


def _candidates(text: str, document: Document, edits: Sequence[ManifestEdit]) -> Iterator[str]:
    """Yield *text* edited: block by block, then as a whole, for entries that have no block each."""
    if (edited := _edit_blocks(text, document, edits)) is not None:
        yield edited
    if (whole := _tomlkit_parsed(text)) is not None:
        _edit_entries(cast("list[Any]", whole["artifacts"]), edits)
        yield _with_line_ends(tomlkit.dumps(whole), text)


def _edit_blocks(text: str, document: Document, edits: Sequence[ManifestEdit]) -> str | None:
    """Return *text* with the blocks of the edited entries rewritten; None where it has no blocks.

    tomlkit reads about 0.2 MB a second: a large manifest is not handed to it whole.
    """
    entries = document.get("artifacts")
    blocks = list(_blocks(text))
    # Inline entries have no block each; then the whole text has to be edited.
    if not isinstance(entries, list) or len(blocks) != len(entries):
        return None
    by_id: dict[str | None, list[ManifestEdit]] = {}
    for edit in edits:
        by_id.setdefault(edit.artifact_id, []).append(edit)
    pieces: list[str] = []
    end, seen = 0, set[str | None]()
    for (start, stop), entry in zip(blocks, entries, strict=True):
        artifact_id = _artifact_id(entry)
        own = by_id.get(artifact_id, ())
        edited = _edited_block(text[start:stop], own, is_repeated=artifact_id in seen)
        if edited is None:
            return None
        pieces += [text[end:start], edited]
        seen.add(artifact_id)
        end = stop
    return "".join([*pieces, text[end:]])


def _edited_block(block: str, edits: Sequence[ManifestEdit], *, is_repeated: bool) -> str | None:
    """Return the text of one entry with *edits* made; of one that is dropped what follows it."""
    if any(edit.key == WHOLE_ENTRY for edit in edits):
        return _trailing_comments(block) if is_repeated else block
    return _rewritten(block, edits) if edits else block


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of the text of each ``[[artifacts]]`` entry, its sub-tables included."""
    start: int | None = None
    for token in _TOKEN.finditer(text):
        if token["entry"] is None and token["other"] is None:
            continue
        if start is not None:
            yield start, token.start()
        start = token.start() if token["entry"] is not None else None
    if start is not None:
        yield start, len(text)


def _trailing_comments(block: str) -> str:
    """Return the comments behind the last key of *block*: they are about what follows it."""
    lines = block.split("\n")
    end = len(lines)
    while end and not lines[end - 1].strip(" \t\r").partition("#")[0]:
        end -= 1
    trailer = "\n".join(lines[end:])
    return trailer if "#" in trailer else ""


def _rewritten(block: str, edits: Sequence[ManifestEdit]) -> str | None:
    """Return the text of one entry with *edits* made, in the line ends that it has."""
    document = _tomlkit_parsed(block)
    if document is None:
        return None
    for edit in edits:
        _assign(document["artifacts"][0], edit)
    return _with_line_ends(tomlkit.dumps(document), block)


def _tomlkit_parsed(text: str) -> tomlkit.TOMLDocument | None:
    try:
        return tomlkit.parse(text)
    except (TOMLKitError, ValueError, RecursionError, IndexError):
        return None


def _with_line_ends(text: str, model: str) -> str:
    """Return *text* with CRLF where every line of *model* ends so: tomlkit adds LF alone."""
    if "\r\n" not in model or re.search(r"(?<!\r)\n", model):
        return text
    return re.sub(r"(?<!\r)\n", "\r\n", text)


def _assign(entry: MutableMapping[str, Any], edit: ManifestEdit) -> None:
    """Set, or remove, the key of *edit* in *entry*, of tomlkit or plain."""
    *tables, name = edit.key.split(".")
    for step in tables:
        if step not in entry:
            entry[step] = _empty_table(entry)
        entry = entry[step]
    if edit.after is None:
        entry.pop(name, None)
    elif isinstance(edit.after, OtherToml):
        value = tomlkit.value(edit.after.toml)
        entry[name] = value.unwrap() if type(entry) is dict else value
    elif isinstance(edit.after, list) and type(entry) is not dict:
        entry[name] = tomlkit.array().multiline(bool(edit.after))  # as SkillMeat's own save does
        entry[name].extend(edit.after)
    else:
        entry[name] = list(edit.after) if isinstance(edit.after, list) else edit.after


def _empty_table(parent: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return an empty table as *parent*, of tomlkit or plain, may hold it."""
    if type(parent) is dict:
        return {}
    return tomlkit.inline_table() if isinstance(parent, InlineTable) else tomlkit.table()


def _edit_entries(entries: list[Any], edits: Sequence[ManifestEdit]) -> None:
    """Make *edits* in a list of entries, of tomlkit or plain."""
    positions: dict[str | None, list[int]] = {}
    for position, entry in enumerate(entries):
        positions.setdefault(_artifact_id(entry), []).append(position)
    dropped: list[int] = []
    for edit in edits:
        first, *others = positions[edit.artifact_id]
        if edit.key == WHOLE_ENTRY:
            dropped += others
        else:
            _assign(entries[first], edit)
    # From the back, so that the positions before stay right.
    for position in sorted(dropped, reverse=True):
        del entries[position]


def _artifact_id(entry: object) -> str | None:
    if not isinstance(entry, Mapping) or "type" not in entry or "name" not in entry:
        return None
    return f"{entry['type']}:{entry['name']}"


def _can_hold(entry: Mapping[str, Any], key: str) -> bool:
    table: object = entry
    for step in key.split(".")[:-1]:
        table = table.get(step, {}) if isinstance(table, Mapping) else None
    return isinstance(table, Mapping)
