"""Renders a report as a notice: a title, a few lines, a severity."""

from collections.abc import Iterator

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.notice import Notice
from skillmeat_audit.reports.facts.lines import describe_location
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.report import TITLE, Failure, Report
from skillmeat_audit.reports.facts.values import plural

_LISTED, _LINE_LIMIT = 10, 160


def notice_of(document: Report | Failure, threshold: Severity) -> Notice | None:
    """Return the notice of *document*, None if no finding from *threshold* on is new.

    Without an earlier run everything is new. A failure always has a notice.
    """
    if isinstance(document, Failure):
        body = f"{printable(document.home)}\n{printable(document.reason)}"
        return Notice(f"{TITLE}: {document.sentence}", body, Severity.ERROR)
    new = _new(document, threshold)
    if new.empty and not document.warnings:
        return None
    severity = Severity.ERROR if document.warnings else Severity(str(new["severity"].iloc[0]))
    body = "\n".join(_lines(document, new))
    return Notice(f"{TITLE}: {plural(len(new), 'new finding')}", body, severity)


def _new(report: Report, threshold: Severity) -> pd.DataFrame:
    bad = [severity for severity in SEVERITIES if severity.at_least(threshold)]
    findings = report.findings[is_in(report.findings["severity"], bad)]
    if report.past.changes is not None:
        findings = findings[is_in(findings["state"], ["new"])]
    return worst_first(findings)


def _lines(report: Report, new: pd.DataFrame) -> Iterator[str]:
    yield printable(report.summary.home)
    yield report.sentence
    for step in report.steps:
        yield f"{step.label}: {step.line} ({step.why})"
    yield from (printable(warning) for warning in report.warnings)
    if (changes := report.past.changes) is not None:
        yield f"since {changes.compared_at}: {changes.sentence}"
    listed = records(new.head(_LISTED))
    names = report.rule_book.names
    for finding in listed:
        title = names.titles[str(finding["rule"])]
        line = f"{finding['rule']} {describe_location(finding, names)}: {title}"
        yield shortened(line, _LINE_LIMIT)
    if len(listed) < len(new):
        yield f"… and {len(new) - len(listed)} more"
