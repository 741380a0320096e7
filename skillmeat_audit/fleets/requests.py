"""Carries out one request on one home, in whatever process that is: nothing is raised."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.audit import audit
from skillmeat_audit.api.compose import absolute_home, as_reported
from skillmeat_audit.api.history import HistorySettings
from skillmeat_audit.api.planning import PlanScope
from skillmeat_audit.api.repair import runs
from skillmeat_audit.api.report import ReportRequest, stored_report
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import AuditError, BusyError, UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.fleets.addresses import database_address
from skillmeat_audit.fleets.definition import FleetHome
from skillmeat_audit.fleets.repairs import (
    HomeRepair,
    Repaired,
    RepairOptions,
    apply_once,
    undo_applied,
)
from skillmeat_audit.loaders.home import home_folder
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.trend import REPORTED, Delta
from skillmeat_audit.repair.plan import encode_plan
from skillmeat_audit.reports.facts.fleet import (
    DeltaFacts,
    FleetVerb,
    HomeFacts,
    ListedRun,
    PlanFacts,
)
from skillmeat_audit.reports.facts.report import Failure, Report


@dataclass(frozen=True)
class HomeRequest:
    """What is requested of one home; it is sent to another process, and holds no credentials.

    ``at`` is the time of a report, ``plan`` the content of a plan's file.
    """

    verb: FleetVerb
    home: FleetHome
    state_dir: str | None = None
    fail_on: Severity = Severity.WARNING
    at: str = ""
    history: HistorySettings | None = None
    scope: PlanScope = field(default_factory=PlanScope)
    plan: bytes = b""
    repair: RepairOptions = field(default_factory=RepairOptions)


@dataclass(frozen=True)
class HomeAnswer:
    """The answer: its facts, the findings (``REPORTED``), the content of a plan's file.

    ``history_run`` is the number of the run in the home's history, to be marked as delivered.
    """

    facts: HomeFacts
    findings: pd.DataFrame = field(default_factory=REPORTED.empty, repr=False)
    plan: bytes = field(default=b"", repr=False)
    history_run: int | None = None


def failed_answer(
    request: HomeRequest, reason: str, code: ExitCode = ExitCode.FAILED
) -> HomeAnswer:
    """Return the answer for a home of which *request* could not be carried out."""
    return HomeAnswer(replace(_facts(request), error=printable(reason), exit_code=code))


def answer_request(request: HomeRequest) -> HomeAnswer:
    """Carry out *request* and return the answer, also where that fails."""
    try:
        return _ANSWERS[request.verb](request)
    except BusyError as exc:
        return failed_answer(request, str(exc), ExitCode.CONFLICT)
    except AuditError as exc:
        return failed_answer(request, str(exc))
    # The boundary of a home: a bug that one home shows must not cost the report of the others. Its
    # text may hold an address with credentials, so that only its kind is reported.
    except Exception as exc:  # noqa: BLE001
        reason = (
            f"crashed with {type(exc).__name__}, a bug of skillmeat-audit; "
            "'skillmeat-audit check' of this home shows where"
        )
        return failed_answer(request, reason, ExitCode.CRASHED)


def _facts(request: HomeRequest) -> HomeFacts:
    home = request.home
    return HomeFacts(home.name, _portable(home.path), home.group)


def _portable(path: str) -> str:
    try:
        return absolute_home(home_folder(path))
    except (AuditError, OSError):
        return printable(path)


def _check(request: HomeRequest) -> HomeAnswer:
    audited = _audited(request)
    facts = replace(
        _facts(request),
        summary=audited.summary,
        headline=audited.headline,
        exit_code=audited.summary.exit_code(request.fail_on),
    )
    return HomeAnswer(facts, as_reported(audited.findings))


def _audited(request: HomeRequest, *, parse_cache: bool = True) -> Audit:
    home = request.home
    return audit(
        home.path,
        database=database_address(home.database),
        scope=home.settings.scope,
        progress=False,
        state_dir=request.state_dir,
        parse_cache=parse_cache,
        allow_links=home.settings.allow_links,
    )


def _report(request: HomeRequest) -> HomeAnswer:
    home = request.home
    reported = ReportRequest(
        scope=home.settings.scope,
        database=database_address(home.database),
        history=request.history,
        state_dir=request.state_dir,
        progress=False,
        allow_links=[Path(folder) for folder in home.settings.allow_links],
    )
    stored = stored_report(home.path, reported, request.at)
    match stored.document:
        case Failure(reason=reason):
            return replace(failed_answer(request, reason), history_run=stored.run)
        case Report() as report:
            facts = replace(
                _facts(request),
                summary=report.summary,
                headline=report.headline,
                delta=_delta(report.past.changes),
                exit_code=report.exit_code(request.fail_on),
            )
            return HomeAnswer(facts, report.findings, history_run=stored.run)


def _delta(changes: Delta | None) -> DeltaFacts | None:
    if changes is None:
        return None
    return DeltaFacts(changes.new, len(changes.fixed), changes.persisting)


def _plan(request: HomeRequest) -> HomeAnswer:
    _require_writable(request)
    # A plan rests on what the files hold now.
    audited = _audited(request, parse_cache=False)
    scope = request.scope
    plan = audited.plan(
        dispositions=scope.dispositions, deletes=scope.deletes, targets=scope.targets
    )
    document = plan.document
    written = PlanFacts(
        rows=len(document.changes),
        cells=sum(len(change.cells) for change in document.changes),
        keys=sum(len(manifest.edits) for manifest in document.manifests),
    )
    facts = replace(
        _facts(request), summary=audited.summary, headline=audited.headline, plan=written
    )
    return HomeAnswer(facts, plan=b"" if document.is_empty else encode_plan(document))


def _require_writable(request: HomeRequest) -> None:
    if request.home.settings.read_only:
        raise UsageError("the fleet file says that it is read-only: nothing is planned or written")


def _apply(request: HomeRequest) -> HomeAnswer:
    return _repaired(request, apply_once)


def _undo(request: HomeRequest) -> HomeAnswer:
    return _repaired(request, undo_applied)


def _repaired(request: HomeRequest, repair: Callable[[HomeRepair], Repaired]) -> HomeAnswer:
    _require_writable(request)
    home, options = request.home, request.repair
    run, code = repair(
        HomeRepair(
            home.path,
            database_address(home.database),
            request.plan,
            options,
            options.run_options(request.state_dir, home.settings),
        )
    )
    return HomeAnswer(replace(_facts(request), run=run, exit_code=code))


def _runs(request: HomeRequest) -> HomeAnswer:
    home = request.home
    options = request.repair.run_options(request.state_dir, home.settings)
    listed = runs(home.path, database=database_address(home.database), options=options)
    found = tuple(
        ListedRun(
            run=each.run,
            kind=each.kind,
            state=each.state,
            started_at=each.started_at,
            rows=len(each.entries),
            keys=sum(len(manifest.edits) for manifest in each.manifests),
            undoes=each.undoes,
        )
        for each in listed
    )
    return HomeAnswer(replace(_facts(request), runs=found))


_ANSWERS: dict[str, Callable[[HomeRequest], HomeAnswer]] = {
    "check": _check,
    "report": _report,
    "plan": _plan,
    "apply": _apply,
    "undo": _undo,
    "runs": _runs,
}
