"""Renders what SkillMeat's pages show of one artifact, as text."""

from collections.abc import Iterator

from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.page_view import PAGE_TEXTS, TIERS, ArtifactPages, describe_link
from skillmeat_audit.reports.facts.values import display_value, fit_cells

_TITLE_CELLS = 15


def pages_text(view: ArtifactPages, width: int) -> Iterator[Text]:
    """Yield one paragraph per DB collection that has the artifact."""
    yield Text(printable(view.artifact_id), "bold").append(
        " as SkillMeat's pages show it", "not bold"
    )
    if view.pages.empty:
        yield Text("No page shows it: no collection has a row for it.")
    for page in records(view.pages):
        yield Text()
        yield Text(printable(view.names.collection(page["collection_id"])), "bold")
        yield Text(f"  {'served from':<{_TITLE_CELLS}} {TIERS[page['tier']]}")
        for column in PAGE_TEXTS:
            text = fit_cells(display_value(page[column]), width - _TITLE_CELLS - 3).rstrip()
            yield Text(f"  {column:<{_TITLE_CELLS}} {text}")
        yield Text(f"  {'clickable':<{_TITLE_CELLS}} {describe_link(page)}")
