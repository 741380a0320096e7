"""Renders a report as JUnit XML: a suite per family of rules, a case per rule."""

from itertools import groupby
from xml.etree import ElementTree as ET

import msgspec

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.reports.facts.lines import Finding, describe_difference, describe_location
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.files.page_json import headline_record

LINES_SHOWN, _LINE_LIMIT = 100, 300


def junit_xml(report: Report) -> bytes:
    """Return *report* as JUnit XML: rules with errors or warnings fail, notes are output only."""
    visible: dict[str, list[Finding]] = {}
    for finding in records(report.findings.groupby("rule", sort=False).head(LINES_SHOWN)):
        visible.setdefault(str(finding["rule"]), []).append(finding)
    totals = report.findings["rule"].value_counts()
    root = ET.Element("testsuites", name=TOOL)
    # RULES is sorted by code, so every family comes once.
    for family, rules in groupby(report.rule_book.rules, key=lambda rule: rule.code[0]):
        suite = ET.SubElement(
            root, "testsuite", name=f"{family} {report.rule_book.families[family]}"
        )
        cases = [
            _case(suite, rule, (visible.get(rule.code, []), int(totals.get(rule.code, 0))), report)
            for rule in rules
        ]
        count_cases(suite, cases, report.made_at)
    add_totals(root)
    # A suite has properties in the schema, the root has none: the first suite holds the headline.
    _add_headline(root[0], report)
    return xml_bytes(root)


def failure_xml(failure: Failure) -> bytes:
    """Return *failure* as JUnit XML: one case, in error."""
    root = ET.Element("testsuites", name=TOOL)
    suite = ET.SubElement(root, "testsuite", name="audit")
    case = ET.SubElement(suite, "testcase", classname=TOOL, name="the home can be checked")
    error = ET.SubElement(case, "error", message=printable(failure.reason), type="failed")
    error.text = printable(failure.reason)
    count_cases(suite, [case], failure.made_at)
    add_totals(root)
    return xml_bytes(root)


def _case(
    suite: ET.Element, rule: Rule, findings: tuple[list[Finding], int], report: Report
) -> ET.Element:
    """Return the case of *rule*; *findings* are the first of its findings, and their total."""
    case = ET.SubElement(
        suite, "testcase", classname=f"{TOOL}.{rule.code[0]}", name=f"{rule.code} {rule.title}"
    )
    ignored = report.summary.ignored.get(rule.code, 0)
    visible, total = findings
    lines = [_line(finding, report.rule_book.names) for finding in visible]
    text = "\n".join([f"{len(lines)} of {plural(total, 'finding')}", *lines])
    # CI systems fail a build for a failure; notes must not do that.
    if total and rule.severity != Severity.INFO:
        message = f"{plural(total, 'finding')}: {rule.title}"
        ET.SubElement(case, "failure", message=message, type=str(rule.severity)).text = text
    elif total:
        ET.SubElement(case, "system-out").text = text
    elif ignored:
        message = f"{plural(ignored, 'finding')} ignored on request"
        ET.SubElement(case, "skipped", message=message)
    return case


def _add_headline(suite: ET.Element, report: Report) -> None:
    properties = ET.Element("properties")
    for name, value in msgspec.to_builtins(headline_record(report.headline)).items():
        text = "" if value is None else printable(value)
        ET.SubElement(properties, "property", name=f"headline.{name}", value=text)
    suite.insert(0, properties)


def _line(finding: Finding, names: Names) -> str:
    return shortened(
        f"{describe_location(finding, names)} · {describe_difference(finding)}", _LINE_LIMIT
    )


def count_cases(suite: ET.Element, cases: list[ET.Element], made_at: str) -> None:
    """Set the numbers of *cases* on their *suite*, and its time."""
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    if made_at:
        # The schema's type is a time without a zone.
        suite.set("timestamp", made_at.removesuffix("Z"))


def add_totals(root: ET.Element) -> None:
    """Add up the numbers of all suites on *root*."""
    for name in ("tests", "failures", "errors", "skipped"):
        # Some readers take the totals from the root, others add up the suites.
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))


def xml_bytes(root: ET.Element) -> bytes:
    """Return *root* as an XML document, indented."""
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
