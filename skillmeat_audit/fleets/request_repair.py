"""The requests ``apply``, ``undo`` and ``runs`` on one home."""

from collections.abc import Callable
from dataclasses import replace

from skillmeat_audit.api.repair import runs as home_runs
from skillmeat_audit.fleets.addresses import database_address
from skillmeat_audit.fleets.repairs import (
    HomeRepair,
    Repaired,
    apply_once,
    run_options,
    undo_applied,
)
from skillmeat_audit.fleets.requests import (
    HomeAnswer,
    HomeRequest,
    address_of,
    home_facts,
    require_writable,
)
from skillmeat_audit.reports.facts.fleet import ListedRun


def apply(request: HomeRequest) -> HomeAnswer:
    """Apply the plan of the home, at most once."""
    return _repaired(request, apply_once)


def undo(request: HomeRequest) -> HomeAnswer:
    """Put back what the plan wrote."""
    return _repaired(request, undo_applied)


def _repaired(request: HomeRequest, repair: Callable[[HomeRepair], Repaired]) -> HomeAnswer:
    require_writable(request)
    home, options = request.home, request.repair
    run, code = repair(
        HomeRepair(
            home.path,
            database_address(home.database),
            request.plan,
            options,
            run_options(options, request.state_dir, home.settings),
        )
    )
    return HomeAnswer(replace(home_facts(request), run=run, exit_code=code))


def runs(request: HomeRequest) -> HomeAnswer:
    """List the runs of the home."""
    home = request.home
    options = run_options(request.repair, request.state_dir, home.settings)
    path, database = address_of(home)
    listed = home_runs(path, database=database, options=options)
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
    return HomeAnswer(replace(home_facts(request), runs=found))
