"""The clues for attribution: masks, texts and times, aligned with the cache rows."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import to_mask
from skillmeat_audit.base.columns import equals, is_among, is_present, unequal
from skillmeat_audit.diff.compare import Bools, Ints
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.links import joined_key
from skillmeat_audit.diff.provenance.times import (
    Floats,
    Times,
    clusters,
    commits_by_row,
    imports_of,
    milliseconds,
    shares_cluster,
    to_times,
)
from skillmeat_audit.model.fields import COLUMNS, DEFAULT_COLLECTION

# An insert sets added_at and synced_at within this; SkillMeat takes the clock twice.
_AT_ONCE_MS = 1.0
# How far the catalogue's import_date may be from the row's time: a batch commits row by row.
_IMPORT_MS = 10_000.0
# A reimport writes the row right after the catalogue's import_date; a batch writes all its rows,
# which may take minutes, before it.
_REIMPORT_MS = 1_000.0


@dataclass(frozen=True)
class _Shape:
    bare: Bools
    only_tags: Bools
    empty_tags: Bools
    empty_tools: Bools
    filled_tools: Bools
    hashed: Bools
    composite: Bools
    deployed_by_write: Bools


@dataclass(frozen=True)
class _AgainstManifest:
    manifest_origin: pa.Array
    source_conflicts: Bools
    version_dropped: Bools


@dataclass(frozen=True)
class _Timing:
    synced_before_added_ms: Floats
    synced_with_added: Bools
    import_near_added: Bools
    added_by_reimport: Bools
    synced_by_import: Bools
    populates: np.bool_


@dataclass(frozen=True)
class Clues(_Shape, _AgainstManifest, _Timing):
    """The input of the decision list; every column is aligned with the cache rows.

    ``manifest_origin`` is the manifest's origin (null for orphans), ``synced_before_added_ms`` how
    many milliseconds ``synced_at`` precedes ``added_at``, ``edited`` names the columns that were
    changed after a repair (null where there was none); the others are claims. ``uuid_era`` and
    ``populates`` are claims about the whole cache.
    """

    uuid_era: np.bool_
    in_default: Bools
    never_synced: Bools
    invalidated: Bools
    market: Bools
    origin: pa.Array
    origin_source: pa.Array
    source_in_catalog: Bools
    startup_neighbours: Bools
    edited: pa.Array


def gather_clues(comparison: Comparison, edited: pa.Array) -> Clues:
    """Return the clues for every row of the cache; *edited* is as in `Repairs`."""
    rows = comparison.row_texts
    synced = to_times(rows["synced_at"])
    never_synced, numbers = np.isnat(synced), clusters(synced)
    return Clues(
        uuid_era=_is_uuid_era(comparison),
        in_default=_in_default(comparison),
        market=_is_market(comparison),
        origin=rows["origin"],
        origin_source=rows["origin_source"],
        never_synced=never_synced,
        invalidated=never_synced & _synced_before(comparison),
        source_in_catalog=_in_catalog(comparison),
        startup_neighbours=_startup_neighbours(comparison, numbers),
        edited=edited,
        **vars(_shape(comparison)),
        **vars(_against_manifest(comparison)),
        **vars(_timing(comparison, synced, numbers)),
    )


def _is_uuid_era(comparison: Comparison) -> np.bool_:
    # Not a `bool`: the complement of True would be -2.
    return np.bool_(comparison.snapshot.era == "artifact_uuid")


def _in_default(comparison: Comparison) -> Bools:
    return equals(comparison.row_texts["collection_id"], DEFAULT_COLLECTION)


def _is_market(comparison: Comparison) -> Bools:
    return equals(comparison.row_texts["origin"], "marketplace")


def _shape(comparison: Comparison) -> _Shape:
    """Return the clues of a row's shape: which columns hold a value, and of what kind."""
    rows = comparison.row_texts
    values = {column: is_present(rows[column]) for column in COLUMNS}
    count = np.sum([*values.values()], axis=0)
    # An explicit empty list (`[]`), not NULL.
    empty_tags, empty_tools = (
        values[column] & ~is_present(comparison.normal_rows(column))
        for column in ("tags_json", "tools_json")
    )
    return _Shape(
        bare=count == 0,
        only_tags=values["tags_json"] & (count == 1),
        empty_tags=empty_tags,
        empty_tools=empty_tools,
        filled_tools=values["tools_json"] & ~empty_tools,
        hashed=is_present(rows["artifact_content_hash"]),
        composite=to_mask(pc.starts_with(rows["artifact_id"], "composite:")),
        # {"…": "…", "content_hash": "…"}: the form in which deploying writes it to the row.
        deployed_by_write=to_mask(pc.match_substring(rows["deployments_json"], '"content_hash"')),
    )


