"""The layers of a home as loaded together for an audit."""

from dataclasses import dataclass, field, replace
from typing import Self

import pandas as pd

from skillmeat_audit.model.home import Home
from skillmeat_audit.model.tables import (
    CATALOG,
    COLLECTIONS,
    GROUPS,
    PROBLEMS,
    REPAIRED,
    ROWS,
    SOURCES,
)


@dataclass(frozen=True)
class Cache:
    """What a cache database holds, in one consistent state; frames as the contract of their name.

    ``era`` is the key column of its rows (``artifact_id`` | ``artifact_uuid``), None without a
    table of rows. ``identity`` distinguishes it from other caches, ``columns`` are the audited
    columns that it has, and ``synced_at``. ``problems`` says what is wrong with the database.
    ``catalog_known`` is False without marketplace tables. The defaults describe a home without a
    cache.
    """

    era: str | None = None
    identity: str | None = None
    columns: frozenset[str] = frozenset()
    rows: pd.DataFrame = field(default_factory=ROWS.empty)
    collections: pd.DataFrame = field(default_factory=COLLECTIONS.empty)
    catalog: pd.DataFrame = field(default_factory=CATALOG.empty)
    sources: pd.DataFrame = field(default_factory=SOURCES.empty)
    groups: pd.DataFrame = field(default_factory=GROUPS.empty)
    problems: pd.DataFrame = field(default_factory=PROBLEMS.empty)
    catalog_known: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The layers of a home as loaded together; each frame is of the contract named like it.

    ``problems`` are those of all layers, the cache's included.
    ``may_hide_entries`` is True where a manifest could not be read far enough to list its entries.
    ``repaired`` holds what repairs of this project wrote into the cache, as far as journals tell.
    ``from_parse_cache`` is True where files were not read (`loaders.parse_cache`).
    """

    home: Home
    cache: Cache
    manifest: pd.DataFrame
    frontmatter: pd.DataFrame
    problems: pd.DataFrame
    may_hide_entries: bool
    repaired: pd.DataFrame = field(default_factory=REPAIRED.empty)
    from_parse_cache: bool = False

    @property
    def era(self) -> str | None:
        """The key column of the cache, None without one."""
        return self.cache.era

    @property
    def rows(self) -> pd.DataFrame:
        """The cache rows (``ROWS``)."""
        return self.cache.rows

    @property
    def collections(self) -> pd.DataFrame:
        """The collections of the cache (``COLLECTIONS``)."""
        return self.cache.collections

    @property
    def catalog(self) -> pd.DataFrame:
        """The entries of the marketplace catalogue (``CATALOG``)."""
        return self.cache.catalog

    def with_rows(self, rows: pd.DataFrame) -> Self:
        """Return this snapshot as if the cache held *rows* (``ROWS``)."""
        # Attribution looks at rows as they were before a repair, beside the same manifests and
        # files.
        return replace(self, cache=replace(self.cache, rows=rows))
