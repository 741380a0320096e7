"""Renders a report as SARIF 2.1.0, within the limits of GitHub's code scanning."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.reports.facts.lines import Finding, describe_difference, describe_location
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.page_json import headline_record

SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# GitHub shows the first 5,000 results of a run and refuses files of more than 10 MB, compressed.
RESULTS_SHOWN = 5000
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_STATES = {"new": "new", "persisting": "unchanged"}
_MESSAGE_LIMIT = 1000
_DATABASE = "cache/cache.db"


def sarif(report: Report) -> bytes:
    """Return *report* as SARIF: every rule, the worst results, those that the baseline accepts."""
    return sarif_log([report_run(report)])


def failure_sarif(failure: Failure) -> bytes:
    """Return *failure* as SARIF: an invocation that did not succeed, and the reason."""
    return sarif_log([failure_run(failure)])


def sarif_log(runs: Sequence[Mapping[str, object]]) -> bytes:
    """Return *runs* as one SARIF file."""
    return ascii_json({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": runs})


def report_run(report: Report) -> dict[str, object]:
    """Return the run of a file that `sarif` describes."""
    rule_book = report.rule_book
    index = {rule.code: number for number, rule in enumerate(rule_book.rules)}
    visible = records(worst_first(report.findings).head(RESULTS_SHOWN))
    results = [_result(finding, report, index) for finding in visible]
    # Suppressed, not left out: a result that is missing counts as fixed.
    for finding, reason in _accepted(report, RESULTS_SHOWN - len(visible)):
        suppression = {"kind": "external", "justification": printable(reason)}
        results.append(_result(finding, report, index) | {"suppressions": [suppression]})
    return {
        "tool": _tool(rule_book.version, rule_book.rules),
        "invocations": [_invocation(report.made_at, successful=not report.warnings)],
        "originalUriBaseIds": _bases(rule_book.base),
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "headline": msgspec.to_builtins(headline_record(report.headline)),
            "shown": len(visible),
            "total": len(report.findings),
        },
    }


def failure_run(failure: Failure) -> dict[str, object]:
    """Return the run of a file that `failure_sarif` describes."""
    invocation = _invocation(failure.made_at, successful=False)
    notification = {"level": "error", "message": {"text": printable(failure.reason)}}
    invocation["toolExecutionNotifications"] = [notification]
    return {"tool": _tool(failure.version, ()), "invocations": [invocation], "results": []}


def _accepted(report: Report, limit: int) -> Iterator[tuple[Finding, str]]:
    accepted = report.past.accepted
    if accepted is not None:
        listed = records(accepted.findings.head(limit))
        yield from zip(listed, accepted.reasons, strict=False)


def _tool(version: str, rules: Sequence[Rule]) -> dict[str, object]:
    """Return the tool with all its rules: a rule without results then counts as fixed."""
    described = [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.page or rule.title},
            "help": {"text": f"{rule.page or rule.title}\n\n{TOOL} rules {rule.code}"},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in rules
    ]
    return {"driver": {"name": TOOL, "version": version, "rules": described}}


def _invocation(made_at: str, *, successful: bool) -> dict[str, object]:
    ended = {"endTimeUtc": made_at} if made_at else {}
    return {"executionSuccessful": successful, **ended}


def _result(finding: Finding, report: Report, index: Mapping[str, int]) -> dict[str, object]:
    code = str(finding["rule"])
    result: dict[str, object] = {
        "ruleId": code,
        "ruleIndex": index[code],
        "level": _LEVELS[str(finding["severity"])],
        "message": {"text": _message(finding, report)},
        "locations": [_location(finding, report)],
        # Not GitHub's primaryLocationLineHash, which is of a line: all of ours are on line 1.
        "partialFingerprints": {"findingIdentity/v1": finding["fingerprint"]},
    }
    if finding["state"] is not None:
        result["baselineState"] = _STATES[str(finding["state"])]
    return result


def _location(finding: Finding, report: Report) -> dict[str, object]:
    artifact, rule_book = finding["artifact_id"], report.rule_book
    path = quote(rule_book.manifests.get(str(artifact), _DATABASE))
    uri = path if _is_absolute(rule_book.base) else rule_book.base + path
    physical = {
        "artifactLocation": {"uri": uri, "uriBaseId": _base_id(rule_book.base)},
        # GitHub wants a region of each result; manifests are known by entry, not by line.
        "region": {"startLine": 1},
    }
    if artifact is None:
        return {"physicalLocation": physical}
    parts = (finding["collection_id"], artifact, finding["column"])
    name = printable("/".join(str(part) for part in parts if part is not None))
    logical = [{"fullyQualifiedName": name, "kind": "object"}]
    return {"physicalLocation": physical, "logicalLocations": logical}


def _bases(base: str) -> dict[str, object]:
    """Return the base of relative URIs: the home, or the working folder if the home is below it."""
    if _is_absolute(base):
        return {_base_id(base): {"uri": base, "description": {"text": "the SkillMeat home"}}}
    # Without a uri: the base is wherever the reader has its checkout (SARIF 3.14.14).
    return {_base_id(base): {"description": {"text": "the root of the checkout"}}}


def _base_id(base: str) -> str:
    return "HOME" if _is_absolute(base) else "%SRCROOT%"


def _is_absolute(base: str) -> bool:
    return base.startswith("file:")


def _message(finding: Finding, report: Report) -> str:
    names = report.rule_book.names
    line = f"{describe_location(finding, names)}: {names.titles[str(finding['rule'])]}"
    if detail := describe_difference(finding, _MESSAGE_LIMIT // 4):
        line += f" ({detail})" if finding["column"] is not None else f": {detail}"
    return shortened(line, _MESSAGE_LIMIT)
