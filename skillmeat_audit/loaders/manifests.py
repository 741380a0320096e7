"""Loads the manifests: every ``collection.toml`` as SkillMeat reads it, a row per entry."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import pandas as pd
import tomli

from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.base.files import Unreadable, state_of
from skillmeat_audit.base.text import encodable
from skillmeat_audit.loaders.home import MANIFEST_NAME, file_collections
from skillmeat_audit.loaders.parse_cache import STATE_COLUMNS, ParseCache, states_array, states_in
from skillmeat_audit.loaders.refusals import Refusal, collection_refusal, entry_refusal
from skillmeat_audit.model.fields import SUFFIXES, TOOLS
from skillmeat_audit.model.snapshot import Home
from skillmeat_audit.model.tables import MANIFEST, PROBLEMS, Table

SIZE_LIMIT_BYTES = 256 * 1024 * 1024

Record = dict[str, object]

_LOST = "SkillMeat cannot read this collection at all"
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*artifacts[ \t]*\]\]", re.MULTILINE)
# What tomli accepts of TOML 1.1 and SkillMeat's tomllib may not: then tomllib has the last word.
# Each begins with the character that is rarest in it: a manifest is searched as fast as it is read.
_NEWER_TOML = (
    re.compile(r"\\[ex]"),
    re.compile(r"\{(?:(?<=[=,\[\n].)|(?<=[=,\[\n][ \t].)|(?<=[=,\[\n][ \t]{2}.)|(?<=[ \t]{3}.))"),
    re.compile(r":(?<=(?<![\d:])\d\d:)\d\d(?![\d:])"),
)
_TOOLS = frozenset(TOOLS)


class Manifests(NamedTuple):
    """What the manifests say: ``MANIFEST``, ``PROBLEMS``, and whether entries may be hidden."""

    entries: pd.DataFrame
    problems: pd.DataFrame
    may_hide_entries: bool


# What the index remembers: the entries of manifests that nothing is wrong with.
LISTED = Table("manifests", {**STATE_COLUMNS, **MANIFEST.columns})


def load_manifests(home: Home, index: ParseCache | None = None) -> Manifests:
    """Return the entries of every file collection of *home*, and what made a manifest unreadable.

    An unreadable manifest is a problem, not an error: the others are loaded all the same. Those
    that *index* knows are not read again.
    """
    index = index or ParseCache(None)
    known = dict(iter(index.remembered(LISTED).groupby("file_collection")))
    parts, problems = [LISTED.empty()], [PROBLEMS.empty()]
    hidden = learned = False
    with Descent() as descent:
        for collection in file_collections(home):
            folder = Confined(home.collections, collection, descent, home.link_roots)
            if (listed := _unchanged(folder, known.get(collection))) is None:
                listed, refused, unlisted = _load_one(folder)
                problems.append(refused)
                hidden |= unlisted
                learned |= refused.empty
            parts.append(listed)
    entries = pd.concat(parts, ignore_index=True)
    if learned:
        index.keep(LISTED, entries[entries["device"].notna()])
    entries = MANIFEST.conform(entries.assign(entry=range(len(entries))))
    return Manifests(entries, pd.concat(problems, ignore_index=True), hidden)


def _unchanged(folder: Confined, known: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the entries *known* of the collection in *folder*, if its manifest is as it was."""
    if known is None or (plain := folder.plain(MANIFEST_NAME)) is None:
        return None
    same = states_in(known.head(1)) == states_array([state_of(plain[1])])
    return known if same.all() else None


def stem_of(artifact_id: str) -> str:
    """Return *artifact_id* without one of the suffixes that SkillMeat ignores in a look-up."""
    if "." not in artifact_id:
        return artifact_id
    return next(
        (artifact_id.removesuffix(end) for end in SUFFIXES if artifact_id.endswith(end)),
        artifact_id,
    )


def parse_manifest(text: str) -> dict[str, object]:
    """Return the document in *text*, read as SkillMeat reads it: TOML 1.0, by tomllib's judgement.

    Raises `tomli.TOMLDecodeError` or `tomllib.TOMLDecodeError` (both `ValueError`).
    """
    document = tomli.loads(text)
    if any(newer.search(text) for newer in _NEWER_TOML):
        tomllib.loads(text)
    return document


