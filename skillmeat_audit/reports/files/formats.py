"""The formats a report is rendered in: their names, their files' suffixes, their renderers."""

from collections.abc import Callable
from dataclasses import dataclass

from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files import github, html_page, junit, markdown, prometheus, sarif
from skillmeat_audit.reports.files import report_json as document
from skillmeat_audit.reports.files.tabular import findings_csv, findings_parquet


@dataclass(frozen=True)
class Format:
    """A format; ``failed`` is None where it has no way to say that nothing could be checked.

    ``appends`` tells whether what a file holds already stays before it, ``beside`` the suffix of a
    CSV file of all findings that lies beside it.
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


_MARKDOWN = _text(markdown.markdown), _failed(markdown.failure_markdown)

# The first format with a file's suffix is its format, unless another one that has it is named.
FORMATS = (
    Format(
        "html", (".html", ".htm"), html_page.html_page, html_page.failure_page,
        beside=html_page.BESIDE,
    ),
    Format("markdown", (".md", ".markdown"), *_MARKDOWN),
    Format("json", (".json",), document.report_json, document.failure_json),
    Format("csv", (".csv",), _text(lambda report: findings_csv(report.findings)), None),
    Format("parquet", (".parquet",), lambda report: findings_parquet(report.findings), None),
    Format("junit", (".xml",), junit.junit_xml, junit.failure_xml),
    Format("sarif", (".sarif", ".sarif.json", ".json"), sarif.sarif, sarif.failure_sarif),
    Format(
        "prometheus", (".prom",),
        _text(prometheus.metrics), _failed(prometheus.failure_metrics),
    ),
    Format("github-summary", (".md",), *_MARKDOWN, appends=True),
    Format(
        "github-annotations", (".txt",),
        _text(github.annotations), _failed(github.failure_annotation),
    ),
)  # fmt: skip
NAMES = tuple(each.name for each in FORMATS)


def format_called(name: str) -> Format:
    """Return the format of that *name*."""
    return next(each for each in FORMATS if each.name == name)


def format_of(file_name: str, named: str | None) -> Format | None:
    """Return a file's format: *named* where its suffix allows, else by suffix; None if unclear."""
    fitting = [each for each in FORMATS if _matches(file_name, each)]
    if not fitting:
        return None if named is None else format_called(named)
    longest = max(fitting, key=lambda each: max(_matches(file_name, each)))
    return next((each for each in fitting if each.name == named), longest)


def _matches(file_name: str, form: Format) -> list[int]:
    return [len(s) for s in form.suffixes if file_name.lower().endswith(s)]
