"""Renders what SkillMeat's pages show of one artifact as JSON: ``skillmeat-audit/view/1``."""

from typing import Literal

import msgspec

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.reports.facts.page_view import ArtifactPages
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.live_json import LiveRecord, live_record


class PageRecord(msgspec.Struct, frozen=True):
    """What the pages of one collection show; ``obstacle`` is why the source is not clickable."""

    collection_id: str | None
    tier: Literal["row", "manifest", "reconstructed"]
    description: str | None
    source: str | None
    origin: str | None
    origin_source: str | None
    clickable: bool
    obstacle: str | None


class ViewDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/view/1"):
    """What SkillMeat's pages show of one artifact."""

    tool_version: str
    artifact_id: str
    pages: list[PageRecord]
    live: LiveRecord | msgspec.UnsetType = msgspec.UNSET


def view_json(view: ArtifactPages, version: str, live: LiveComparison | None = None) -> bytes:
    """Return the pages of one artifact as ``skillmeat-audit/view/1``."""
    pages = records(view.pages.drop(columns="artifact_id"))
    shown = [PageRecord(**page) for page in pages]
    return ascii_json(ViewDocument(version, view.artifact_id, shown, live_record(live)))
