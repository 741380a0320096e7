"""Renders a report as one self-contained HTML page: no script, no request, bounded in size."""

from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.live import LIVE_TITLE, describe_live
from skillmeat_audit.reports.facts.matrix import LEGEND, field_label
from skillmeat_audit.reports.facts.report import TITLE, Failure, Report
from skillmeat_audit.reports.facts.report_page import format_utc, page_of
from skillmeat_audit.reports.files.anchors import Anchors
from skillmeat_audit.reports.pictures.time_axis import COLOURS
from skillmeat_audit.reports.pictures.trend import trend_picture

_TEMPLATES = Path(__file__).parent / "templates"
# The suffix of the file with all findings, in the place of the suffix of the page.
BESIDE = ".findings.csv"
# What is in sight of a list before the reader unfolds the others.
_OPEN_LINES = {"blanks": 5, "matrix": 16}


def html_page(report: Report) -> bytes:
    """Return *report* as an HTML page; a file of the same name beside it has all findings."""
    page = page_of(report)
    sections = (row.artifact for section in page.sections for row in section.listing.rows)
    return render_template(
        "report.html.j2",
        page=page,
        anchors=Anchors((*(blank.artifact_id for blank in page.blanks), *sections)),
        matrix=report.matrix,
        matrix_legend=LEGEND,
        field_label=field_label,
        open_lines=_OPEN_LINES,
        trend=trend_picture(page.runs),
        colours=COLOURS,
        files=[(name, quote(name)) for name in report.beside],
        diffs=report.diffs,
        beside=BESIDE,
        total=len(report.findings),
        format_utc=format_utc,
        live=report.live and describe_live(report.live, report.rule_book.names),
        live_title=LIVE_TITLE,
    )


def failure_page(failure: Failure) -> bytes:
    """Return *failure* as an HTML page."""
    return render_template("failure.html.j2", failure=failure, made_at=format_utc(failure.made_at))


def render_template(template: str, **values: object) -> bytes:
    """Return the *template* filled with *values*, and with the style and title of all pages."""
    style = Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))
    named = {"title": TITLE, "style": style, **values}
    text = _environment().get_template(template).render(named)
    return text.encode() + b"\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        # A misspelt name in a template fails instead of rendering nothing.
        undefined=StrictUndefined,
        finalize=_escape_controls,
    )


def _escape_controls(value: object) -> object:
    """Return *value* for a template: `Markup` unchanged, all else without control characters."""
    # autoescape then escapes what is left; Markup was made by our own templates.
    return value if isinstance(value, Markup) else printable(value)
