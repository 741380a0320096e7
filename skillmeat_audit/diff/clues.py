"""The clues for attribution, one boolean or text column each, aligned with the cache rows."""

from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import holds, normal
from skillmeat_audit.diff.links import joined
from skillmeat_audit.model.fields import COLUMNS, DEFAULT_COLLECTION
from skillmeat_audit.model.tables import among

# An insert sets added_at and synced_at within this; SkillMeat takes the clock twice.
_AT_ONCE_MS = 1.0
# How far the catalogue's import_date may be from the row's time: a batch commits row by row.
_IMPORT_MS = 10_000.0
# A reimport writes the row right after the catalogue's import_date; a batch writes all its rows,
# which may take minutes, before it.
_REIMPORT_MS = 1_000.0
# A commit per row takes at least this; merging rows in one transaction takes a tenth of it.
_COMMIT_MS = 1.0
# Rows of one startup or refresh follow each other faster than this.
_CLUSTER_MS = 50.0


@dataclass(frozen=True)
class Clues:
    """What attribution looks at; every column is aligned with the cache rows.

    ``said_origin`` is the manifest's origin (``<NA>`` for orphans), ``synced_before_added_ms`` how
    many milliseconds ``synced_at`` precedes ``added_at``; the others are claims.
    """

    uuid_era: pd.Series
    in_default: pd.Series
    bare: pd.Series
    only_tags: pd.Series
    empty_tags: pd.Series
    empty_tools: pd.Series
    hashed: pd.Series
    composite: pd.Series
    deployed_by_write: pd.Series
    never_synced: pd.Series
    invalidated: pd.Series
    origin: pd.Series
    origin_source: pd.Series
    said_origin: pd.Series
    source_conflicts: pd.Series
    source_in_catalog: pd.Series
    version_dropped: pd.Series
    synced_before_added_ms: pd.Series
    synced_with_added: pd.Series
    import_near_added: pd.Series
    synced_by_import: pd.Series
    populates: pd.Series
    startup_neighbours: pd.Series


def gather(comparison: Comparison) -> Clues:
    """Return the clues for every row of the cache."""
    snapshot, rows = comparison.snapshot, comparison.snapshot.rows
    said = _said(comparison)
    added, synced = _time(rows["added_at"]), _time(rows["synced_at"])
    lead = (added - synced).dt.total_seconds() * 1000
    near_added = _least(_since_imports(comparison, added).abs(), rows)
    since_import = _least(_since_imports(comparison, synced), rows)
    values = rows[list(COLUMNS)].notna()
    bare, never_synced = ~values.any(axis=1), synced.isna()
    in_default = holds(rows["collection_id"] == DEFAULT_COLLECTION)
    at_once = lead.abs().lt(_AT_ONCE_MS)
    market = holds(rows["origin"] == "marketplace")
    uuid_era = pd.Series(snapshot.era == "artifact_uuid", index=rows.index)
    return Clues(
        uuid_era=uuid_era,
        in_default=in_default,
        bare=bare,
        only_tags=values["tags_json"] & (values.sum(axis=1) == 1),
        empty_tags=_empty_list(rows["tags_json"]),
        empty_tools=_empty_list(rows["tools_json"]),
        hashed=rows["artifact_content_hash"].notna(),
        composite=holds(rows["artifact_id"].str.startswith("composite:")),
        deployed_by_write=holds(rows["deployments_json"].str.contains('"content_hash"')),
        never_synced=never_synced,
        invalidated=never_synced & _once_synced(rows, uuid_era),
        origin=rows["origin"],
        origin_source=rows["origin_source"],
        said_origin=said["origin"],
        source_conflicts=holds(rows["source"] != said["source"]),
        source_in_catalog=_in_catalog(comparison),
        version_dropped=rows["version"].isna() & said["version"].notna(),
        synced_before_added_ms=lead,
        synced_with_added=at_once,
        import_near_added=near_added.lt(_IMPORT_MS),
        synced_by_import=since_import.lt(_REIMPORT_MS),
        populates=pd.Series(
            bool((at_once & market & in_default).any())
            or _commits_each(added[near_added.lt(_IMPORT_MS) & market & in_default]),
            index=rows.index,
        ),
        startup_neighbours=_startup_neighbours(comparison, synced, in_default),
    )


