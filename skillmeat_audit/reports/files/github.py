"""Renders a report as annotations of a GitHub runner, within its limits."""

from collections.abc import Iterator

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import SEVERITIES
from skillmeat_audit.reports.facts.lines import Finding, describe_difference, describe_location
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.report import TITLE, Failure, Report
from skillmeat_audit.reports.facts.values import plural

# A runner shows ten annotations of a kind per step; a summary of more than 1 MiB is dropped whole.
ANNOTATIONS_PER_KIND, SUMMARY_LIMIT_BYTES = 10, 1024 * 1024
_KINDS = {"error": "error", "warning": "warning", "info": "notice"}
_MESSAGE_LIMIT = 400


def annotations(report: Report) -> str:
    """Return *report* as workflow commands: the worst findings, and the total."""
    return "".join(f"{line}\n" for line in _commands(report))


def failure_annotation(failure: Failure) -> str:
    """Return *failure* as a workflow command."""
    return f"{command('error', failure.sentence, failure.reason)}\n"


def command(kind: str, title: str, message: str) -> str:
    """Return a workflow command; nothing in *title* or *message* can end it or start another."""
    return f"::{kind} title={_property(title)}::{_data(message)}"


def _commands(report: Report) -> Iterator[str]:
    findings = worst_first(report.findings)
    annotated = 0
    for severity in SEVERITIES:
        # One notice is kept for the total at the end.
        room = ANNOTATIONS_PER_KIND - (1 if _KINDS[severity] == "notice" else 0)
        listed = records(findings[findings["severity"] == severity].head(room))
        annotated += len(listed)
        for finding in listed:
            title = f"{finding['rule']} {report.rule_book.names.titles[str(finding['rule'])]}"
            yield command(_KINDS[severity], title, _message(finding, report.rule_book.names))
    total = f"{report.sentence} {annotated} of {plural(len(findings), 'finding')} annotated."
    yield command("notice", TITLE, total)


def _message(finding: Finding, names: Names) -> str:
    line = " · ".join(
        filter(None, (describe_location(finding, names), describe_difference(finding)))
    )
    return shortened(line, _MESSAGE_LIMIT)


def _data(text: str) -> str:
    # GitHub's own escapes; % first, or the others would be escaped again.
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    # A property ends at "," and the title at ":".
    return _data(text).replace(":", "%3A").replace(",", "%2C")
