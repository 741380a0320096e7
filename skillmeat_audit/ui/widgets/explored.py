"""What the explorer shows: the findings of an audit or of a fleet, and how they are described."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.api.values import Audit
from skillmeat_audit.diff.provenance.paths import TITLES
from skillmeat_audit.model.contracts import Table
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.reports.facts.blank_pages import page_states
from skillmeat_audit.reports.facts.facets import FLEET_FACETS, FindingFacets
from skillmeat_audit.reports.facts.fleet import FLEET_FINDINGS
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.notebook.html import fragment
from skillmeat_audit.ui.widgets.finding_lines import COLUMNS, HOME_COLUMN
from skillmeat_audit.ui.widgets.grid import GridColumn

if TYPE_CHECKING:
    from skillmeat_audit.fleets.value import Fleet

_EXPORTS = (("csv", "CSV"), ("parquet", "Parquet"))
_PLAN_EXPORT = ("plan", "plan (JSON)")


@dataclass(frozen=True)
class Explored:
    """Findings (``table``), what counts and names them, and how an explorer shows them.

    ``source`` is what it was called with: ``audit`` or ``fleet``.
    """

    source: str
    findings: pd.DataFrame
    table: Table
    facets: FindingFacets
    names: Names
    columns: tuple[GridColumn, ...]
    exports: tuple[tuple[str, str], ...]
    charts: str = ""


def explored(source: "Audit | Fleet") -> Explored:
    """Return what an explorer shows of *source*; a fleet has neither pages nor charts."""
    findings = source.findings
    if isinstance(source, Audit):
        return Explored(
            "audit",
            findings,
            FINDINGS,
            FindingFacets(findings, page_states(source.page_facts, findings)),
            source.names,
            COLUMNS,
            (*_EXPORTS, _PLAN_EXPORT),
            _charts_html(source),
        )
    titles = {rule.code: rule.title for rule in source.facts.rules}
    return Explored(
        "fleet",
        findings,
        FLEET_FINDINGS,
        FindingFacets(findings, None, FLEET_FACETS),
        Names(titles, {}, TITLES),
        (HOME_COLUMN, *COLUMNS),
        _EXPORTS,
    )


def _charts_html(audit: Audit) -> str:
    """Return the charts of *audit*, folded; what filters the findings takes the focus."""
    charts = audit.charts
    shown = Markup("\n").join((charts.matrix.html, charts.pages.html, charts.causes.html))
    marked = shown.replace("data-filter=", Markup('tabindex="0" role="button" data-filter='))
    summary = "Charts of all findings: click a sign or a bar to see the findings on it"
    return fragment(
        Markup("<details><summary>{}</summary>{}</details>").format(summary, Markup(marked))
    )
