"""Renders a report as one self-contained HTML page: no script, no request, bounded in size."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.live import LIVE_TITLE, describe_live
from skillmeat_audit.reports.facts.report import TITLE, Failure, Report
from skillmeat_audit.reports.facts.report_page import format_utc, page_of

_TEMPLATES = Path(__file__).parent / "templates"
# The suffix of the file with all findings, in the place of the suffix of the page.
BESIDE = ".findings.csv"
_FAILED = Markup('<i style="border:1px dashed var(--bad)"></i>could not be checked')
_BAR, _GAP, _HEIGHT, _FOOT = 28, 16, 90, 18


def html_page(report: Report) -> bytes:
    """Return *report* as an HTML page; a file of the same name beside it has all findings."""
    page = page_of(report)
    return render_template(
        "report.html.j2",
        page=page,
        chart=_chart(page.runs),
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


def _chart(runs: Sequence[Mapping[str, object]]) -> Markup:
    """Return the runs as bars, errors below warnings; the table beside it has the same numbers."""
    totals = [_number(run, "error") + _number(run, "warning") for run in runs]
    # At least 1: no run, or only runs without a finding.
    scale = _HEIGHT / max([*totals, 1])
    # Few runs do not become wide bars: the chart always has room for twelve.
    width = _GAP + max(len(runs), 12) * (_BAR + _GAP)
    bars = Markup("").join(_bar(run, _GAP + n * (_BAR + _GAP), scale) for n, run in enumerate(runs))
    first, last = (totals[0], totals[-1]) if totals else (0, 0)
    label = f"errors and warnings of the last {len(runs)} runs, from {first} to {last}"
    height = _HEIGHT + _FOOT + 14
    failed = _FAILED if any(run["outcome"] == "failed" for run in runs) else ""
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" '
        'preserveAspectRatio="xMinYMid meet">{}'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/></svg>\n'
        '<p class="legend"><i style="background:var(--bad);margin-left:0"></i>errors'
        '<i style="background:var(--warn);opacity:.65"></i>warnings{}</p>'
    ).format(label, width, height, bars, width, _HEIGHT + 14, _HEIGHT + 14, failed)


def _bar(run: Mapping[str, object], x: int, scale: float) -> Markup:
    # 14: the number above the highest bar.
    floor = _HEIGHT + 14
    # 2026-02-10T… → 02-10
    day = str(run["at"])[5:10]
    errors, warnings = _number(run, "error") * scale, _number(run, "warning") * scale
    middle, label = x + _BAR / 2, Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>')
    foot = label.format(middle, floor + 13, day)
    if run["outcome"] == "failed":
        return foot + _rectangle("failed", x, floor - 20, 20)
    total = _number(run, "error") + _number(run, "warning")
    top = label.format(middle, f"{floor - errors - warnings - 4:.1f}", total)
    stack = _rectangle("errors", x, floor - errors, errors)
    return foot + stack + _rectangle("warnings", x, floor - errors - warnings, warnings) + top


def _rectangle(kind: str, x: int, y: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
        kind, x, y, _BAR, height
    )


def _number(run: Mapping[str, object], name: str) -> int:
    return cast("int", run[name] or 0)
