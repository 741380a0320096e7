"""Links artifacts to where they came from: catalogue entries, registered sources, hosts."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import (
    ARROW_TEXT,
    map_texts,
    positions_in,
    take_rows,
    to_arrow,
    to_mask,
)
from skillmeat_audit.base.columns import join_texts, matches
from skillmeat_audit.diff.compare import (
    ABSENT,
    Bools,
    Ints,
    extract_match,
    map_bool,
)
from skillmeat_audit.diff.pairing import Keys
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


def catalog_entries_of(snapshot: Snapshot) -> dict[str, pa.Array]:
    """Return the catalogue entry that each manifest entry was imported from, one per entry.

    Columns ``upstream_url`` and ``description``, null for entries without one. Only marketplace
    artifacts have one: the entry of the same type and name with their ``import_id``, else the one
    with their upstream. If two fit, neither is used.
    """
    manifest, catalog = snapshot.manifest, snapshot.catalog
    # An entry of an enterprise database has no origin, and an import id only if it was imported.
    is_imported = to_mask(pc.equal(to_arrow(manifest["origin"]), "marketplace"))
    imported = np.flatnonzero(is_imported | (snapshot.home.tenant is not None))
    if not len(imported) or catalog.empty:
        return dict.fromkeys(("upstream_url", "description"), pa.nulls(len(manifest), ARROW_TEXT))
    position = np.full(len(manifest), -1)
    position[imported] = _positions_in_catalog(manifest, imported, catalog)
    indices = pa.array(position, mask=position < 0)
    # An accident in the catalogue is not a value to expect either.
    accident = map_bool(catalog["description"], is_accident, ACCIDENT_HINT)
    description = pc.if_else(pa.array(accident), ABSENT, to_arrow(catalog["description"]))
    return {
        "upstream_url": to_arrow(catalog["upstream_url"]).take(indices),
        "description": description.take(indices),
    }


def _positions_in_catalog(manifest: pd.DataFrame, imported: Ints, catalog: pd.DataFrame) -> Ints:
    """Return where *catalog* holds each of the *imported* entries of *manifest*, or -1."""
    names = ("artifact_id", "import_id", "source")
    ids, imports, urls = (take_rows(to_arrow(manifest[name]), imported) for name in names)
    names = ("artifact_id", "import_id", "upstream_url")
    catalog_ids, catalog_imports, catalog_urls = (to_arrow(catalog[name]) for name in names)
    ids, catalog_ids = same_type(ids), same_type(catalog_ids)
    by_import = _positions(joined_key(ids, imports), joined_key(catalog_ids, catalog_imports))
    by_url = _positions(
        joined_key(ids, _plain_url(urls)), joined_key(catalog_ids, _plain_url(catalog_urls))
    )
    # The import id first: upstreams move (docs/skillmeat.md#branch-names-differ), ids are made
    # once.
    return np.where(by_import >= 0, by_import, by_url)


def joined_key(left: pa.Array, right: pa.Array) -> pa.Array:
    """Return both texts of two aligned columns as one key, null where either is."""
    # NUL: no name, path or address holds one, so no two pairs join to the same key.
    return join_texts(left, "\0", right)


def _positions(keys: pa.Array, table: pa.Array) -> Ints:
    """Return the position of each key in *table*, -1 for keys it lacks or holds twice."""
    numbers = Keys.of_texts(table, keys)
    # Of two entries that fit, neither is used.
    return numbers.entries_of_rows(~numbers.repeated_entries)


def look_up_last(keys: pd.Series, table: pd.Series, values: pd.Series) -> pd.Series:
    """Return for each key the value beside its last occurrence in *table*.

    *table* and *values* are aligned; the result is aligned with *keys*, ``<NA>`` for keys that
    *table* lacks.
    """
    last = table.dropna()
    last = last[~last.duplicated(keep="last")]
    taken = values.loc[last.index].array.take(positions_in(keys, last), allow_fill=True)
    return pd.Series(taken, index=keys.index)


def same_type(artifact_ids: pa.Array) -> pa.Array:
    """Return *artifact_ids* with ``mcp_server`` as ``mcp``: SkillMeat uses both for one type."""
    # mcp_server:fs → mcp:fs (docs/skillmeat.md#leftovers-of-older-homes)
    return pc.replace_substring_regex(artifact_ids, r"^mcp_server:", "mcp:")


def _plain_url(urls: pa.Array) -> pa.Array:
    """Return *urls* as SkillMeat's membership check compares them."""
    return pc.utf8_lower(pc.utf8_trim_whitespace(urls))


def is_url(sources: pa.Array) -> Bools:
    """Return which sources are addresses."""
    return matches(sources, _URL)


def host_of(sources: pa.Array) -> pa.Array:
    """Return the ``origin_source`` that names the host of each source, null for other hosts."""
    return map_texts(pc.utf8_lower(extract_match(sources, _HOST)), HOSTS.get)


def repository_of(sources: pa.Array) -> pa.Array:
    """Return ``owner/repo`` of each source that names one: a URL, or ``owner/repo/path``."""
    return pc.replace_substring_regex(extract_match(sources, _REPOSITORY), r"\.git$", "")
