"""What a running SkillMeat answered, and where its pages differ from the page model."""

from dataclasses import dataclass, field

import pandas as pd

from skillmeat_audit.model.contracts import Table, number, text
from skillmeat_audit.model.tables import ARTIFACT_ID, KEY

# The texts of a page that are compared with the page model.
LIVE_TEXTS = ("description", "source", "origin", "origin_source")

# The server names collections as the cache does, so both sides are joined by this key.
_LIVE_KEY = {
    "collection_id": text("id of the collection on the server"),
    "artifact_id": ARTIFACT_ID,
}
assert tuple(_LIVE_KEY) == KEY

LIVE_PAGES = Table(
    "live_pages",
    "One row per artifact that the pages of a running SkillMeat list, by collection and artifact.",
    {
        **_LIVE_KEY,
        "description": text("the description shown, null for none"),
        "source": text("the source shown"),
        "origin": text("the origin shown"),
        "origin_source": text("the host shown"),
    },
)

IN_COLLECTION, IN_LIST, OF_ARTIFACT = "collection", "list", "artifact"
_VIEW = text("the page: of a collection, the list of all artifacts, or the artifact's own")

LIVE_SINGLES = Table(
    "live_singles",
    "One row per artifact in the list of all artifacts, and per artifact's own page, of a running "
    "SkillMeat, by page and artifact. SkillMeat serves both from manifests.",
    {"page": _VIEW, **{name: LIVE_PAGES.columns[name] for name in (KEY[1], *LIVE_TEXTS)}},
)

LIVE_FAILURES = Table(
    "live_failures",
    "One row per request that a running SkillMeat did not answer with a page, by request.",
    {
        "request": text("path and query of the request, below the server's address"),
        "status": number("HTTP status of the answer, null where there was none"),
        "reason": text("why it failed, in the server's words where it gave some"),
    },
)

LIVE_DIFFERENCES = Table(
    "live_differences",
    "One row per text that a running SkillMeat shows otherwise than the page model, by page, "
    "collection, artifact and column; one row, without column, per artifact that only one shows.",
    {
        "page": _VIEW,
        **_LIVE_KEY,
        "column": text("the text that differs, null for a whole artifact"),
        "model": text("what the page model shows, null for nothing; listed for a whole artifact"),
        "live": text("what the server shows, null for nothing; listed for a whole artifact"),
    },
)


@dataclass(frozen=True)
class LiveAnswers:
    """What the server at ``url`` (without credentials) answered.

    ``pages`` is ``LIVE_PAGES``, ``failures`` is ``LIVE_FAILURES``, ``singles`` is ``LIVE_SINGLES``;
    ``complete`` are the ids of the collections whose every page was answered.
    """

    url: str
    pages: pd.DataFrame = field(repr=False)
    failures: pd.DataFrame = field(repr=False)
    complete: frozenset[str]
    singles: pd.DataFrame = field(default_factory=LIVE_SINGLES.empty, repr=False)


@dataclass(frozen=True)
class LiveComparison:
    """The answers of a running SkillMeat beside the page model.

    ``differences`` is ``LIVE_DIFFERENCES``; ``compared`` artifacts were on pages of both, and
    ``singles`` in the list of all artifacts or on their own page.
    """

    answers: LiveAnswers
    differences: pd.DataFrame = field(repr=False)
    compared: int
    singles: int = 0


@dataclass(frozen=True)
class LiveScope:
    """What is asked of a server: collections and artifacts by id or name; empty for all."""

    collections: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()

    def has_collection(self, collection_id: str, name: object = None) -> bool:
        """Return whether the collection is in the scope."""
        return not self.collections or bool({collection_id, name} & {*self.collections})

    def has_artifact(self, artifact_id: str) -> bool:
        """Return whether the artifact is in the scope."""
        names = {artifact_id, artifact_id.partition(":")[2]}
        return not self.artifacts or bool(names & {*self.artifacts})
