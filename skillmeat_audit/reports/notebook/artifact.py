"""Renders one artifact as static HTML: its layers side by side, what changed marked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import Status
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.notebook.audit import findings_html
from skillmeat_audit.reports.notebook.html import (
    Markup,
    empty_sign,
    fragment,
    paragraph,
    strong,
    table_html,
    tag,
    text_html,
)
from skillmeat_audit.reports.notebook.word_diff import marked_difference

if TYPE_CHECKING:
    from skillmeat_audit.reports.facts.artifact import ArtifactView, Column

_LAYER_LIMIT = 12
_SILENT = Markup("–")

Finding = Mapping[str, object]


def artifact_html(view: "ArtifactView", names: Names) -> str:
    """Return *view* as an HTML fragment: a column per layer, then who wrote each row."""
    wrong = {
        (each["collection_id"], each["column"]): each
        for each in records(view.findings)
        if each["column"] is not None and each["status"] is not None
    }
    layers = view.columns[:_LAYER_LIMIT]
    said = [name for name in COLUMNS if any(_speaks(layer, name, wrong) for layer in layers)]
    silent = [name for name in COLUMNS if name not in said]
    caption = f"{view.artifact_id}: {len(layers)} of {len(view.columns)} layers"
    rows = ([name, *(_cell(layer, name, wrong) for layer in layers)] for name in said)
    others = view.findings[view.findings["column"].isna() | view.findings["status"].isna()]
    return fragment(
        table_html(caption, ("column", *(layer.title for layer in layers)), rows),
        paragraph(f"no layer knows: {', '.join(silent)}") if silent else "",
        *(_explanation(names.collection(place), told) for place, told in view.explanations.items()),
        findings_html(others.head(_LAYER_LIMIT), names, len(others)) if len(others) else "",
    )


def _speaks(layer: "Column", name: str, wrong: Mapping[tuple[object, object], Finding]) -> bool:
    return layer.values.get(name) is not None or (layer.collection_id, name) in wrong


def _cell(layer: "Column", name: str, wrong: Mapping[tuple[object, object], Finding]) -> Markup:
    """Return what *layer* says in column *name*; in a row that is wrong, marked and with its rule.

    What a file says of itself is marked as well where it is what a row should say.
    """
    value = layer.values.get(name)
    found = wrong.get((layer.collection_id, name)) if layer.collection_id is not None else None
    if found is not None:
        sign = tag(str(found["rule"]), str(found["severity"]))
        expected = None if found["status"] == Status.EXTRA else found["expected"]
        return Markup(f"{marked_difference(value, expected)[0]}<br>{sign}")
    if value is None and layer.state is not None and name == COLUMNS[0]:
        return empty_sign(f"({layer.state})")
    if value in (None, ""):
        return _SILENT if value is None else empty_sign()
    differing = (each for (_, column), each in wrong.items() if column == name)
    against = next((each["actual"] for each in differing if each["expected"] == value), None)
    return marked_difference(value, against)[0]


def _explanation(collection: str, told: str) -> str:
    return paragraph(strong(f"row in {collection}"), Markup(text_html(told)))
