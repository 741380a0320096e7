"""Links artifacts to where they came from: catalogue entries, registered sources, hosts."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT, positions_in
from skillmeat_audit.base.columns import matches
from skillmeat_audit.diff.compare import Bools, extract_group, is_true, map_bool, map_distinct
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.fields import HOSTS
from skillmeat_audit.model.snapshot import Snapshot

_HOST = r"^https?://(?:www\.)?(?P<match>[^/]+)/"  # github.com of https://github.com/o/r
# o/r of https://github.com/o/r/tree/main/x, and of o/r/path@v1
_REPOSITORY = r"^(?:https?://[^/]+/)?(?P<match>[^/\s]+/[^/\s@]+)"
# https://x/ and http://github.com/o/r, not owner/repo/path
_URL = (
    r"^https?://[^/\t-\r\x{1c}-\x{20}"
    # white space beyond ASCII, which RE2 does not count as such
    r"\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+/"
)


def catalog_entries_of(snapshot: Snapshot) -> pd.DataFrame:
    """Return the catalogue entry that each manifest entry was imported from, one per entry.

    Columns ``upstream_url`` and ``description``, ``<NA>`` for entries without one. Only marketplace
    artifacts have one: the entry of the same type and name with their ``import_id``, else the one
    with their upstream. If two fit, neither is used.
    """
    manifest, catalog = snapshot.manifest, snapshot.catalog
    if catalog.empty:
        return catalog[["upstream_url", "description"]].reindex(range(len(manifest)))
    ids, catalog_ids = same_type(manifest["artifact_id"]), same_type(catalog["artifact_id"])
    # An entry of an enterprise database has no origin, and an import id only if it was imported.
    imported = is_true(manifest["origin"] == "marketplace") | (snapshot.home.tenant is not None)
    by_import = _positions(
        joined_key(ids, manifest["import_id"].where(imported)),
        joined_key(catalog_ids, catalog["import_id"]),
    )
    by_url = _positions(
        joined_key(ids, plain_url(manifest["source"].where(imported))),
        joined_key(catalog_ids, plain_url(catalog["upstream_url"])),
    )
    # The import id first: upstreams move (docs/skillmeat.md#branch-names-differ), ids are made
    # once.
    position = np.where(by_import >= 0, by_import, by_url)
    # An accident in the catalogue is not a value to expect either.
    accident = map_bool(catalog["description"], is_accident, ACCIDENT_HINT)
    columns = {
        "upstream_url": catalog["upstream_url"],
        "description": catalog["description"].mask(accident),
    }
    return pd.DataFrame(
        {name: values.array.take(position, allow_fill=True) for name, values in columns.items()}
    )


def joined_key(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return both texts as one key, ``<NA>`` where either is absent."""
    # NUL: no name and no address holds one, so no two pairs join to the same key.
    return left + "\0" + right


def _positions(keys: pd.Series, table: pd.Series) -> npt.NDArray[np.intp]:
    """Return the position of each key in *table*, -1 for keys it lacks or holds twice."""
    single = table.dropna()
    # keep=False drops all of them: of two entries that fit, neither is used.
    single = single[~single.duplicated(keep=False)]
    rows: npt.NDArray[np.intp] = np.append(single.index.to_numpy(dtype=np.intp), -1)
    return rows[positions_in(keys, single)]


def look_up_last(keys: pd.Series, table: pd.Series, values: pd.Series) -> pd.Series:
    """Return for each key the value beside its last occurrence in *table*.

    *table* and *values* are aligned; the result is aligned with *keys*, ``<NA>`` for keys that
    *table* lacks.
    """
    last = table.dropna()
    last = last[~last.duplicated(keep="last")]
    taken = values.loc[last.index].array.take(positions_in(keys, last), allow_fill=True)
    return pd.Series(taken, index=keys.index)


def same_type(artifact_ids: pd.Series) -> pd.Series:
    """Return *artifact_ids* with ``mcp_server`` as ``mcp``: SkillMeat uses both for one type."""
    # mcp_server:fs → mcp:fs (docs/skillmeat.md#leftovers-of-older-homes)
    return artifact_ids.str.replace(r"^mcp_server:", "mcp:", regex=True)


def plain_url(urls: pd.Series) -> pd.Series:
    """Return *urls* as SkillMeat's membership check compares them."""
    return urls.str.strip().str.lower()


def is_url(sources: pa.Array) -> Bools:
    """Return which sources are addresses."""
    return matches(sources, _URL)


def host_of(sources: pd.Series) -> pd.Series:
    """Return the ``origin_source`` that names the host of each source, ``<NA>`` for other hosts."""
    hosts = map_distinct(extract_group(sources, _HOST).str.lower(), HOSTS.get, ARROW_TEXT)
    return pd.Series(hosts, index=sources.index, dtype="string")


def repository_of(sources: pd.Series) -> pd.Series:
    """Return ``owner/repo`` of each source that names one: a URL, or ``owner/repo/path``."""
    return extract_group(sources, _REPOSITORY).str.removesuffix(".git")
