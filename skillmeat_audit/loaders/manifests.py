"""Loads the manifests: every ``collection.toml`` as SkillMeat reads it, a row per entry."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import pandas as pd
import tomli

from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.base.files import Unreadable, state_of
from skillmeat_audit.base.text import encodable
from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.loaders.home import file_collections
from skillmeat_audit.loaders.manifest_files import read_manifest
from skillmeat_audit.loaders.manifest_lines import EntryLines, syntax_context
from skillmeat_audit.loaders.manifest_mends import Mend, Unclear, origin_source_mend, text_mend
from skillmeat_audit.loaders.mistyped import value_faults
from skillmeat_audit.loaders.parse_cache import STATE_COLUMNS, ParseCache, states_array, states_in
from skillmeat_audit.loaders.refusals import Refusal, collection_refusal, entry_refusal
from skillmeat_audit.model.contracts import Table
from skillmeat_audit.model.fields import MANIFEST_NAME, TOOLS, stem_of
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.manifest_edits import WHOLE_ENTRY, is_same_toml
from skillmeat_audit.model.tables import MANIFEST, PROBLEMS

Record = dict[str, object]

_LOST = "SkillMeat cannot read this collection at all"
# The keys of an entry, and of its metadata, that are a column of the same name.
_ENTRY_TEXTS = "path added import_id origin origin_source resolved_sha resolved_version".split()
_METADATA_TEXTS = ("description", "author", "license", "version")


class Manifests(NamedTuple):
    """Entries (``MANIFEST``), ``PROBLEMS``, and whether a manifest may hide entries from us."""

    entries: pd.DataFrame
    problems: pd.DataFrame
    may_hide_entries: bool


LISTED = Table(
    "manifests",
    "What the parse cache keeps of manifests: one row per entry of those without a problem.",
    {**STATE_COLUMNS, **MANIFEST.columns},
)


def load_manifests(home: Home, cache: ParseCache | None = None) -> Manifests:
    """Return the entries of every file collection of *home*, and why manifests cannot be read.

    An unreadable manifest is a problem, not an error: the others are loaded all the same. Manifests
    that are unchanged in *cache* are not read again.
    """
    cache = cache or ParseCache(None)
    cached = dict(iter(cache.load(LISTED).groupby("file_collection")))
    parts, problems = [LISTED.empty()], [PROBLEMS.empty()]
    may_hide_entries = has_news = False
    with Descent() as descent:
        for collection in file_collections(home):
            folder = Confined(home.collections, collection, descent, home.link_roots)
            if (entries := _unchanged(folder, cached.get(collection))) is None:
                entries, refused, hidden = _load_one(folder)
                problems.append(refused)
                may_hide_entries |= hidden
                has_news |= refused.empty
            parts.append(entries)
    entries = pd.concat(parts, ignore_index=True)
    # Positions follow the order of the collections now; cached ones are of an earlier load.
    entries["entry"] = pd.array(range(len(entries)), dtype="Int64")
    if has_news:
        # Entries without a state are of a linked manifest or of one with problems, which are read
        # anew.
        cache.store(LISTED, entries[entries["device"].notna()])
    return Manifests(
        entries[list(MANIFEST.columns)], pd.concat(problems, ignore_index=True), may_hide_entries
    )


def _unchanged(folder: Confined, cached: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the *cached* entries of the collection in *folder* if its manifest is unchanged."""
    if cached is None or (file := folder.lstat_inside(MANIFEST_NAME)) is None:
        return None
    same = states_in(cached.head(1)) == states_array([state_of(file[1])])
    return cached if same.all() else None


class _Read(NamedTuple):
    """The records of one manifest and of its problems, whether it may hide some, its state."""

    records: list[Record]
    problems: list[Record]
    hidden: bool = True
    state: dict[str, int | None] = {}  # noqa: RUF012 - read only


def _load_one(folder: Confined) -> Manifests:
    """Return the entries of one collection (``LISTED``), its problems, and if it may hide some.

    Only the entries of a manifest without a problem have a state, and are cached.
    """
    # Text and document, at 100,000 entries 400 MB, are gone before a frame is made of the records.
    read = _read_one(folder)
    listed = LISTED.from_records(read.records, **({} if read.problems else read.state))
    return Manifests(listed, PROBLEMS.from_records(read.problems), read.hidden)


