"""What SkillMeat's pages show of a row: its four texts, their origin, and a clickable link.

The rules are those of ``GET /api/v1/user-collections/{id}/artifacts`` and of the pages that read it
(docs/skillmeat.md#what-pages-show), as the latest release of each era has them; they are not the
rules of a repair. A correct page does not mean a correct row, nor the other way round: a row that
was never synced is served from the manifest.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import Bools, Ints, Objects, is_true
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY, PAGES

PAGE_COLUMNS = ("description", "source", "origin", "origin_source")
FROM_ROW, FROM_MANIFEST, RECONSTRUCTED = "row", "manifest", "reconstructed"
NO_SOURCE = "the row and its manifest have no source"
# What the pages request: the first sources, and the first entries that a search by name finds.
SOURCES_LOADED, ENTRIES_FOUND, LEAST_CONFIDENCE = 100, 10, 30


def page_cells(snapshot: Snapshot) -> pd.DataFrame:
    """Return ``PAGES``: what pages show of each row of the cache, in the order of ``ROWS``."""
    rows = snapshot.rows
    entry = _served_entry(snapshot)
    synced = rows["synced_at"].notna()
    served = pd.Series(entry >= 0, index=rows.index)
    tier = pd.Series(RECONSTRUCTED, index=rows.index, dtype="string")
    tier = tier.mask(served, FROM_MANIFEST).mask(synced, FROM_ROW)
    texts = {column: _page_text(snapshot, column, entry, synced) for column in PAGE_COLUMNS}
    obstacle = link_obstacles(snapshot, texts["source"])
    keys = {key: rows[key] for key in KEY}
    link = {"clickable": obstacle.isna(), "obstacle": obstacle}
    return PAGES.build({**keys, "tier": tier, **texts, **link})


def _served_entry(snapshot: Snapshot) -> Ints:
    """Return the manifest entry that serves each row, -1 for none: the active collection's first.

    One bad entry makes SkillMeat refuse the whole collection.
    """
    if is_active_refused(snapshot):
        return np.full(len(snapshot.rows), -1)
    manifest = snapshot.manifest
    entries = manifest[is_true(manifest["file_collection"] == snapshot.home.active_collection)]
    exact, loose = (
        _labels(snapshot.rows[name], entries[name].drop_duplicates())
        for name in ("artifact_id", "stem")
    )
    return np.where(exact >= 0, exact, loose)


def is_active_refused(snapshot: Snapshot) -> bool:
    """Return True if SkillMeat cannot read the manifest of the active file collection."""
    active, problems = snapshot.home.active_collection, snapshot.problems
    in_active = is_true(problems["place"].str.startswith(f"collections/{active}/"))
    return bool((in_active & is_true(problems["kind"] == "manifest")).any())


def _labels(keys: pd.Series, table: pd.Series) -> Ints:
    """Return the index label in *table* (unique) of each key, -1 for keys that it lacks."""
    positions = pd.Index(table).get_indexer(pd.Index(keys))
    labels: Ints = np.append(table.index.to_numpy(dtype=int), -1)[positions]
    return labels


def _page_text(snapshot: Snapshot, column: str, entry: Ints, synced: pd.Series) -> pd.Series:
    """Return what pages show of each row in *column*; a source is never empty."""
    rows = snapshot.rows
    absent = pd.Series(pd.NA, rows.index, dtype="string")
    of_row = _not_empty(rows[column])
    taken = snapshot.manifest[column].array.take(entry, allow_fill=True)
    of_manifest = _not_empty(pd.Series(taken, index=rows.index))
    of_artifact = _not_empty(rows[f"held_{column}"]) if f"held_{column}" in rows else absent
    unsynced = of_manifest.where(entry >= 0, of_artifact)
    if column == "source":
        of_row = of_row.fillna(_source_of_any_row(rows)).fillna(of_manifest)
        # docs/skillmeat.md#type-and-name-as-source
        return of_row.where(synced, unsynced).fillna(rows["artifact_id"])
    # The list of a collection answers none for a synced row, whatever the row holds.
    if column == "origin_source" and snapshot.era == "artifact_uuid":
        of_row = absent  # docs/skillmeat.md#pages-drop-columns
    return of_row.where(synced, unsynced)


def _not_empty(values: pd.Series) -> pd.Series:
    """Return *values* with empty texts as ``<NA>``: pages treat both alike."""
    return values.mask(is_true(values == ""))


def _source_of_any_row(rows: pd.DataFrame) -> pd.Series:
    """Return, per row, the source that the artifact's rows of other collections hold."""
    sources = rows.assign(source=_not_empty(rows["source"])).dropna(subset=["source"])
    last = sources.drop_duplicates("artifact_id", keep="last").set_index("artifact_id")["source"]
    return rows["artifact_id"].map(last).astype("string")


