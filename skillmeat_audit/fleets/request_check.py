"""The requests ``check`` and ``plan`` on one home."""

from dataclasses import replace

from skillmeat_audit.api.audit import audit
from skillmeat_audit.api.compose import as_reported
from skillmeat_audit.api.values import Audit
from skillmeat_audit.fleets.requests import (
    HomeAnswer,
    HomeRequest,
    address_of,
    home_facts,
    require_writable,
)
from skillmeat_audit.repair.plan import encode_plan
from skillmeat_audit.reports.facts.fleet import PlanFacts


def check(request: HomeRequest) -> HomeAnswer:
    """Audit the home."""
    audited = _audited(request)
    facts = replace(
        home_facts(request),
        summary=audited.summary,
        headline=audited.headline,
        exit_code=audited.summary.exit_code(request.fail_on),
    )
    return HomeAnswer(facts, as_reported(audited.findings), snapshot=audited.snapshot)


def _audited(request: HomeRequest, *, parse_cache: bool = True) -> Audit:
    home = request.home
    path, database = address_of(home)
    return audit(
        path,
        database=database,
        scope=home.settings.scope,
        progress=False,
        state_dir=request.state_dir,
        parse_cache=parse_cache,
        allow_links=home.settings.allow_links,
    )


def plan(request: HomeRequest) -> HomeAnswer:
    """Plan the repair of the home; raise `UsageError` where it is read-only."""
    require_writable(request)
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
        home_facts(request), summary=audited.summary, headline=audited.headline, plan=written
    )
    return HomeAnswer(facts, plan=b"" if document.is_empty else encode_plan(document))
