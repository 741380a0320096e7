"""Renders what SkillMeat's pages show of one artifact, as static HTML."""

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.page_view import PAGE_TEXTS, ArtifactPages, describe_link
from skillmeat_audit.reports.notebook.html import fragment, table_html

_HEADER = ("collection", "served from", *PAGE_TEXTS, "clickable")


def pages_html(view: ArtifactPages) -> str:
    """Return the pages of one artifact as an HTML fragment, one row per DB collection."""
    rows = (
        [
            view.names.collection(page["collection_id"]),
            page["tier"],
            *(page[column] for column in PAGE_TEXTS),
            describe_link(page),
        ]
        for page in records(view.pages)
    )
    return fragment(table_html(f"{view.artifact_id} as SkillMeat's pages show it", _HEADER, rows))
