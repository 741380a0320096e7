"""Renders what SkillMeat's pages show of one artifact as JSON: ``skillmeat-audit/view/1``."""

import msgspec

from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.reports.facts.page_view import ArtifactPages
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.live_json import LiveRecord, live_record
from skillmeat_audit.reports.files.page_json import PageRecord, page_records


class ViewDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/view/1"):
    """What SkillMeat's pages show of one artifact."""

    tool_version: str
    artifact_id: str
    pages: list[PageRecord]
    live: LiveRecord | msgspec.UnsetType = msgspec.UNSET


def view_json(view: ArtifactPages, version: str, live: LiveComparison | None = None) -> bytes:
    """Return the pages of one artifact as ``skillmeat-audit/view/1``."""
    return ascii_json(
        ViewDocument(version, view.artifact_id, page_records(view.pages), live_record(live))
    )
