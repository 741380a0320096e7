"""The clues for attribution: boolean or text columns, aligned with the cache rows."""

from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import is_true, normalize
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.links import joined_key
from skillmeat_audit.model.fields import COLUMNS, DEFAULT_COLLECTION

# An insert sets added_at and synced_at within this; SkillMeat takes the clock twice.
_AT_ONCE_MS = 1.0
# How far the catalogue's import_date may be from the row's time: a batch commits row by row.
_IMPORT_MS = 10_000.0
# A reimport writes the row right after the catalogue's import_date; a batch writes all its rows,
# which may take minutes, before it.
_REIMPORT_MS = 1_000.0
# A commit per row takes at least this; rows merged in one transaction follow ten times faster.
_COMMIT_MS = 1.0
# Rows of one server start or refresh follow each other faster than this.
_CLUSTER_MS = 50.0


@dataclass(frozen=True)
class Clues:
    """The input of the decision list; every column is aligned with the cache rows.

    ``manifest_origin`` is the manifest's origin (``<NA>`` for orphans), ``synced_before_added_ms``
    how many milliseconds ``synced_at`` precedes ``added_at``, ``edited`` names the columns that
    were changed after a repair (``<NA>`` where there was none); the others are claims.
    """

    uuid_era: pd.Series
    in_default: pd.Series
    bare: pd.Series
    only_tags: pd.Series
    empty_tags: pd.Series
    empty_tools: pd.Series
    filled_tools: pd.Series
    hashed: pd.Series
    composite: pd.Series
    deployed_by_write: pd.Series
    never_synced: pd.Series
    invalidated: pd.Series
    origin: pd.Series
    origin_source: pd.Series
    manifest_origin: pd.Series
    source_conflicts: pd.Series
    source_in_catalog: pd.Series
    version_dropped: pd.Series
    synced_before_added_ms: pd.Series
    synced_with_added: pd.Series
    import_near_added: pd.Series
    added_by_reimport: pd.Series
    synced_by_import: pd.Series
    populates: pd.Series
    startup_neighbours: pd.Series
    edited: pd.Series


def gather_clues(comparison: Comparison, edited: pd.Series) -> Clues:
    """Return the clues for every row of the cache; *edited* is as in `Repairs`."""
    rows = comparison.snapshot.rows
    uuid_era = pd.Series(comparison.snapshot.era == "artifact_uuid", index=rows.index)
    synced = _time(rows["synced_at"])
    clusters = _clusters(synced)
    return Clues(
        uuid_era=uuid_era,
        in_default=_in_default(rows),
        origin=rows["origin"],
        origin_source=rows["origin_source"],
        never_synced=synced.isna(),
        invalidated=synced.isna() & _synced_before(rows, uuid_era),
        source_in_catalog=_in_catalog(comparison),
        startup_neighbours=_startup_neighbours(comparison, clusters),
        edited=edited,
        **_shape(rows),
        **_against_manifest(comparison),
        **_timing(comparison, synced, clusters),
    )


def _in_default(rows: pd.DataFrame) -> pd.Series:
    return is_true(rows["collection_id"] == DEFAULT_COLLECTION)