def _once_synced(rows: pd.DataFrame, uuid_era: pd.Series) -> pd.Series:
    """Return True for rows with values that only paths which set synced_at write."""
    if_seed = rows["origin"].notna() & ~uuid_era
    return if_seed | rows["origin_source"].notna() | rows["version"].notna()


def _time(texts: pd.Series) -> pd.Series:
    """Return SkillMeat's naive UTC texts as times; what is no time is NaT."""
    return pd.to_datetime(texts.astype(object), format="ISO8601", errors="coerce", utc=True)


def _empty_list(values: pd.Series) -> pd.Series:
    """Return True where a list was written and it was empty: not the same as never written."""
    return values.notna() & normal(values, "list").isna()


def _said(comparison: Comparison) -> pd.DataFrame:
    """Return origin, source and version of each row's preferred manifest entry."""
    found = comparison.candidates
    first = found[found["rank"] == 0]
    columns = ["origin", "source", "version"]
    said = comparison.snapshot.manifest[columns].take(first["entry"].to_numpy(dtype=int))
    return said.set_axis(first["row"].astype(int)).reindex(comparison.snapshot.rows.index)


def _since_imports(comparison: Comparison, times: pd.Series) -> pd.Series:
    """Return how many ms each time follows each import of the row's type and name, by row."""
    catalog = comparison.snapshot.catalog[["artifact_id", "import_date"]].dropna()
    imports = catalog.assign(import_date=_time(catalog["import_date"]))
    asked = pd.DataFrame({"artifact_id": comparison.snapshot.rows["artifact_id"], "time": times})
    met = asked.reset_index(names="row").merge(imports, on="artifact_id").set_index("row")
    return (met["time"] - met["import_date"]).dt.total_seconds() * 1000


def _least(values: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Return the least of each row's *values*, null for a row that has none."""
    return values.groupby(level=0).min().reindex(rows.index)


def _commits_each(added: pd.Series) -> bool:
    """Tell whether imports committed row by row, as they do since they write whole rows.

    Bare rows were merged in one go, a fraction of a millisecond apart; a commit takes longer.
    """
    gaps = added.sort_values().diff().dt.total_seconds().mul(1000).dropna()
    within = gaps[gaps < _CLUSTER_MS]
    return len(within) > 1 and bool(within.median() >= _COMMIT_MS)


def _in_catalog(comparison: Comparison) -> pd.Series:
    """Return True where the catalogue knows the row's type and name with the row's source."""
    rows, catalog = comparison.snapshot.rows, comparison.snapshot.catalog
    known = joined(catalog["artifact_id"], catalog["upstream_url"])
    return among(joined(rows["artifact_id"], rows["source"]), known)


def _startup_neighbours(
    comparison: Comparison, synced: pd.Series, in_default: pd.Series
) -> pd.Series:
    """Return True for rows synced together with rows that no refresh can reach.

    A refresh reads the active file collection only, and rows of every DB collection; the server's
    start reads all file collections, and writes rows of the default one.
    """
    home, found = comparison.snapshot.home, comparison.candidates
    place = comparison.snapshot.manifest["file_collection"].take(found["entry"].to_numpy(dtype=int))
    active = found["row"][(place == home.active_collection).to_numpy()]
    index = pd.Series(synced.index, index=synced.index)
    foreign = in_default & index.isin(found["row"]) & ~index.isin(active)
    order = synced.dropna().sort_values()
    cluster = order.diff().dt.total_seconds().mul(1000).gt(_CLUSTER_MS).cumsum()
    has_foreign = foreign.reindex(order.index).groupby(cluster).transform("any")
    has_user = (~in_default).reindex(order.index).groupby(cluster).transform("any")
    return (has_foreign & ~has_user).reindex(synced.index, fill_value=False).astype(bool)
