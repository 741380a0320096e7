"""Renders a fleet as JSON: ``skillmeat-audit/fleet/1``."""

from dataclasses import asdict

import msgspec

from skillmeat_audit.reports.facts.fleet import (
    DeltaFacts,
    FleetFacts,
    FleetVerb,
    HomeFacts,
    ListedRun,
    PlanFacts,
    RunFacts,
)
from skillmeat_audit.reports.facts.summary import Cause
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.page_json import HeadlineRecord, headline_record


class WriterCount(msgspec.Struct, frozen=True):
    """A code path that left rows of a home wrong: how many, and what it does."""

    writer: str
    rows: int
    does: str


class HomeRecord(msgspec.Struct, frozen=True):
    """One home of a fleet.

    ``error`` says why the request could not be carried out; then all that follows is null.
    ``exit_code`` is that of the same request on this home only. ``delta`` compares with the run
    before (report), ``plan`` is what was planned, ``run`` what was applied or undone, ``runs`` the
    list of runs; each is absent where it was not requested.
    """

    home: str
    path: str
    group: str | None
    exit_code: int
    error: str | None
    headline: HeadlineRecord | None
    counts: dict[str, int] | None
    database: str | None
    era: str | None
    causes: list[WriterCount] | None
    delta: DeltaFacts | msgspec.UnsetType = msgspec.UNSET
    plan: PlanFacts | msgspec.UnsetType = msgspec.UNSET
    run: RunFacts | msgspec.UnsetType = msgspec.UNSET
    runs: tuple[ListedRun, ...] | msgspec.UnsetType = msgspec.UNSET


class FleetDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/fleet/1"):
    """The homes of a fleet in the order of its file, and what they add up to.

    ``failed`` counts the homes for which the request could not be carried out; ``counts`` are of
    the others. ``made_at`` is absent but for a report.
    """

    tool_version: str
    request: FleetVerb
    sentence: str
    exit_code: int
    checked: int
    failed: int
    counts: dict[str, int]
    homes: list[HomeRecord]
    delta: DeltaFacts | msgspec.UnsetType = msgspec.UNSET
    made_at: str | msgspec.UnsetType = msgspec.UNSET


def fleet_json(fleet: FleetFacts) -> bytes:
    """Return *fleet* as ``skillmeat-audit/fleet/1``."""
    return ascii_json(
        FleetDocument(
            tool_version=fleet.version,
            request=fleet.request,
            sentence=fleet.sentence,
            exit_code=fleet.exit_code,
            checked=len(fleet.checked),
            failed=len(fleet.failed),
            counts=fleet.counts,
            homes=[_home_record(home) for home in fleet.homes],
            delta=fleet.delta or msgspec.UNSET,
            made_at=fleet.made_at or msgspec.UNSET,
        )
    )


def _home_record(home: HomeFacts) -> HomeRecord:
    summary = home.summary
    return HomeRecord(
        home=home.home,
        path=home.path,
        group=home.group,
        exit_code=home.exit_code,
        error=home.error,
        headline=None if home.headline is None else headline_record(home.headline),
        counts=None if summary is None else dict(summary.counts),
        database=None if summary is None else summary.database,
        era=None if summary is None else summary.era,
        causes=None if summary is None else [_writer_count(each) for each in summary.causes],
        delta=home.delta or msgspec.UNSET,
        plan=home.plan or msgspec.UNSET,
        run=home.run or msgspec.UNSET,
        runs=msgspec.UNSET if home.runs is None else home.runs,
    )


def _writer_count(cause: Cause) -> WriterCount:
    return WriterCount(**asdict(cause))
