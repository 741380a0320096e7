"""Loads the manifests: every ``collection.toml`` as SkillMeat reads it, a row per entry."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

import pandas as pd
import tomli

from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.base.files import Unreadable, state_of
from skillmeat_audit.base.text import encodable
from skillmeat_audit.base.toml import parse_in_parts, parse_toml
from skillmeat_audit.loaders.home import file_collections
from skillmeat_audit.loaders.manifest_columns import LISTED, Columns, Entry, as_in_rows, columns_of
from skillmeat_audit.loaders.manifest_files import read_manifest
from skillmeat_audit.loaders.manifest_lines import EntryLines, syntax_context
from skillmeat_audit.loaders.manifest_mends import Mend, Unclear, origin_source_mend, text_mend
from skillmeat_audit.loaders.mistyped import value_faults
from skillmeat_audit.loaders.ordinary_entries import is_ordinary
from skillmeat_audit.loaders.parse_cache import ParseCache, states_array, states_in
from skillmeat_audit.loaders.refusals import Refusal, collection_refusal, entry_refusal
from skillmeat_audit.model.fields import MANIFEST_NAME
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.manifest_edits import WHOLE_ENTRY, is_same_toml
from skillmeat_audit.model.tables import MANIFEST, PROBLEMS

Record = dict[str, object]

_LOST = "SkillMeat cannot read this collection at all"


class Manifests(NamedTuple):
    """Entries (``MANIFEST``), ``PROBLEMS``, and whether a manifest may hide entries from us."""

    entries: pd.DataFrame
    problems: pd.DataFrame
    may_hide_entries: bool


def load_manifests(home: Home, cache: ParseCache | None = None) -> Manifests:
    """Return the entries of every file collection of *home*, and why manifests cannot be read.

    An unreadable manifest is a problem, not an error: the others are loaded all the same. Manifests
    that are unchanged in *cache* are not read again.
    """
    cache = cache or ParseCache(None)
    cached = _by_collection(cache.load(LISTED))
    parts: list[pd.DataFrame] = []
    problems: list[Record] = []
    may_hide_entries = has_news = False
    with Descent() as descent:
        for collection in file_collections(home):
            folder = Confined(home.collections, collection, descent, home.link_roots)
            if (entries := _unchanged(folder, cached.get(collection))) is None:
                read = _read_one(folder)
                entries = _frame(read)
                problems += read.problems
                may_hide_entries |= read.hidden
                has_news |= not read.problems
            parts.append(entries)
    entries = parts[0] if len(parts) == 1 else pd.concat([LISTED.empty(), *parts])
    # Positions follow the order of the collections now; cached ones are of an earlier load.
    entries = LISTED.conform(entries.assign(entry=range(len(entries))))
    if has_news and cache.is_stored(len(entries)):
        # Entries without a state are of a linked manifest or of one with problems, which are read
        # anew.
        cache.store(LISTED, entries[entries["device"].notna()])
    return Manifests(
        entries[list(MANIFEST.columns)], PROBLEMS.from_records(problems), may_hide_entries
    )


def _by_collection(cached: pd.DataFrame) -> dict[object, pd.DataFrame]:
    # To group an empty frame takes as long as to read a manifest of 100 entries.
    return {} if cached.empty else dict(iter(cached.groupby("file_collection")))


def _unchanged(folder: Confined, cached: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the *cached* entries of the collection in *folder* if its manifest is unchanged."""
    if cached is None or (file := folder.lstat_inside(MANIFEST_NAME)) is None:
        return None
    same = states_in(cached.head(1)) == states_array([state_of(file[1])])
    return cached if same.all() else None


class _Read(NamedTuple):
    """What one manifest holds: columns, and what all its entries have in common (``LISTED``).

    Also its problems, and whether it may hide entries. Only the entries of a manifest without a
    problem have a state, and are cached.
    """

    columns: Columns
    constants: Mapping[str, object]
    problems: list[Record]
    hidden: bool = True


def _frame(read: _Read) -> pd.DataFrame:
    """Return the entries of one manifest (``LISTED``); ``entry`` is null."""
    length = len(read.columns["position"])
    constants = {name: read.constants.get(name) for name in LISTED.columns.keys() - read.columns}
    return LISTED.build(
        read.columns | {name: [value] * length for name, value in constants.items()}
    )


class _Entries:
    """The entries of one manifest, of which parts are added as they are parsed.

    ``columns`` are those of the usable entries; of these, ``unusual`` may hold another type of
    value than a row. ``document`` is all else that the manifest holds.
    """

    def __init__(self) -> None:
        self.count = 0
        self.columns = columns_of({})
        self.unusual: dict[int, Entry] = {}
        self.refused: dict[int, tuple[object, Refusal]] = {}
        self.document: dict[str, object] = {}

    def add(self, part: dict[str, object]) -> None:
        """Add a *part* of the manifest."""
        self.document |= part
        entries = part.get("artifacts")
        if not isinstance(entries, list):
            return
        self.document["artifacts"] = []
        usable: dict[int, Entry] = {}
        for position, entry in enumerate(entries, self.count):
            if is_ordinary(entry):
                usable[position] = entry
            elif (refusal := _refusal_of(entry, position)) is not None:
                self.refused[position] = entry, refusal
            else:
                self.unusual[position] = entry
                usable[position] = as_in_rows(entry)
        self.count += len(entries)
        for name, values in columns_of(usable).items():
            self.columns[name] += values


