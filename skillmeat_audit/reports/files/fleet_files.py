"""Renders the report of a fleet in every format of a report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.reports.facts.fleet import FleetFacts, HomeFacts
from skillmeat_audit.reports.facts.fleet_page import FLEET_TITLE, FleetTable, fleet_page
from skillmeat_audit.reports.files.fleet_json import fleet_json
from skillmeat_audit.reports.files.fleet_sarif import fleet_sarif
from skillmeat_audit.reports.files.formats import format_of
from skillmeat_audit.reports.files.github import ANNOTATIONS_PER_KIND, command
from skillmeat_audit.reports.files.html_page import render_template
from skillmeat_audit.reports.files.junit import add_totals, count_cases, xml_bytes
from skillmeat_audit.reports.files.markdown import code, escaped, table
from skillmeat_audit.reports.files.prometheus import home_metrics
from skillmeat_audit.reports.files.tabular import findings_csv, findings_parquet


def fleet_html(fleet: FleetFacts) -> bytes:
    """Return *fleet* as an HTML page, bounded in size."""
    page = fleet_page(fleet)
    return render_template("fleet.html.j2", title=FLEET_TITLE, page=page, version=fleet.version)


def fleet_markdown(fleet: FleetFacts) -> bytes:
    """Return *fleet* as Markdown."""
    page = fleet_page(fleet)
    parts = [f"# {escaped(page.sentence)}\n", *(f"{escaped(each)}\n" for each in page.answer)]
    parts += [_markdown_table(each) for each in page.tables]
    return "\n".join(parts).encode()


def _markdown_table(listed: FleetTable) -> str:
    rows = [[code(row[0]), *(escaped(cell) for cell in row[1:])] for row in listed.rows]
    return f"## {escaped(listed.caption)}\n\n{table(listed.header, rows)}"


def fleet_junit(fleet: FleetFacts) -> bytes:
    """Return *fleet* as JUnit XML: a case per home; one that could not be checked is in error."""
    root = ET.Element("testsuites", name=TOOL)
    suite = ET.SubElement(root, "testsuite", name="fleet")
    cases = [_case(suite, home) for home in fleet.homes]
    count_cases(suite, cases, fleet.made_at)
    add_totals(root)
    return xml_bytes(root)


def _case(suite: ET.Element, home: HomeFacts) -> ET.Element:
    name = printable(home.home)
    case = ET.SubElement(suite, "testcase", classname=f"{TOOL}.fleet", name=name)
    sentence = "" if home.headline is None else home.headline.sentence
    if home.error is not None:
        message = printable(home.error)
        ET.SubElement(case, "error", message=message, type="failed").text = message
    elif home.exit_code is not ExitCode.CLEAN:
        ET.SubElement(case, "failure", message=sentence, type="findings").text = sentence
    return case


def fleet_annotations(fleet: FleetFacts) -> bytes:
    """Return *fleet* as workflow commands of a GitHub runner: the worst homes, and the total."""
    return "".join(f"{line}\n" for line in _commands(fleet)).encode()


def _commands(fleet: FleetFacts) -> Iterator[str]:
    for home in [home for home in fleet.worst_first if home.exit_code][:ANNOTATIONS_PER_KIND]:
        message = home.error or (home.headline.sentence if home.headline else "")
        yield command("error", home.home, message)
    yield command("notice", FLEET_TITLE, fleet.sentence)


@dataclass(frozen=True)
class FleetFormat:
    """A format of a fleet's report; ``appends`` keeps the content that a file has already."""

    name: str
    render: Callable[[FleetFacts], bytes]
    appends: bool = False


FLEET_FORMATS = {
    each.name: each
    for each in (
        FleetFormat("html", fleet_html),
        FleetFormat("markdown", fleet_markdown),
        FleetFormat("json", fleet_json),
        FleetFormat("csv", lambda fleet: findings_csv(fleet.findings).encode()),
        FleetFormat("parquet", lambda fleet: findings_parquet(fleet.findings)),
        FleetFormat("junit", fleet_junit),
        FleetFormat("sarif", fleet_sarif),
        FleetFormat("prometheus", lambda fleet: home_metrics(fleet).encode()),
        FleetFormat("github-summary", fleet_markdown, appends=True),
        FleetFormat("github-annotations", fleet_annotations),
    )
}


def fleet_format_of(file_name: str, named: str | None) -> FleetFormat | None:
    """Return the format of a file by its suffix, or *named*; None where that is unclear."""
    form = format_of(file_name, named)
    return None if form is None else FLEET_FORMATS.get(form.name)
