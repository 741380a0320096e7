"""The formats a report is rendered in: their names, their files' suffixes, their renderers."""

from collections.abc import Callable
from dataclasses import dataclass

from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files import (
    github,
    html_page,
    junit,
    markdown,
    prometheus,
    report_json,
    sarif,
)
from skillmeat_audit.reports.files.tabular import findings_csv, findings_parquet


@dataclass(frozen=True)
class Format:
    """A format; ``failed`` renders a `Failure`, None for a format that cannot express one.

    ``appends`` keeps the content that a file has already; ``beside`` is the suffix of the CSV file
    of all findings beside it.
    """

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[Report], bytes]
    failed: Callable[[Failure], bytes] | None
    appends: bool = False
    beside: str | None = None


def _text(render: Callable[[Report], str]) -> Callable[[Report], bytes]:
    return lambda report: render(report).encode()


def _failed(render: Callable[[Failure], str]) -> Callable[[Failure], bytes]:
    return lambda failure: render(failure).encode()


_HTML = html_page.html_page, html_page.failure_page
_MARKDOWN = _text(markdown.markdown), _failed(markdown.failure_markdown)
_PROMETHEUS = _text(prometheus.metrics), _failed(prometheus.failure_metrics)
_ANNOTATIONS = _text(github.annotations), _failed(github.failure_annotation)

# The first format with the suffix of a file is its format, unless `--format` names another.
FORMATS = (
    Format("html", (".html", ".htm"), *_HTML, beside=html_page.BESIDE),
    Format("markdown", (".md", ".markdown"), *_MARKDOWN),
    Format("json", (".json",), report_json.report_json, report_json.failure_json),
    Format("csv", (".csv",), _text(lambda report: findings_csv(report.findings)), None),
    Format("parquet", (".parquet",), lambda report: findings_parquet(report.findings), None),
    Format("junit", (".xml",), junit.junit_xml, junit.failure_xml),
    # ".json" last: SARIF only where `--format sarif` says so.
    Format("sarif", (".sarif", ".sarif.json", ".json"), sarif.sarif, sarif.failure_sarif),
    Format("prometheus", (".prom",), *_PROMETHEUS),
    Format("github-summary", (".md",), *_MARKDOWN, appends=True),
    Format("github-annotations", (".txt",), *_ANNOTATIONS),
)
NAMES = tuple(each.name for each in FORMATS)


def format_called(name: str) -> Format:
    """Return the format called *name*."""
    return next(each for each in FORMATS if each.name == name)


def format_of(file_name: str, named: str | None) -> Format | None:
    """Return a file's format: *named* if its suffix allows it, else by suffix; None if unclear."""
    candidates = [each for each in FORMATS if _matched_lengths(file_name, each)]
    if not candidates:
        return None if named is None else format_called(named)
    # x.sarif.json ends with .json as well: the longer suffix says more.
    longest = max(candidates, key=lambda each: max(_matched_lengths(file_name, each)))
    return next((each for each in candidates if each.name == named), longest)


def _matched_lengths(file_name: str, form: Format) -> list[int]:
    return [len(suffix) for suffix in form.suffixes if file_name.lower().endswith(suffix)]
