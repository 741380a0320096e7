"""What is done with a fleet: one function per verb; each returns the facts of all homes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.history import HistorySettings
from skillmeat_audit.api.planning import PlanScope
from skillmeat_audit.base import VERSION
from skillmeat_audit.base.clock import now
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.text import printable
from skillmeat_audit.delivery.files import DeliveryResult, deliver
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.fleets.definition import FleetDefinition, FleetHome
from skillmeat_audit.fleets.engines import Engine
from skillmeat_audit.fleets.outputs import FleetOutput, rendered
from skillmeat_audit.fleets.plans_folder import (
    PlannedHome,
    plan_name,
    read_plans,
    require_new,
    write_plans,
)
from skillmeat_audit.fleets.repair_options import RepairOptions
from skillmeat_audit.fleets.requests import HomeAnswer, HomeRequest, failed_answer
from skillmeat_audit.history.store import mark_delivered
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.fleet import (
    FLEET_FINDINGS,
    FleetFacts,
    FleetVerb,
    HomeFacts,
    RunFacts,
)
from skillmeat_audit.service.cache_service import format_stored_time, utc_now

_RESUMED_BY = {
    "apply": "'skillmeat-audit fleet apply --resume' goes on",
    "undo": "another 'skillmeat-audit fleet undo' goes on",
}


@dataclass(frozen=True)
class FleetSession:
    """How requests on a fleet are carried out: where they run, where state is kept, what fails."""

    engine: Engine = field(default_factory=Engine)
    state_dir: str | None = None
    fail_on: Severity = Severity.WARNING

    def request(self, verb: FleetVerb, home: FleetHome) -> HomeRequest:
        """Return the request *verb* on *home*."""
        return HomeRequest(verb, home, self.state_dir, self.fail_on)


def check_fleet(fleet: FleetDefinition, session: FleetSession) -> FleetFacts:
    """Return the audits of all homes of *fleet*. Nothing of a home is written."""
    requests = [session.request("check", home) for home in fleet.homes]
    return _facts("check", session.engine.answers(requests))


def report_fleet(
    fleet: FleetDefinition,
    session: FleetSession,
    outputs: Sequence[FleetOutput],
    history: HistorySettings | None,
) -> tuple[FleetFacts, DeliveryResult]:
    """Return the audits of all homes, recorded in their *history*, and deliver the report.

    Runs are marked as delivered where all *outputs* were: what was new in a report that did not
    arrive stays new.
    """
    at = now()
    requests = [
        replace(session.request("report", home), at=at, history=history) for home in fleet.homes
    ]
    answers = session.engine.answers(requests)
    facts = replace(_facts("report", answers), made_at=at)
    delivery = deliver(rendered(facts, outputs))
    if history is not None and not delivery.problems:
        problems = _mark_delivered(answers, session, history)
        delivery = replace(delivery, problems=problems)
    return facts, delivery


def _mark_delivered(
    answers: Sequence[HomeAnswer], session: FleetSession, history: HistorySettings
) -> tuple[str, ...]:
    problems = []
    for answer in answers:
        if answer.history_run is None:
            continue
        try:
            url = history.url_for(Path(answer.facts.path), session.state_dir)
            mark_delivered(url, answer.history_run)
        except AuditError as exc:
            problems.append(f"{printable(answer.facts.home)}: {exc}")
    return tuple(problems)


def plan_fleet(
    fleet: FleetDefinition, session: FleetSession, folder: Path, scope: PlanScope
) -> FleetFacts:
    """Write a plan per home to the new *folder*; return what the plans write.

    Raises `UsageError` where the folder is not empty, `StateError` where it cannot be written.
    """
    # Before the audits: they take long, and all would be lost at the end.
    require_new(folder)
    requests = [replace(session.request("plan", home), scope=scope) for home in fleet.homes]
    answers = session.engine.answers(requests)
    planned = [
        PlannedHome(
            home=home,
            file=plan_name(number, home) if answer.plan else None,
            error=answer.facts.error,
        )
        for number, (home, answer) in enumerate(zip(fleet.homes, answers, strict=True), 1)
    ]
    write_plans(folder, planned, [answer.plan for answer in answers])
    named = [
        replace(answer, facts=_with_file(answer.facts, each.file))
        for answer, each in zip(answers, planned, strict=True)
    ]
    return _facts("plan", named)


def _with_file(facts: HomeFacts, file: str | None) -> HomeFacts:
    plan = facts.plan
    return facts if plan is None else replace(facts, plan=replace(plan, file=file))


def apply_fleet(folder: Path, session: FleetSession, options: RepairOptions) -> FleetFacts:
    """Apply the plans in *folder*; return what became of them. Raises `PlanError`."""
    return _repaired("apply", folder, session, options)


def undo_fleet(folder: Path, session: FleetSession, options: RepairOptions) -> FleetFacts:
    """Put back what the plans in *folder* wrote; return what became of them."""
    return _repaired("undo", folder, session, options)


def _repaired(
    verb: FleetVerb, folder: Path, session: FleetSession, options: RepairOptions
) -> FleetFacts:
    # Dask repeats a request whose worker was lost: a run that began since then is not made again.
    options = replace(options, since=format_stored_time(utc_now()))
    requests = [
        (replace(session.request(verb, planned.home), plan=content, repair=options), planned.error)
        for planned, content in read_plans(folder)
    ]
    # Homes without a plan need no process; their answers are put back in their places below.
    writing = [request for request, _ in requests if request.plan]
    try:
        answers = iter(session.engine.answers(writing))
    except BaseException as exc:
        # Without the note it would be reported that nothing was changed.
        exc.add_note(f"some homes may have been written; {_RESUMED_BY[verb]}")
        raise
    return _facts(
        verb,
        [
            next(answers) if request.plan else _without_plan(request, error)
            for request, error in requests
        ],
    )


def _without_plan(request: HomeRequest, error: str | None) -> HomeAnswer:
    answer = failed_answer(request, f"it was not planned: {error}")
    if error is not None:
        return answer
    nothing = RunFacts(None, 0, 0, notes=("there is no plan",))
    facts = HomeFacts(answer.facts.home, answer.facts.path, answer.facts.group, run=nothing)
    return HomeAnswer(facts)


def list_fleet_runs(fleet: FleetDefinition, session: FleetSession) -> FleetFacts:
    """Return the runs of all homes of *fleet*, those that were interrupted settled."""
    requests = [session.request("runs", home) for home in fleet.homes]
    return _facts("runs", session.engine.answers(requests))


def _facts(verb: FleetVerb, answers: Sequence[HomeAnswer]) -> FleetFacts:
    homes = tuple(answer.facts for answer in answers)
    frames = [
        answer.findings.assign(home=answer.facts.home) for answer in answers if len(answer.findings)
    ]
    findings = (
        FLEET_FINDINGS.conform(pd.concat(frames, ignore_index=True))
        if frames
        else FLEET_FINDINGS.empty()
    )
    return FleetFacts(verb, homes, findings, version=VERSION, rules=RULES)