def _against_manifest(comparison: Comparison) -> _AgainstManifest:
    """Return the clues of how a row differs from its preferred manifest entry."""
    rows = comparison.row_texts
    has_version = is_present(comparison.manifest_value("version"))
    return _AgainstManifest(
        manifest_origin=comparison.manifest_value("origin"),
        source_conflicts=unequal(rows["source"], comparison.manifest_value("source")),
        version_dropped=has_version & ~is_present(rows["version"]),
    )


def _timing(comparison: Comparison, synced: Times, numbers: Ints) -> _Timing:
    """Return the clues of a row's times, compared with each other and with imports.

    *numbers* are the `clusters` of the rows.
    """
    added = to_times(comparison.row_texts["added_at"])
    lead, rows = milliseconds(synced, added), len(synced)
    imports = imports_of(comparison)
    since_import = milliseconds(imports.time, added[imports.row])
    near_added = imports.first_gap(np.abs(since_import), rows) < _IMPORT_MS
    # Only imports before the row's time can have written it.
    follows = np.where(since_import >= 0, since_import, np.nan)
    at_once = np.abs(lead) < _AT_ONCE_MS
    imported = _is_market(comparison) & _in_default(comparison)
    populates = (at_once & imported).any() or commits_by_row(added[near_added & imported])
    synced_since = imports.first_gap(milliseconds(imports.time, synced[imports.row]), rows)
    # A refresh may follow an import within the same second; it writes rows of other origins too, an
    # import does not.
    refreshed = shares_cluster(~_is_market(comparison), numbers)
    return _Timing(
        synced_before_added_ms=lead,
        synced_with_added=at_once,
        import_near_added=near_added,
        added_by_reimport=imports.first_gap(follows, rows) < _REIMPORT_MS,
        synced_by_import=(synced_since < _REIMPORT_MS) & ~refreshed,
        populates=np.bool_(populates),
    )


def _synced_before(comparison: Comparison) -> Bools:
    """Return True for rows with values that are written only together with synced_at."""
    rows = comparison.row_texts
    # Since 0.9.0 the server's start writes an origin without synced_at
    # (docs/skillmeat.md#server-start-drops-columns); before, nothing did.
    seed_origin = is_present(rows["origin"]) & ~_is_uuid_era(comparison)
    return seed_origin | is_present(rows["origin_source"]) | is_present(rows["version"])


def _in_catalog(comparison: Comparison) -> Bools:
    """Return True where the catalogue has an entry of the row's type, name and source."""
    rows, catalog = comparison.row_texts, comparison.catalog_texts
    entries = joined_key(catalog["artifact_id"], catalog["upstream_url"])
    return is_among(joined_key(rows["artifact_id"], rows["source"]), entries)


def _startup_neighbours(comparison: Comparison, numbers: Ints) -> Bools:
    """Return True for rows synced together with rows that no refresh can reach.

    A refresh reads the active file collection only (since 0.9.0 that of the default one as well),
    and rows of every DB collection; the server's start reads all file collections, and writes rows
    of the default one. *numbers* are the `clusters` of the rows.
    """
    snapshot, candidates = comparison.snapshot, comparison.candidates
    reached = {snapshot.home.active_collection}
    # docs/skillmeat.md#refresh: named like the id of the DB collection, which is mostly `default`.
    if snapshot.era == "artifact_uuid":
        reached.add(DEFAULT_COLLECTION)
    row, entry = (candidates[name].to_numpy(dtype=int) for name in ("row", "entry"))
    is_reached = is_among(comparison.entry_texts["file_collection"], reached)
    has_entry, is_reachable = np.zeros(len(numbers), dtype=bool), np.zeros(len(numbers), dtype=bool)
    has_entry[row] = True
    is_reachable[row[is_reached[entry]]] = True
    in_default = _in_default(comparison)
    foreign = in_default & has_entry & ~is_reachable
    return shares_cluster(foreign, numbers) & ~shares_cluster(~in_default, numbers)
