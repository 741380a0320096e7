"""Renders what SkillMeat's pages show of one artifact."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import display_value, fit_cells
from skillmeat_audit.reports.notebook.html import fragment, table_html

_TIERS = {
    "row": "the row, which is synced",
    "manifest": "the manifest: the row was never synced, or was invalidated",
    "reconstructed": "the artifacts table: never synced, and the active collection lacks it",
}
_TEXTS = ("description", "source", "origin", "origin_source")
_TITLE_CELLS = 15


@dataclass(frozen=True)
class PageView:
    """What the pages show of one artifact: ``shown`` is ``PAGES``, one row per DB collection."""

    artifact_id: str
    shown: pd.DataFrame
    names: Names

    def __repr__(self) -> str:
        return "\n".join(line.plain for line in page_text(self, 110))

    def _repr_html_(self) -> str:
        caption = f"{self.artifact_id} as SkillMeat's pages show it"
        header = ("collection", "served from", *_TEXTS, "clickable")
        pages = records(self.shown)
        return fragment(table_html(caption, header, [_cells(page, self.names) for page in pages]))


def page_text(view: PageView, width: int) -> Iterator[Text]:
    """Yield one paragraph per DB collection that has the artifact."""
    yield Text(printable(view.artifact_id), "bold").append(
        " as SkillMeat's pages show it", "not bold"
    )
    if view.shown.empty:
        yield Text("It is on no page: no collection has a row for it.")
    for page in records(view.shown):
        yield Text()
        yield Text(printable(view.names.collection(page["collection_id"])), "bold")
        yield Text(f"  {'served from':<{_TITLE_CELLS}} {_TIERS[page['tier']]}")
        for column in _TEXTS:
            text = fit_cells(display_value(page[column]), width - _TITLE_CELLS - 3).rstrip()
            yield Text(f"  {column:<{_TITLE_CELLS}} {text}")
        yield Text(f"  {'clickable':<{_TITLE_CELLS}} {_clickable(page)}")


def page_json(view: PageView, version: str) -> str:
    """Return the view as JSON (``skillmeat-audit/view/1``)."""
    pages = [
        {name: value for name, value in page.items() if name != "artifact_id"}
        for page in records(view.shown)
    ]
    document: dict[str, Any] = {
        "schema": "skillmeat-audit/view/1", "tool_version": version,
        "artifact_id": view.artifact_id, "pages": pages,
    }  # fmt: skip
    return json.dumps(document, indent=2)


def _cells(page: Mapping[str, object], names: Names) -> list[object]:
    told = [names.collection(page["collection_id"]), page["tier"]]
    return [*told, *(page[column] for column in _TEXTS), _clickable(page)]


def _clickable(page: Mapping[str, object]) -> str:
    return "yes" if page["clickable"] else f"no: {printable(page['obstacle'])}"