def _read_one(folder: Confined) -> _Read:
    place = f"collections/{encodable(folder.name)}/{MANIFEST_NAME}"
    # The rest of the program handles names as text; a lone surrogate could not be stored or sent.
    if encodable(folder.name) != folder.name:
        return _unreadable_manifest(place, "the folder's name is not UTF-8; rename it")
    text = ""
    try:
        text, state = read_manifest(folder)
        document = parse_toml(text)
    # tomli recurses per nested array: "[[[[…" is valid TOML and ends in RecursionError.
    except (OSError, ValueError, RecursionError) as exc:
        return _unreadable_manifest(place, _syntax_reason(text, exc))
    refusal = collection_refusal(document)
    artifacts = document.get("artifacts")
    entries = artifacts if isinstance(artifacts, list) else []
    results = [_entry(folder.name, position, entry) for position, entry in enumerate(entries)]
    # Entries are listed although SkillMeat refuses the collection for one of them: their rows are
    # no orphans (docs/skillmeat.md#one-entry-hides-a-collection).
    problems, hidden = _refused_entries(place, text, entries, results)
    problems += _mistyped_values(place, text, entries, results)
    problems += _equal_entries(place, text, entries, results)
    for problem in problems:
        problem["file_collection"] = folder.name
    if refusal is not None:
        problems.insert(0, _problem(place, _refusal_text(refusal)))
        hidden |= artifacts is not entries
    records = [result for result in results if isinstance(result, dict)]
    return _Read(records, problems, hidden, state)


def _unreadable_manifest(place: str, detail: str) -> _Read:
    """Return the problem of a manifest whose entries cannot be listed."""
    return _Read([], [_problem(place, detail)])


def _refused_entries(
    place: str, text: str, entries: Sequence[object], results: Sequence[Record | Refusal]
) -> tuple[list[Record], bool]:
    """Return the problems of the *entries* that are refused, and whether one has no name."""
    lines = EntryLines(text, len(entries))
    problems, hidden = [], False
    for position, refusal in enumerate(results):
        if isinstance(refusal, dict):
            continue
        artifact_id = _entry_id(entries[position])
        hidden |= artifact_id is None
        line = lines.line_of(position, refusal[0])
        problem = _problem(f"{place}:{line}", refusal[1], artifact_id)
        if refusal[0] == "origin_source":
            entry = cast("Mapping[str, object]", entries[position])
            problem |= _mend("origin_source", origin_source_mend(entry))
        problems.append(problem)
    return problems, hidden


def _mistyped_values(
    place: str, text: str, entries: Sequence[object], results: Sequence[Record | Refusal]
) -> Iterator[Record]:
    """Yield the problems of values that SkillMeat loads and then fails on, by entry."""
    lines = EntryLines(text, len(entries))
    for position, record in enumerate(results):
        entry = entries[position]
        if not isinstance(record, dict) or not isinstance(entry, Mapping):
            continue
        for kind, key, reason in value_faults(entry):
            detail = f"entry {position + 1} ({record['name']}), key {key}: {reason}"
            at = f"{place}:{lines.line_of(position, key)}"
            mend = _mend(key, text_mend(_in_own_words(text, position), key))
            yield _problem(at, detail, str(record["artifact_id"])) | {"kind": kind} | mend


def _in_own_words(text: str, position: int) -> Mapping[str, object]:
    """Return an entry with its floats as the manifest writes them: 1.10, and not 1.1."""
    entry: Mapping[str, object] = tomli.loads(text, parse_float=str)["artifacts"][position]
    return entry


def _mend(key: str, mend: Mend) -> Record:
    """Return the columns of ``PROBLEMS`` that say how *key* can be mended."""
    return {"key": key, "mend": None if isinstance(mend, Unclear) else json.dumps(mend)}