def link_obstacles(snapshot: Snapshot, source: pd.Series) -> pd.Series:
    """Return why *source*, if pages show it of each row, cannot be clicked, else ``<NA>``."""
    ids = snapshot.rows["artifact_id"]
    unregistered = "no registered source is its repository"
    obstacle = pd.Series(unregistered, ids.index, dtype="string")
    clickable = pd.Series(False, index=ids.index)
    # Pages test one source after the other; any of them can make the link work.
    for number, registered in enumerate(records(snapshot.cache.sources)):
        match = _mentions(source, registered)
        if number >= SOURCES_LOADED:
            late = f"its source is not among the first {SOURCES_LOADED} that the pages load"
            obstacle = obstacle.mask(match & is_true(obstacle == unregistered), late)
            continue
        entries = snapshot.catalog[is_true(snapshot.catalog["source_id"] == registered["id"])]
        hidden = _hidden(entries)
        obstacle = obstacle.mask(match, "the catalogue has no entry of this name and type")
        for reason, mask in hidden.items():
            hidden_ids = entries.loc[mask, "artifact_id"]
            obstacle = obstacle.mask(match & is_in(ids, hidden_ids), reason)
        visible = entries.loc[~np.logical_or.reduce(list(hidden.values())), "artifact_id"]
        clickable |= match & is_in(ids, visible)
    obstacle = obstacle.mask(is_true(source == ids), NO_SOURCE)
    return obstacle.mask(clickable)


def _mentions(source: pd.Series, registered: Mapping[str, object]) -> pd.Series:
    """Return where *source* contains the repository of a registered source, as pages test it."""
    named = source.str.contains(f"{registered['owner']}/{registered['repo_name']}", regex=False)
    return is_true(named) | is_true(source.str.contains(str(registered["repo_url"]), regex=False))


def _hidden(entries: pd.DataFrame) -> dict[str, Bools]:
    """Return by reason which catalogue *entries* of one source a search does not list."""
    # An entry without a score counts as certain.
    score = pd.to_numeric(entries["confidence_score"], errors="coerce").fillna(100)
    confidence = score.to_numpy(dtype=float)
    return {
        "its catalogue entry is excluded": is_true(entries["status"] == "excluded").to_numpy(),
        f"its catalogue entry has less than {LEAST_CONFIDENCE} % confidence": (
            confidence < LEAST_CONFIDENCE
        ),
        f"{ENTRIES_FOUND} entries with more confidence have its name in theirs": (
            _behind_others(entries["name"].str.lower(), confidence)
        ),
    }


def _behind_others(names: pd.Series, confidence: Objects) -> Bools:
    """Return which entries a search for their own name pushes off its only page."""
    # A loop over few: the entries of one source that ten others exceed in confidence.
    ascending = np.sort(confidence)
    ahead = len(ascending) - np.searchsorted(ascending, confidence, side="right")
    behind = np.zeros(len(names), dtype=bool)
    for position in np.flatnonzero(ahead >= ENTRIES_FOUND):
        rivals = names[confidence > confidence[position]]
        alike = is_true(rivals.str.contains(names.iloc[position], regex=False))
        behind[position] = alike.sum() >= ENTRIES_FOUND
    return behind