def _read_one(folder: Confined) -> _Read:
    place = f"collections/{encodable(folder.name)}/{MANIFEST_NAME}"
    # The rest of the program handles names as text; a lone surrogate could not be stored or sent.
    if encodable(folder.name) != folder.name:
        return _unreadable_manifest(place, "the folder's name is not UTF-8; rename it")
    text = ""
    try:
        text, state = read_manifest(folder)
        entries = _parse(text)
    # tomli recurses per nested array: "[[[[…" is valid TOML and ends in RecursionError.
    except (OSError, ValueError, RecursionError) as exc:
        return _unreadable_manifest(place, _syntax_reason(text, exc))
    # Entries are listed although SkillMeat refuses the collection for one of them: their rows are
    # no orphans (docs/skillmeat.md#one-entry-hides-a-collection).
    problems, hidden = _refused_entries(place, text, entries)
    problems += _mistyped_values(place, text, entries)
    problems += _equal_entries(place, text, entries)
    for problem in problems:
        problem["file_collection"] = folder.name
    if (refusal := collection_refusal(entries.document)) is not None:
        problems.insert(0, _problem(place, _refusal_text(refusal)))
        hidden |= not isinstance(entries.document.get("artifacts"), list)
    constants = {"file_collection": folder.name, **({} if problems else state)}
    return _Read(entries.columns, constants, problems, hidden)


def _parse(text: str) -> _Entries:
    """Return the entries of the manifest *text*, parsed in parts where that is possible."""
    try:
        return _collect(parse_in_parts(text, "artifacts"))
    except (ValueError, RecursionError):
        return _collect([parse_toml(text)])


def _collect(parts: Iterable[dict[str, object]]) -> _Entries:
    entries = _Entries()
    for part in parts:
        entries.add(part)
    return entries


def _unreadable_manifest(place: str, detail: str) -> _Read:
    """Return the problem of a manifest whose entries cannot be listed."""
    return _Read(columns_of({}), {}, [_problem(place, detail)])


def _refused_entries(place: str, text: str, entries: _Entries) -> tuple[list[Record], bool]:
    """Return the problems of the *entries* that are refused, and whether one has no name."""
    lines = EntryLines(text, entries.count)
    problems, hidden = [], False
    for position, (entry, refusal) in entries.refused.items():
        artifact_id = _entry_id(entry)
        hidden |= artifact_id is None
        line = lines.line_of(position, refusal[0])
        problem = _problem(f"{place}:{line}", refusal[1], artifact_id)
        if refusal[0] == "origin_source":
            problem |= _mend("origin_source", origin_source_mend(cast("Entry", entry)))
        problems.append(problem)
    return problems, hidden


def _mistyped_values(place: str, text: str, entries: _Entries) -> Iterator[Record]:
    """Yield the problems of values that SkillMeat loads and then fails on, by entry."""
    lines = EntryLines(text, entries.count)
    for position, entry in entries.unusual.items():
        for kind, key, reason in value_faults(entry):
            detail = f"entry {position + 1} ({entry['name']}), key {key}: {reason}"
            at = f"{place}:{lines.line_of(position, key)}"
            mend = _mend(key, text_mend(_in_own_words(text, position), key))
            yield _problem(at, detail, _entry_id(entry)) | {"kind": kind} | mend


def _in_own_words(text: str, position: int) -> Mapping[str, object]:
    """Return an entry with its floats as the manifest writes them: 1.10, and not 1.1."""
    entry: Mapping[str, object] = tomli.loads(text, parse_float=str)["artifacts"][position]
    return entry


def _mend(key: str, mend: Mend) -> Record:
    """Return the columns of ``PROBLEMS`` that say how *key* can be mended."""
    return {"key": key, "mend": None if isinstance(mend, Unclear) else json.dumps(mend)}


def _equal_entries(place: str, text: str, entries: _Entries) -> Iterator[Record]:
    """Yield the artifacts that the manifest declares more than once, and each time the same."""
    artifact_ids = entries.columns["artifact_id"]
    if len(set(artifact_ids)) == len(artifact_ids):
        return
    declared: dict[str, list[int]] = {}
    for artifact_id, position in zip(artifact_ids, entries.columns["position"], strict=True):
        declared.setdefault(artifact_id, []).append(position)
    tables = cast("list[Entry]", parse_toml(text)["artifacts"])
    for artifact_id, positions in declared.items():
        first, *others = (tables[position] for position in positions)
        if others and all(is_same_toml(first, other) for other in others):
            line = EntryLines(text, entries.count).line_of(positions[-1], "name")
            problem = _problem(f"{place}:{line}", "an equal entry", artifact_id)
            yield problem | {"kind": "repeated"} | _mend(WHOLE_ENTRY, None)


def _refusal_of(entry: object, position: int) -> Refusal | None:
    """Return the key for which *entry* cannot be used, and the full message, None if it can."""
    try:
        if (refusal := entry_refusal(entry)) is not None:
            return refusal[0], _refusal_text(refusal, position)
        as_in_rows(cast("Entry", entry))
    except (ValueError, RecursionError) as exc:
        reason = f"entry {position + 1} holds a value that cannot be shown ({exc}); not audited"
        return "artifacts", reason
    return None


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
