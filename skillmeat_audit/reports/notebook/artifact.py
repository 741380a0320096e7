"""Renders one artifact as static HTML: its layers side by side, differences marked."""

from collections.abc import Mapping

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import Status
from skillmeat_audit.reports.facts.artifact import ArtifactLayers, LayerColumn
from skillmeat_audit.reports.facts.lines import Finding, is_about_cell
from skillmeat_audit.reports.facts.page_view import describe_page
from skillmeat_audit.reports.notebook.audit import findings_html
from skillmeat_audit.reports.notebook.html import (
    empty_sign,
    fragment,
    paragraph,
    strong,
    table_html,
    tag,
)
from skillmeat_audit.reports.notebook.word_diff import marked_difference

_LAYER_LIMIT = 12
_NO_VALUE = Markup("–")

FindingsByCell = Mapping[tuple[object, object], Finding]  # by DB collection and column


def artifact_html(artifact: ArtifactLayers) -> str:
    """Return *artifact* as an HTML fragment: a column per layer, then the writer of each row."""
    wrong = {
        (finding["collection_id"], finding["column"]): finding
        for finding in records(artifact.findings)
        if is_about_cell(finding)
    }
    columns = (*artifact.columns, *artifact.page_columns)
    # An artifact in fifty collections would make a table that no page can show.
    layers = columns[:_LAYER_LIMIT]
    present = [name for name in COLUMNS if any(_has_cell(layer, name, wrong) for layer in layers)]
    absent = [name for name in COLUMNS if name not in present]
    pages = {str(page["collection_id"]): describe_page(page) for page in records(artifact.pages)}
    caption = f"{artifact.artifact_id}: {len(layers)} of {len(columns)} layers"
    rows = ([name, *(_cell(layer, name, wrong) for layer in layers)] for name in present)
    return fragment(
        table_html(caption, ("column", *(layer.title for layer in layers)), rows),
        paragraph(f"no layer knows: {', '.join(absent)}" if absent else ""),
        *(
            paragraph(
                strong(f"row in {artifact.names.collection(collection)}"),
                explanation,
                pages.get(collection),
            )
            for collection, explanation in artifact.explanations.items()
        ),
        _other_findings(artifact),
    )


def _has_cell(layer: LayerColumn, name: str, wrong: FindingsByCell) -> bool:
    return layer.texts.get(name) is not None or (layer.collection_id, name) in wrong


def _cell(layer: LayerColumn, name: str, wrong: FindingsByCell) -> Markup:
    """Return the value of *layer* in column *name*; a wrong cell is marked and has its rule.

    The value of a file is marked as well if it is the expected value of a row.
    """
    value = layer.texts.get(name)
    finding = wrong.get((layer.collection_id, name)) if layer.collection_id is not None else None
    if finding is not None:
        sign = tag(str(finding["rule"]), str(finding["severity"]))
        expected = None if finding["status"] == Status.EXTRA else finding["expected"]
        return Markup("{}<br>{}").format(marked_difference(value, expected)[0], sign)
    if value is None and layer.state is not None and name == COLUMNS[0]:
        return empty_sign(f"({layer.state})")
    if value in (None, ""):
        return _NO_VALUE if value is None else empty_sign()
    of_column = (each for (_, column), each in wrong.items() if column == name)
    actual = next((each["actual"] for each in of_column if each["expected"] == value), None)
    return marked_difference(value, actual)[0]


def _other_findings(artifact: ArtifactLayers) -> Markup:
    """Return the table of the findings that are not on a cell, empty for none."""
    findings: pd.DataFrame = artifact.findings
    others = findings[findings["column"].isna() | findings["status"].isna()]
    if others.empty:
        return Markup()
    return findings_html(others.head(_LAYER_LIMIT), artifact.names, len(others))