def _load_one(folder: Confined) -> Manifests:
    """Return a collection's entries (``LISTED``), its problems, and whether it may hide entries."""
    place = f"collections/{encodable(folder.name)}/{MANIFEST_NAME}"
    if encodable(folder.name) != folder.name:
        return _unlisted(place, "the folder's name is not UTF-8; rename it")
    text = ""
    try:
        text, state = _read(folder)
        document = parse_manifest(text)
    except (OSError, ValueError, RecursionError) as exc:
        return _unlisted(place, _syntax_reason(text, exc))
    refusal = collection_refusal(document)
    listed = document.get("artifacts")
    entries = listed if isinstance(listed, list) else []
    found = [_entry(folder.name, position, entry) for position, entry in enumerate(entries)]
    told = MANIFEST.from_records([each for each in found if isinstance(each, dict)])
    problems, hidden = _refusals(place, text, entries, found)
    if refusal is not None:
        problems.insert(0, _problem(place, _refused(refusal)))
        hidden |= listed is not entries
    kept = dict.fromkeys(STATE_COLUMNS) if problems else state
    return Manifests(LISTED.conform(told.assign(**kept)), PROBLEMS.from_records(problems), hidden)


def _unlisted(place: str, detail: str) -> Manifests:
    """Return what is known of a manifest that does not even tell its entries."""
    return Manifests(LISTED.empty(), PROBLEMS.from_records([_problem(place, detail)]), True)


def _refusals(
    place: str, text: str, entries: Sequence[object], found: Sequence[Record | Refusal]
) -> tuple[list[Record], bool]:
    """Return the problems of the *entries* that are refused, and whether they hide artifacts."""
    places = _Places(text, len(entries))
    problems, hidden = [], False
    for position, refusal in enumerate(found):
        if isinstance(refusal, dict):
            continue
        name = _known_id(entries[position])
        hidden |= name is None
        where = f"{place}:{places.line_of(position, refusal[0])}"
        problems.append(_problem(where, refusal[1], name))
    return problems, hidden


def _entry(collection: str, position: int, entry: object) -> Record | Refusal:
    """Return what *entry* says; where it cannot be used, the key at fault and the whole story."""
    try:
        if (refusal := entry_refusal(entry)) is not None:
            return refusal[0], _refused(refusal, position)
        assert isinstance(entry, Mapping)
        return _record(collection, position, entry)
    except (ValueError, RecursionError) as exc:
        return (
            "artifacts",
            f"entry {position + 1} holds a value that cannot be shown ({exc}); not audited",
        )


def _read(folder: Confined) -> tuple[str, dict[str, int | None]]:
    """Return the text of the manifest in *folder* and its state, null where it is a link.

    What SkillMeat could not hold is refused.
    """
    real = folder.real(MANIFEST_NAME)
    if folder.is_link_outside:
        raise Unreadable(
            "is not read: the collection's folder is a link; the setting allow-links names folders "
            "that links may lead to"
        )
    if real is None:
        raise Unreadable("is a link out of the collection folder, or leads nowhere; it is not read")
    content, facts = folder.descent.read(real, SIZE_LIMIT_BYTES)
    linked = folder.plain(MANIFEST_NAME) is None
    if content.startswith(b"\xef\xbb\xbf"):
        raise Unreadable("starts with a byte order mark, which TOML does not allow")
    return content.decode("utf-8"), dict.fromkeys(STATE_COLUMNS) if linked else state_of(
        facts
    )._asdict()


def _syntax_reason(text: str, exc: BaseException) -> str:
    if isinstance(exc, OSError):
        return f"cannot be read: {exc.strerror or exc}"
    if isinstance(exc, UnicodeDecodeError):
        return f"is not UTF-8 (byte {exc.start}); {_LOST}"
    if isinstance(exc, RecursionError):
        return f"is nested too deeply; {_LOST}"
    if isinstance(exc, Unreadable):
        return f"{exc}; {_LOST}"
    line = getattr(exc, "lineno", None) or _line_in(str(exc))
    context = _context(text, line) if line else ""
    return f"is not TOML 1.0: {exc}{context}; {_LOST}"


