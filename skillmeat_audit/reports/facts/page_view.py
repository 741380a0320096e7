"""What SkillMeat's pages show of one artifact."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import display_value

PAGE_TEXTS = ("description", "source", "origin", "origin_source")
TIERS = {
    "row": "the row, which is synced",
    "manifest": "the manifest: the row was never synced, or was invalidated",
    # docs/skillmeat.md#blank-pages
    "reconstructed": "the artifacts table: never synced, and the active collection lacks it",
}
_TEXT_LIMIT = 60


@dataclass(frozen=True)
class ArtifactPages:
    """What the pages show of one artifact: ``pages`` is ``PAGES``, one row per DB collection."""

    artifact_id: str
    pages: pd.DataFrame
    names: Names


def describe_link(page: Mapping[str, object]) -> str:
    """Return whether the source on *page* can be clicked, and if not, why."""
    return "yes" if page["clickable"] else f"no: {printable(page['obstacle'])}"


def describe_page(page: Mapping[str, object]) -> str:
    """Return in a line what *page* shows, which layer serves it, and if its source is a link."""
    text = shortened(display_value(page["description"]), _TEXT_LIMIT)
    shown = f"“{text}”" if page["description"] else "no description"
    link = (
        "its source is a link" if page["clickable"] else f"no link: {printable(page['obstacle'])}"
    )
    return f"its page shows {shown}, served from {TIERS[str(page['tier'])]}; {link}"
