"""What an audit looks at: a home, and its four layers as loaded together."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skillmeat_audit.model.tables import REPAIRED


@dataclass(frozen=True)
class Home:
    """A SkillMeat home: its folder, its cache's address and its active file collection.

    ``database`` is an SQLAlchemy URL, or None where the home has no cache yet. ``settings_problem``
    says why ``active_collection`` is only SkillMeat's default, None where it is known. Links in a
    collection may lead to ``link_roots`` as well.
    """

    root: Path
    database: str | None = field(repr=False)
    active_collection: str
    settings_problem: str | None = None
    link_roots: tuple[Path, ...] = ()

    @property
    def collections(self) -> Path:
        """The folder of the file collections."""
        return self.root / "collections"


@dataclass(frozen=True)
class Snapshot:
    """The layers of a home as loaded together; each frame is of the contract named like it.

    ``era`` is the key column of the cache (``artifact_id`` | ``artifact_uuid``), None without one.
    ``identity`` tells the cache from others, ``columns`` are the cached columns that it has.
    ``catalog_known`` is False where the cache has no marketplace tables to ask.
    ``may_hide_entries`` is True where a manifest could not be read far enough to list its entries.
    ``repaired`` is what repairs of this project wrote into the cache, as far as journals tell.
    ``from_parse_cache`` is True where values of files came from `loaders.parse_cache`.
    """

    home: Home
    era: str | None
    identity: str | None
    columns: frozenset[str]
    manifest: pd.DataFrame
    frontmatter: pd.DataFrame
    rows: pd.DataFrame
    collections: pd.DataFrame
    catalog: pd.DataFrame
    sources: pd.DataFrame
    problems: pd.DataFrame
    catalog_known: bool
    may_hide_entries: bool
    repaired: pd.DataFrame = field(default_factory=REPAIRED.empty)
    from_parse_cache: bool = False
