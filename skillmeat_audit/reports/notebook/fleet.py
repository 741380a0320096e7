"""Renders a fleet as static HTML for a notebook."""

from markupsafe import Markup

from skillmeat_audit.reports.facts.fleet import FleetFacts
from skillmeat_audit.reports.facts.fleet_page import FleetTable, fleet_page
from skillmeat_audit.reports.notebook.html import (
    ROW_LIMIT,
    fragment,
    next_calls,
    paragraph,
    strong,
    table_html,
)


def fleet_html(fleet: FleetFacts, *calls: str) -> str:
    """Return *fleet* as an HTML fragment, and the *calls* that may follow."""
    page = fleet_page(fleet)
    return fragment(
        paragraph(strong(page.sentence), *page.answer),
        *map(_table, page.tables),
        next_calls(*calls),
    )


def _table(listed: FleetTable) -> Markup:
    hidden = len(listed.rows) - ROW_LIMIT
    caption = f"{listed.caption}; {hidden} more in .homes" if hidden > 0 else listed.caption
    return table_html(caption, listed.header, listed.rows[:ROW_LIMIT])
