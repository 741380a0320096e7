"""What SkillMeat's pages show of a row: its four texts, their origin, and a clickable link.

The rules are those of ``GET /api/v1/user-collections/{id}/artifacts`` and of the pages that read it
(docs/skillmeat.md#what-pages-show), as the latest release of each era has them; they are not the
rules of a repair. A correct page does not mean a correct row, nor the other way round: a row that
was never synced is served from the manifest.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, positions_in, to_arrow
from skillmeat_audit.base.columns import choose, equals, is_among, is_present, matches
from skillmeat_audit.diff.compare import Bools, Ints, Objects, is_true
from skillmeat_audit.diff.links import look_up_last
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY, PAGES

PAGE_COLUMNS = ("description", "source", "origin", "origin_source")
FROM_ROW, FROM_MANIFEST, RECONSTRUCTED = "row", "manifest", "reconstructed"
NO_SOURCE = "the row and its manifest have no source"
# What the pages request: the first sources, and the first entries that a search by name finds.
SOURCES_LOADED, ENTRIES_FOUND, LEAST_CONFIDENCE = 100, 10, 30
_UNREGISTERED = "no registered source is its repository"
_NOT_LOADED = f"its source is not among the first {SOURCES_LOADED} that the pages load"


def page_cells(snapshot: Snapshot) -> pd.DataFrame:
    """Return ``PAGES``: what pages show of each row of the cache, in the order of ``ROWS``."""
    rows = snapshot.rows
    entry = _served_entry(snapshot)
    synced = is_present(to_arrow(rows["synced_at"]))
    tier = choose(synced, FROM_ROW, choose(entry >= 0, FROM_MANIFEST, RECONSTRUCTED))
    texts = {column: _page_text(snapshot, column, entry, synced) for column in PAGE_COLUMNS}
    obstacle = link_obstacles(snapshot, texts["source"])
    keys = {key: rows[key] for key in KEY}
    link = {"clickable": ~is_present(obstacle), "obstacle": obstacle}
    return PAGES.build({**keys, "tier": tier, **texts, **link})


def _served_entry(snapshot: Snapshot) -> Ints:
    """Return the manifest entry that serves each row, -1 for none: the active collection's first.

    One bad entry makes SkillMeat refuse the whole collection.
    """
    if is_active_refused(snapshot):
        return np.full(len(snapshot.rows), -1)
    file_collections = to_arrow(snapshot.manifest["file_collection"])
    entries = np.flatnonzero(equals(file_collections, snapshot.home.active_collection))
    exact, loose = (
        _first_entry(snapshot.rows[name], snapshot.manifest[name], entries)
        for name in ("artifact_id", "stem")
    )
    return np.where(exact >= 0, exact, loose)


def is_active_refused(snapshot: Snapshot) -> bool:
    """Return True if SkillMeat cannot read the manifest of the active file collection."""
    active, problems = snapshot.home.active_collection, snapshot.problems
    if problems.empty:
        return False
    in_active = is_true(problems["place"].str.startswith(f"collections/{active}/"))
    return bool((in_active & is_true(problems["kind"] == "manifest")).any())


def _first_entry(keys: pd.Series, names: pd.Series, entries: Ints) -> Ints:
    """Return the first of *entries* whose name is each of *keys*, -1 where there is none."""
    # Of equal names `positions_in` takes the first.
    positions = positions_in(keys, names.take(entries))
    return np.append(entries, -1)[positions]


def _page_text(snapshot: Snapshot, column: str, entry: Ints, synced: Bools) -> pa.Array:
    """Return what pages show of each row in *column*; a source is never empty."""
    rows = snapshot.rows
    shown = _not_empty(to_arrow(rows[column]))
    if column == "source":
        shown = _source_of_any_row(rows["artifact_id"], shown)
        shown = _fill(shown, lambda absent: _text_of_entries(snapshot, column, entry[absent]))
    # The list of a collection answers none for a synced row, whatever the row holds.
    elif column == "origin_source" and snapshot.era == "artifact_uuid":
        shown = pa.nulls(len(rows), ARROW_TEXT)  # docs/skillmeat.md#pages-drop-columns
    unsynced = np.flatnonzero(~synced)
    shown = _replace(shown, unsynced, _text_of_unsynced(snapshot, column, entry, unsynced))
    if column == "source":  # docs/skillmeat.md#type-and-name-as-source
        ids = to_arrow(rows["artifact_id"])
        shown = _fill(shown, lambda absent: ids.take(pa.array(absent)))
    return shown


def _text_of_entries(snapshot: Snapshot, column: str, entry: Ints) -> pa.Array:
    """Return what each *entry* of the manifest holds in *column*; -1 is no entry."""
    values = to_arrow(snapshot.manifest[column])
    return _not_empty(values.take(pa.array(entry, mask=entry < 0)))


def _text_of_unsynced(snapshot: Snapshot, column: str, entry: Ints, unsynced: Ints) -> pa.Array:
    """Return what pages show of the *unsynced* rows: the manifest's text or the artifact's."""
    of_manifest = _text_of_entries(snapshot, column, entry[unsynced])
    held = f"held_{column}"
    if held not in snapshot.rows:
        return of_manifest
    of_artifact = _not_empty(to_arrow(snapshot.rows[held]).take(pa.array(unsynced)))
    return choose(entry[unsynced] >= 0, of_manifest, of_artifact)


def _replace(values: pa.Array, positions: Ints, texts: pa.Array) -> pa.Array:
    """Return *values* with *texts* at *positions*; the same array where there are none."""
    if not len(positions):
        return values
    mask = np.zeros(len(values), dtype=bool)
    mask[positions] = True
    return pc.replace_with_mask(values, pa.array(mask), texts)


def _fill(values: pa.Array, texts_at: Callable[[Ints], pa.Array]) -> pa.Array:
    """Return *values* with what *texts_at* has for the positions at which they are null."""
    absent = np.flatnonzero(~is_present(values))
    return _replace(values, absent, texts_at(absent)) if len(absent) else values


def _not_empty(values: pa.Array) -> pa.Array:
    """Return *values* with empty texts as null: pages treat both alike."""
    is_empty = equals(values, "")
    return choose(~is_empty, values, None) if is_empty.any() else values


def _source_of_any_row(ids: pd.Series, source: pa.Array) -> pa.Array:
    """Return *source*, where it is null that which other rows of the artifact hold."""
    names = to_arrow(ids)
    if not is_among(names.filter(source.is_null()), names.filter(source.is_valid())).any():
        return source
    sources = from_arrow(source).set_axis(ids.index)
    return pc.coalesce(source, to_arrow(look_up_last(ids, ids.where(sources.notna()), sources)))


def link_obstacles(snapshot: Snapshot, source: pa.Array) -> pa.Array:
    """Return why *source*, if pages show it of each row, cannot be clicked, else null."""
    ids, entries = snapshot.rows["artifact_id"], snapshot.catalog
    names = from_arrow(to_arrow(entries["artifact_id"]).unique())
    row_name, entry_name = positions_in(ids, names), positions_in(entries["artifact_id"], names)
    listed_by = positions_in(entries["source_id"], snapshot.cache.sources["id"])
    obstacle = np.full(len(ids), _UNREGISTERED, dtype=object)
    clickable = np.zeros(len(ids), dtype=bool)
    hidden = _hidden(entries, listed_by)
    distinct = source.dictionary_encode()
    number_of_text = pc.fill_null(distinct.indices, -1).to_numpy()
    # Pages test one source after the other; any of them can make the link work.
    for number, registered in enumerate(records(snapshot.cache.sources)):
        is_named = np.append(_mentions(distinct.dictionary, registered), False)
        rows = np.flatnonzero(is_named[number_of_text])
        if number >= SOURCES_LOADED:
            obstacle[rows[obstacle[rows] == _UNREGISTERED]] = _NOT_LOADED
            continue
        of_source = np.flatnonzero(listed_by == number)
        obstacle[rows] = "the catalogue has no entry of this name and type"
        visible = of_source
        for reason, mask in hidden.items():
            visible = visible[~mask[visible]]
            concealed = of_source[mask[of_source]]
            obstacle[_named(rows, row_name, entry_name[concealed])] = reason
        clickable[_named(rows, row_name, entry_name[visible])] = True
    obstacle[equals(source, to_arrow(ids))] = NO_SOURCE
    obstacle[clickable] = None
    return pa.array(obstacle, ARROW_TEXT)


def _named(rows: Ints, row_name: Ints, names: Ints) -> Ints:
    """Return those of *rows* whose name is among *names*; -1 is no name."""
    if not len(names):
        return names
    is_listed = np.zeros(max(row_name.max(initial=0), names.max(initial=0)) + 2, dtype=bool)
    is_listed[names] = True
    is_listed[-1] = False
    return rows[is_listed[row_name[rows]]]


def _mentions(source: pa.Array, registered: Mapping[str, object]) -> Bools:
    """Return where *source* contains the repository of a registered source, as pages test it."""
    name, url = f"{registered['owner']}/{registered['repo_name']}", str(registered["repo_url"])
    # As expressions: Arrow finds these more than twice as fast as substrings.
    named = matches(source, re.escape(name))
    # An address with the name in it is nowhere the name is not.
    return named if name in url else named | matches(source, re.escape(url))


def _hidden(entries: pd.DataFrame, listed_by: Ints) -> dict[str, Bools]:
    """Return by reason which catalogue *entries* a search does not list.

    *listed_by* is the position of the source of each entry, -1 without a registered one.
    """
    # An entry without a score counts as certain.
    encoded = to_arrow(entries["confidence_score"]).dictionary_encode()
    scores = pd.to_numeric(from_arrow(encoded.dictionary), errors="coerce").fillna(100)
    confidence = np.append(scores, 100.0)[pc.fill_null(encoded.indices, -1).to_numpy()]
    return {
        "its catalogue entry is excluded": equals(to_arrow(entries["status"]), "excluded"),
        f"its catalogue entry has less than {LEAST_CONFIDENCE} % confidence": (
            confidence < LEAST_CONFIDENCE
        ),
        f"{ENTRIES_FOUND} entries with more confidence have its name in theirs": (
            _behind_others(entries["name"], confidence, listed_by)
        ),
    }


def _behind_others(names: pd.Series, confidence: Objects, listed_by: Ints) -> Bools:
    """Return which entries a search of their source for their own name pushes off its only page."""
    behind = np.zeros(len(names), dtype=bool)
    for number in range(listed_by.max(initial=-1) + 1):
        of_source = np.flatnonzero(listed_by == number)
        ascending = np.sort(confidence[of_source])
        rank = np.searchsorted(ascending, confidence[of_source], side="right")
        # A loop over few: the entries of one source that ten others exceed in confidence.
        for position in of_source[len(ascending) - rank >= ENTRIES_FOUND]:
            rivals = of_source[confidence[of_source] > confidence[position]]
            lower = names.take(rivals).str.lower()
            alike = is_true(lower.str.contains(names.iloc[position].lower(), regex=False))
            behind[position] = alike.sum() >= ENTRIES_FOUND
    return behind
