"""The request ``report`` on one home."""

from dataclasses import replace
from pathlib import Path

from skillmeat_audit.api.report import ReportRequest, stored_report
from skillmeat_audit.fleets.requests import (
    HomeAnswer,
    HomeRequest,
    address_of,
    failed_answer,
    home_facts,
)
from skillmeat_audit.model.trend import Delta
from skillmeat_audit.reports.facts.fleet import DeltaFacts, FindingPlaces
from skillmeat_audit.reports.facts.report import Failure, Report


def report(request: HomeRequest) -> HomeAnswer:
    """Audit the home, and record that in its history."""
    home = request.home
    path, database = address_of(home)
    reported = ReportRequest(
        scope=home.settings.scope,
        database=database,
        history=request.history,
        state_dir=request.state_dir,
        progress=False,
        allow_links=[Path(folder) for folder in home.settings.allow_links],
    )
    stored = stored_report(path, reported, request.at)
    match stored.document:
        case Failure(reason=reason):
            return replace(failed_answer(request, reason), history_run=stored.run)
        case Report() as report:
            facts = replace(
                home_facts(request),
                summary=report.summary,
                headline=report.headline,
                delta=_delta(report.past.changes),
                places=_places(report),
                exit_code=report.exit_code(request.fail_on),
            )
            return HomeAnswer(facts, report.findings, history_run=stored.run)


def _delta(changes: Delta | None) -> DeltaFacts | None:
    if changes is None:
        return None
    return DeltaFacts(changes.new, len(changes.fixed), changes.persisting)


def _places(report: Report) -> FindingPlaces:
    book = report.rule_book
    listed = report.findings["artifact_id"].dropna().unique()
    manifests = {each: book.manifests[each] for each in listed if each in book.manifests}
    return FindingPlaces(book.base, manifests, dict(book.names.collections))