def _line_in(message: str) -> int | None:
    found = re.search(r"line (\d+)", message)
    return int(found[1]) if found else None


def _context(manifest: str, line: int) -> str:
    """Return which entry and key stand at *line*, as far as the text tells."""
    before = manifest.split("\n")[:line]
    number = len(_HEADER.findall("\n".join(before)))
    name = next((found for text in reversed(before) if (found := _assigned(text, "name"))), None)
    key = before[-1].partition("=")[0].strip() if before and "=" in before[-1] else None
    entry = f", entry {number}" + (f" ({name})" if name else "") if number else ""
    return entry + (f", key {key}" if key else "")


def _assigned(line: str, key: str) -> str | None:
    found = re.match(rf'\s*{key}\s*=\s*"([^"]*)"', line)
    return found[1] if found else None


def _refused(refusal: Refusal, position: int | None = None) -> str:
    key, reason = refusal
    entry = "" if position is None else f"entry {position + 1}, "
    return f"{entry}key {key}: {reason}; SkillMeat refuses the whole collection for it"


def _problem(place: str, detail: str, artifact_id: str | None = None) -> Record:
    return {"kind": "manifest", "place": place, "detail": detail, "artifact_id": artifact_id}


def _known_id(entry: object) -> str | None:
    if (
        isinstance(entry, Mapping)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("type"), str)
    ):
        return f"{entry['type']}:{entry['name']}"
    return None


class _Places:
    """Where entries and keys stand in a manifest's text; looked up only when something is wrong."""

    def __init__(self, text: str, count: int) -> None:
        self._text, self._count = text, count

    def line_of(self, position: int, key: str) -> int | str:
        """Return the line of *key* in an entry, else the entry's, ``?`` where the text hides it."""
        if len(self._headers) != self._count:
            return "?"
        start, end = self._headers[position], [*self._headers, None][position + 1]
        table, _, wanted = f"artifacts.{key}".rpartition(".")
        here = ""
        for number, line in enumerate(self._lines[start:end], start + 1):
            if line.lstrip().startswith("["):
                here = line.partition("#")[0].strip(" \t\r[]")
            elif here == table and line.partition("=")[0].strip() == wanted:
                return number
        return start + 1

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    @cached_property
    def _headers(self) -> list[int]:
        return [number for number, line in enumerate(self._lines) if _HEADER.match(line)]


def _record(collection: str, position: int, entry: Mapping[str, object]) -> Record:
    metadata = entry.get("metadata", {})
    assert isinstance(metadata, Mapping)
    artifact_id = f"{entry['type']}:{entry['name']}"
    return {
        "file_collection": collection, "position": position,
        "artifact_id": artifact_id, "stem": stem_of(artifact_id),
        "name": entry["name"], "type": entry["type"], "path": _text(entry["path"]),
        "added": _text(entry["added"]), "import_id": _text(entry.get("import_id")),
        "linked": bool(metadata.get("linked_artifacts")),
        "description": _text(metadata.get("description")),
        "source": _text(entry.get("upstream")),
        "origin": _text(entry["origin"]), "origin_source": _text(entry.get("origin_source")),
        "tags_json": _list(_tags(entry.get("tags"), metadata.get("tags"))),
        "author": _text(metadata.get("author")), "license": _text(metadata.get("license")),
        "tools_json": _list(tool for tool in _strings(metadata.get("tools")) if tool in _TOOLS),
        "version": _text(metadata.get("version")),
        "resolved_sha": _text(entry.get("resolved_sha")),
        "resolved_version": _text(entry.get("resolved_version")),
    }  # fmt: skip


def _tags(own: object, inherited: object) -> Iterator[str]:
    """Yield the entry's tags, then those of its metadata, each once (SkillMeat's order)."""
    return iter(dict.fromkeys([*_strings(own), *_strings(inherited)]))


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _list(items: Iterator[str]) -> str | None:
    found = list(items)
    return json.dumps(found) if found else None