def _equal_entries(
    place: str, text: str, entries: Sequence[object], results: Sequence[Record | Refusal]
) -> Iterator[Record]:
    """Yield the artifacts that the manifest declares more than once, and each time the same."""
    declared: dict[object, list[int]] = {}
    for position, record in enumerate(results):
        if isinstance(record, dict):
            declared.setdefault(record["artifact_id"], []).append(position)
    for artifact_id, positions in declared.items():
        first, *others = (entries[position] for position in positions)
        if others and all(is_same_toml(first, other) for other in others):
            line = EntryLines(text, len(entries)).line_of(positions[-1], "name")
            problem = _problem(f"{place}:{line}", "an equal entry", str(artifact_id))
            yield problem | {"kind": "repeated"} | _mend(WHOLE_ENTRY, None)


def _entry(collection: str, position: int, entry: object) -> Record | Refusal:
    """Return the record of *entry*; if it cannot be used, the key at fault and the full message."""
    try:
        if (refusal := entry_refusal(entry)) is not None:
            return refusal[0], _refusal_text(refusal, position)
        assert isinstance(entry, Mapping)
        return _record(collection, position, entry)
    except (ValueError, RecursionError) as exc:
        reason = f"entry {position + 1} holds a value that cannot be shown ({exc}); not audited"
        return "artifacts", reason


def _syntax_reason(text: str, exc: BaseException) -> str:
    if isinstance(exc, OSError):
        return f"cannot be read: {exc.strerror or exc}"
    if isinstance(exc, UnicodeDecodeError):
        return f"is not UTF-8 (byte {exc.start}); {_LOST}"
    if isinstance(exc, RecursionError):
        return f"is nested too deeply; {_LOST}"
    if isinstance(exc, Unreadable):
        return f"{exc}; {_LOST}"
    return f"is not TOML 1.0: {exc}{syntax_context(text, exc)}; {_LOST}"


def _refusal_text(refusal: Refusal, position: int | None = None) -> str:
    key, reason = refusal
    entry = "" if position is None else f"entry {position + 1}, "
    return f"{entry}key {key}: {reason}; SkillMeat refuses the whole collection for it"


def _problem(place: str, detail: str, artifact_id: str | None = None) -> Record:
    return {"kind": "manifest", "place": place, "detail": detail, "artifact_id": artifact_id}


def _entry_id(entry: object) -> str | None:
    if (
        isinstance(entry, Mapping)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("type"), str)
    ):
        return f"{entry['type']}:{entry['name']}"
    return None


def _record(collection: str, position: int, entry: Mapping[str, object]) -> Record:
    metadata = entry.get("metadata", {})
    assert isinstance(metadata, Mapping)
    artifact_id = f"{entry['type']}:{entry['name']}"
    return {
        "file_collection": collection,
        "position": position,
        "artifact_id": artifact_id,
        "stem": stem_of(artifact_id),
        "name": entry["name"],
        "type": entry["type"],
        # Such an entry loads and cannot be saved: docs/skillmeat.md#manifest-cannot-be-saved.
        "linked": bool(metadata.get("linked_artifacts")),
        "source": _text(entry.get("upstream")),
        "tags_json": _list(_tags(entry.get("tags"), metadata.get("tags"))),
        "tools_json": _list(tool for tool in _strings(metadata.get("tools")) if tool in TOOLS),
        **{name: _text(entry.get(name)) for name in _ENTRY_TEXTS},
        **{name: _text(metadata.get(name)) for name in _METADATA_TEXTS},
    }


def _tags(entry_tags: object, metadata_tags: object) -> Iterator[str]:
    """Yield the entry's tags, then those of its metadata, unique, in SkillMeat's order."""
    return iter(dict.fromkeys([*_strings(entry_tags), *_strings(metadata_tags)]))


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """Return *value* as SkillMeat writes it into a row, None for what no row can hold."""
    if value is None or isinstance(value, str):  # nearly all; the question for a Mapping is slow
        return value
    return None if isinstance(value, (list, Mapping)) else str(value)


def _list(items: Iterator[str]) -> str | None:
    return json.dumps(values) if (values := list(items)) else None
