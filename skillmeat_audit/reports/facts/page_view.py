"""What SkillMeat's pages show of one artifact."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.names import Names

PAGE_TEXTS = ("description", "source", "origin", "origin_source")


@dataclass(frozen=True)
class ArtifactPages:
    """What the pages show of one artifact: ``pages`` is ``PAGES``, one row per DB collection."""

    artifact_id: str
    pages: pd.DataFrame
    names: Names


def describe_link(page: Mapping[str, object]) -> str:
    """Return whether the source on *page* can be clicked, and if not, why."""
    return "yes" if page["clickable"] else f"no: {printable(page['obstacle'])}"