def _shape(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the clues of a row's shape: which columns hold a value, and of what kind."""
    values = rows[list(COLUMNS)].notna()
    empty_tools = _empty_list(rows["tools_json"])
    return {
        "bare": ~values.any(axis=1),
        "only_tags": values["tags_json"] & (values.sum(axis=1) == 1),
        "empty_tags": _empty_list(rows["tags_json"]),
        "empty_tools": empty_tools,
        "filled_tools": values["tools_json"] & ~empty_tools,
        "hashed": rows["artifact_content_hash"].notna(),
        "composite": is_true(rows["artifact_id"].str.startswith("composite:")),
        # {"…": "…", "content_hash": "…"}: the form in which deploying writes it to the row.
        "deployed_by_write": is_true(rows["deployments_json"].str.contains('"content_hash"')),
    }


def _against_manifest(comparison: Comparison) -> dict[str, pd.Series]:
    """Return the clues of how a row differs from its preferred manifest entry."""
    rows = comparison.snapshot.rows
    return {
        "manifest_origin": comparison.manifest_value("origin"),
        "source_conflicts": is_true(rows["source"] != comparison.manifest_value("source")),
        "version_dropped": rows["version"].isna() & comparison.manifest_value("version").notna(),
    }


def _timing(comparison: Comparison, synced: pd.Series, clusters: pd.Series) -> dict[str, pd.Series]:
    """Return the clues of a row's times, compared with each other and with imports."""
    rows = comparison.snapshot.rows
    added = _time(rows["added_at"])
    lead = (added - synced).dt.total_seconds() * 1000
    imports = _imports(comparison)
    since_import = _since(imports, added)
    near_added = _minimum(since_import.abs(), rows).lt(_IMPORT_MS)
    # Only imports before the row's time can have written it.
    follows = since_import.where(since_import >= 0)
    at_once = lead.abs().lt(_AT_ONCE_MS)
    imported = _is_market(rows) & _in_default(rows)
    populates = bool((at_once & imported).any()) or _commits_by_row(added[near_added & imported])
    return {
        "synced_before_added_ms": lead,
        "synced_with_added": at_once,
        "import_near_added": near_added,
        "added_by_reimport": _minimum(follows, rows).lt(_REIMPORT_MS),
        "synced_by_import": _synced_by_import(rows, _since(imports, synced), clusters),
        "populates": pd.Series(populates, index=rows.index),
    }


def _is_market(rows: pd.DataFrame) -> pd.Series:
    return is_true(rows["origin"] == "marketplace")


def _synced_by_import(
    rows: pd.DataFrame, since_import: pd.Series, clusters: pd.Series
) -> pd.Series:
    """Return True for rows that were synced by the import of their name, judged by the times.

    A refresh may follow within the same second; it writes rows of other origins too, an import
    does not.
    """
    near = _minimum(since_import, rows).lt(_REIMPORT_MS)
    return near & ~_shares_cluster(~_is_market(rows), clusters)


def _synced_before(rows: pd.DataFrame, uuid_era: pd.Series) -> pd.Series:
    """Return True for rows with values that are written only together with synced_at."""
    # Since 0.9.0 the server's start writes an origin without synced_at
    # (docs/skillmeat.md#server-start-drops-columns); before, nothing did.
    seed_origin = rows["origin"].notna() & ~uuid_era
    return seed_origin | rows["origin_source"].notna() | rows["version"].notna()


def _time(texts: pd.Series) -> pd.Series:
    """Return SkillMeat's naive UTC texts as times; invalid times are NaT."""
    # As objects: with pandas 3's `str` a single odd text would be parsed by another format.
    return pd.to_datetime(texts.astype(object), format="ISO8601", errors="coerce", utc=True)


def _empty_list(values: pd.Series) -> pd.Series:
    """Return True for an explicit empty list (`[]`), False for NULL."""
    return values.notna() & normalize(values, "list").isna()


def _imports(comparison: Comparison) -> pd.Series:
    """Return the time of each import of each row's type and name, by row."""
    catalog = comparison.snapshot.catalog[["artifact_id", "import_date"]].dropna()
    imports = catalog.assign(import_date=_time(catalog["import_date"]))
    rows = comparison.snapshot.rows[["artifact_id"]].reset_index(names="row")
    return rows.merge(imports, on="artifact_id").set_index("row")["import_date"]


def _since(imports: pd.Series, times: pd.Series) -> pd.Series:
    """Return how many ms the time of a row follows each of its *imports*, by row."""
    since: pd.Series = (times.loc[imports.index] - imports.array).dt.total_seconds() * 1000
    return since


def _minimum(values: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Return the minimum of each row's *values*, null for a row without any."""
    return values.groupby(level=0).min().reindex(rows.index)


def _commits_by_row(added: pd.Series) -> bool:
    """Return whether imports committed row by row, as they do since they write whole rows.

    Empty rows were merged in one transaction, a fraction of a millisecond apart.
    """
    gaps = added.sort_values().diff().dt.total_seconds().mul(1000).dropna()
    # Longer gaps lie between imports, and say nothing of how one import commits.
    within = gaps[gaps < _CLUSTER_MS]
    return len(within) > 1 and bool(within.median() >= _COMMIT_MS)


def _in_catalog(comparison: Comparison) -> pd.Series:
    """Return True where the catalogue has an entry of the row's type, name and source."""
    rows, catalog = comparison.snapshot.rows, comparison.snapshot.catalog
    entries = joined_key(catalog["artifact_id"], catalog["upstream_url"])
    return is_in(joined_key(rows["artifact_id"], rows["source"]), entries)


def _clusters(synced: pd.Series) -> pd.Series:
    """Return a number per row, equal for rows of one server start or refresh, null if unsynced."""
    order = synced.dropna().sort_values()
    gaps: pd.Series = order.diff().dt.total_seconds() * 1000
    return gaps.gt(_CLUSTER_MS).cumsum().reindex(synced.index)


def _shares_cluster(claim: pd.Series, clusters: pd.Series) -> pd.Series:
    """Return, per row, whether *claim* is true of a row of the same cluster."""
    return clusters.isin(clusters[claim].dropna().unique())


def _startup_neighbours(comparison: Comparison, clusters: pd.Series) -> pd.Series:
    """Return True for rows synced together with rows that no refresh can reach.

    A refresh reads the active file collection only (since 0.9.0 that of the default one as well),
    and rows of every DB collection; the server's start reads all file collections, and writes rows
    of the default one.
    """
    snapshot, candidates = comparison.snapshot, comparison.candidates
    reached = {snapshot.home.active_collection}
    # docs/skillmeat.md#refresh: named like the id of the DB collection, which is mostly `default`.
    if snapshot.era == "artifact_uuid":
        reached.add(DEFAULT_COLLECTION)
    entries = candidates["entry"].to_numpy(dtype=int)
    file_collection = snapshot.manifest["file_collection"].take(entries)
    reachable = candidates["row"][is_in(file_collection, reached).to_numpy()]
    index = pd.Series(snapshot.rows.index, index=snapshot.rows.index)
    in_default = _in_default(snapshot.rows)
    foreign = in_default & index.isin(candidates["row"]) & ~index.isin(reachable)
    return _shares_cluster(foreign, clusters) & ~_shares_cluster(~in_default, clusters)
