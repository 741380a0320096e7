"""What SkillMeat's pages show of a row: its four texts, where they come from, and a clickable link.

The rules are those of ``GET /api/v1/user-collections/{id}/artifacts`` and of the pages that read it
(§6), as the latest release of each era has them; they are not the rules of a repair. A row that
looks right here may be wrong, and the other way round: a row that was never synced is served from
the manifest.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.expected import Bools, Ints, Objects
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import PAGES

SHOWN = ("description", "source", "origin", "origin_source")
ROW, MANIFEST, RECONSTRUCTED = "row", "manifest", "reconstructed"
# What the pages ask for: the first sources, and the first entries that a search by name finds.
SOURCES_LOADED, ENTRIES_FOUND, LEAST_CONFIDENCE = 100, 10, 30


def page_cells(comparison: Comparison) -> pd.DataFrame:
    """Return ``PAGES``: what is shown of each row of the cache, in the order of ``ROWS``."""
    snapshot = comparison.snapshot
    rows = snapshot.rows
    entry = _served_entry(snapshot)
    synced = rows["synced_at"].notna()
    served = pd.Series(entry >= 0, index=rows.index)
    tier = pd.Series(RECONSTRUCTED, index=rows.index, dtype="string")
    tier = tier.mask(served, MANIFEST).mask(synced, ROW)
    shown = {column: _shown(comparison, column, entry, synced) for column in SHOWN}
    obstacle = _obstacle(snapshot, shown["source"])
    return PAGES.build({
        "collection_id": rows["collection_id"], "artifact_id": rows["artifact_id"], "tier": tier,
        **shown, "clickable": obstacle.isna(), "obstacle": obstacle,
    })  # fmt: skip


def _served_entry(snapshot: Snapshot) -> Ints:
    """Return the manifest entry that serves each row, -1 for none: the active collection's first.

    One bad entry makes SkillMeat refuse the whole collection.
    """
    active, problems = snapshot.home.active_collection, snapshot.problems
    refused = is_true(problems["place"].str.startswith(f"collections/{active}/"))
    if (refused & is_true(problems["kind"] == "manifest")).any():
        return np.full(len(snapshot.rows), -1)
    manifest = snapshot.manifest
    known = manifest[is_true(manifest["file_collection"] == active)]
    exact, loose = (
        _first(snapshot.rows[name], known[name].drop_duplicates())
        for name in ("artifact_id", "stem")
    )
    return np.where(exact >= 0, exact, loose)


def _first(asked: pd.Series, known: pd.Series) -> Ints:
    """Return the index label in *known* (unique) of each of *asked*, -1 for none."""
    found = pd.Index(known).get_indexer(pd.Index(asked))
    labels: Ints = np.append(known.index.to_numpy(dtype=int), -1)[found]
    return labels


def _shown(comparison: Comparison, column: str, entry: Ints, synced: pd.Series) -> pd.Series:
    """Return what is shown of each row in *column*; a source is never empty (§7.4)."""
    rows = comparison.snapshot.rows
    own, nothing = _present(rows[column]), pd.Series(pd.NA, rows.index, dtype="string")
    taken = comparison.snapshot.manifest[column].array.take(entry, allow_fill=True)
    said = _present(pd.Series(taken, index=rows.index))
    held = _present(rows[f"held_{column}"]) if f"held_{column}" in rows else nothing
    unsynced = said.where(entry >= 0, held)
    if column == "source":
        own = own.fillna(_of_any_row(comparison)).fillna(said)
        return own.where(synced, unsynced).fillna(rows["artifact_id"])
    if column == "origin_source" and comparison.snapshot.era == "artifact_uuid":
        own = nothing  # lost on the way to the page (§7.32)
    return own.where(synced, unsynced)


def _present(values: pd.Series) -> pd.Series:
    """Return *values*, ``<NA>`` where they are empty: so the pages take them."""
    return values.mask(is_true(values == ""))


def _of_any_row(comparison: Comparison) -> pd.Series:
    """Return, per row, the source that the artifact's rows of other collections hold."""
    rows = comparison.snapshot.rows
    known = rows.assign(source=_present(rows["source"])).dropna(subset=["source"])
    last = known.drop_duplicates("artifact_id", keep="last").set_index("artifact_id")["source"]
    return rows["artifact_id"].map(last).astype("string")


def _obstacle(snapshot: Snapshot, source: pd.Series) -> pd.Series:
    """Return why each row's *source*, as shown, cannot be clicked, ``<NA>`` where it can."""
    ids = snapshot.rows["artifact_id"]
    obstacle = pd.Series("no registered source is its repository", ids.index, dtype="string")
    found = pd.Series(False, index=ids.index)
    for number, place in enumerate(records(snapshot.sources)):
        here = _mentions(source, place)
        if number >= SOURCES_LOADED:
            late = f"its source is not among the first {SOURCES_LOADED} that the pages load"
            obstacle = obstacle.mask(here & is_true(obstacle.str.startswith("no reg")), late)
            continue
        entries = snapshot.catalog[is_true(snapshot.catalog["source_id"] == place["id"])]
        hidden = _hidden(entries)
        obstacle = obstacle.mask(here, "the catalogue has no entry of this name and type")
        for why, which in hidden.items():
            obstacle = obstacle.mask(here & is_in(ids, entries.loc[which, "artifact_id"]), why)
        visible = entries.loc[~np.logical_or.reduce(list(hidden.values())), "artifact_id"]
        found |= here & is_in(ids, visible)
    obstacle = obstacle.mask(is_true(source == ids), "the row and its manifest have no source")
    return obstacle.mask(found)


def _mentions(source: pd.Series, place: Mapping[str, object]) -> pd.Series:
    """Return where *source* contains the repository of a registered *place*, as the pages look."""
    named = source.str.contains(f"{place['owner']}/{place['repo_name']}", regex=False)
    return is_true(named) | is_true(source.str.contains(str(place["repo_url"]), regex=False))


def _hidden(entries: pd.DataFrame) -> dict[str, Bools]:
    """Return which catalogue *entries* of one source its search does not give, by the reason."""
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
    better = np.sort(confidence)
    ahead = len(better) - np.searchsorted(better, confidence, side="right")
    behind = np.zeros(len(names), dtype=bool)
    for position in np.flatnonzero(ahead >= ENTRIES_FOUND):
        rivals = names[confidence > confidence[position]]
        alike = is_true(rivals.str.contains(names.iloc[position], regex=False))
        behind[position] = alike.sum() >= ENTRIES_FOUND
    return behind
