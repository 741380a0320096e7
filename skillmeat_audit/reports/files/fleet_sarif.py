"""Renders the report of a fleet as SARIF 2.1.0: a run per home, in the order of its file."""

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.fleet import FleetFacts, HomeFacts
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.report import Failure, Report, RuleBook
from skillmeat_audit.reports.files.sarif import failure_run, report_run, sarif_log


def fleet_sarif(fleet: FleetFacts) -> bytes:
    """Return *fleet* as SARIF; the run of a home that could not be checked did not succeed."""
    return sarif_log([_run(fleet, home) for home in fleet.homes])


def _run(fleet: FleetFacts, home: HomeFacts) -> dict[str, object]:
    # Code hosts tell the runs of one tool by their category, the part before the last slash.
    category = {"automationDetails": {"id": f"{TOOL}/{printable(home.home)}/"}}
    if home.summary is None or home.headline is None or home.places is None:
        failure = Failure(home.path, home.error or "", fleet.version, fleet.made_at)
        return category | failure_run(failure)
    names = Names({rule.code: rule.title for rule in fleet.rules}, home.places.collections)
    report = Report(
        summary=home.summary,
        headline=home.headline,
        findings=fleet.findings[fleet.findings["home"] == home.home],
        groups=(),
        blanks=(),
        rule_book=RuleBook(
            fleet.version, fleet.rules, {}, names, home.places.manifests, home.places.base
        ),
        made_at=fleet.made_at,
    )
    return category | report_run(report)
