"""A SkillMeat home: where it is, before anything of it is loaded."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """A SkillMeat home: its folder, its cache's address and its active file collection.

    ``database`` is an SQLAlchemy URL, None if the home has no cache yet. ``settings_problem`` says
    why ``active_collection`` is only SkillMeat's default, None if it is known. Links in a
    collection may also lead to ``link_roots``.
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
