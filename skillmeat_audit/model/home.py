"""A SkillMeat home: where it is, before anything of it is loaded."""

from dataclasses import dataclass, field
from pathlib import Path

from skillmeat_audit.base.urls import with_tenant, without_password


@dataclass(frozen=True)
class Home:
    """A SkillMeat home: its folder, its cache's address and its active file collection.

    ``database`` is an SQLAlchemy URL, None if the home has no cache yet. ``settings_problem`` says
    why ``active_collection`` is only SkillMeat's default, None if it is known. Links in a
    collection may also lead to ``link_roots``. ``tenant`` is set for one tenant of an enterprise
    database, which has no files: ``root`` then only names its state folder.
    """

    root: Path
    database: str | None = field(repr=False)
    active_collection: str
    settings_problem: str | None = None
    link_roots: tuple[Path, ...] = ()
    tenant: str | None = None

    @property
    def name(self) -> str:
        """Its folder, or the address of an enterprise database with its tenant, no password."""
        if self.tenant is None or self.database is None:
            return str(self.root)
        return with_tenant(without_password(self.database), self.tenant)

    @property
    def collections(self) -> Path:
        """The folder of the file collections."""
        return self.root / "collections"
