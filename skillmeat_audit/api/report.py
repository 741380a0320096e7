"""Audits a home and delivers the report, also where the home could not be checked."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from skillmeat_audit.api.audit import audit
from skillmeat_audit.api.baseline import apply_baseline
from skillmeat_audit.api.compose import make_report
from skillmeat_audit.api.history import HistorySettings, location_of
from skillmeat_audit.api.interruption import reporting_writes
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.outputs import Output, render_outputs
from skillmeat_audit.api.recording import record_audit
from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.unattended import UnattendedRun, apply_unattended
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base import VERSION
from skillmeat_audit.base.clock import now, today
from skillmeat_audit.base.errors import AuditError, LiveError, StateError, UsageError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.delivery.files import DeliveryResult, deliver
from skillmeat_audit.delivery.notices import NoticeSettings, notify
from skillmeat_audit.history.store import HistoryLocation, mark_delivered, record_failed_run
from skillmeat_audit.loaders.home import (
    DEFAULT_HOME,
    find_home,
    home_state_folder,
    located_name,
)
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.first_steps import FirstStep
from skillmeat_audit.reports.facts.next_commands import Option
from skillmeat_audit.reports.facts.report import Failure, Report, RunContext
from skillmeat_audit.reports.files.html_page import failure_page, html_page
from skillmeat_audit.reports.files.notice import notice_of
from skillmeat_audit.schedule.lock import exclusive_lock

LOCK_NAME = "report.lock"


@dataclass(frozen=True)
class ReportRequest:
    """What is reported, and where to; what is read, and how, is as in `audit`.

    Where the server at ``live`` does not answer, the report has a warning. Without ``history`` the
    run is not recorded, and compared with no other. With ``apply_safe`` the safe changes of rows
    are applied first, with ``apply_fill`` also what other layers know, in rows and manifests; then
    every file is read again, as without ``parse_cache``. ``exclusive`` refuses to run beside
    another run on the home. ``repeated`` are the options, by verb, that the commands in the report
    repeat.
    """

    outputs: Sequence[Output] = ()
    scope: Scope = field(default_factory=Scope)
    database: str | None = field(default=None, repr=False)
    live: str | None = field(default=None, repr=False)
    baseline: Path | None = None
    history: HistorySettings | None = None
    notices: NoticeSettings | None = None
    state_dir: PathLike | None = None
    apply_safe: bool = False
    apply_fill: bool = False
    exclusive: bool = False
    progress: bool | None = None
    parse_cache: bool = True
    allow_links: Sequence[Path] = ()
    repeated: Mapping[str, Sequence[Option]] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredReport:
    """A report, where its run is recorded, why it could not be, and what was repaired before."""

    document: Report | Failure
    location: HistoryLocation | None = None
    run: int | None = None
    problems: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    def mark_delivered(self) -> "StoredReport":
        """Mark the run as delivered; return the report, with the reason where that fails."""
        if self.location is None or self.run is None:
            return self
        try:
            mark_delivered(self.location.url, self.run)
        except StateError as exc:
            return replace(self, problems=(str(exc),))
        return self


@dataclass(frozen=True)
class ReportOutcome:
    """The report, whether it was delivered, and in lines what was repaired before it."""

    document: Report | Failure
    delivery: DeliveryResult
    repairs: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, one line per problem."""
        document = self.document
        first = (document.reason,) if isinstance(document, Failure) else document.warnings
        return *first, *self.delivery.problems

    @property
    def steps(self) -> tuple[FirstStep, ...]:
        """The commands to begin with."""
        return () if isinstance(self.document, Failure) else self.document.steps

    @property
    def changed(self) -> str | None:
        """What changed since the previous run, in one line."""
        document = self.document
        changes = None if isinstance(document, Failure) else document.past.changes
        return None if changes is None else f"since {changes.compared_at}: {changes.sentence}"

    def exit_code(
        self, fail_on: Severity = Severity.WARNING, *, exit_zero: bool = False
    ) -> ExitCode:
        """Return the exit code of the report; UNDELIVERED where a delivery failed.

        *exit_zero* hides findings, and nothing else.
        """
        # A home that could not be checked (2) outweighs a report that did not arrive (6).
        code = self.document.exit_code(fail_on)
        if code is not ExitCode.FAILED and self.delivery.problems:
            return ExitCode.UNDELIVERED
        return ExitCode.CLEAN if exit_zero and code is ExitCode.FINDINGS else code


def report(home: PathLike = DEFAULT_HOME, request: ReportRequest | None = None) -> ReportOutcome:
    """Audit *home*, compose the report, and deliver it to the outputs of *request*.

    A home that cannot be checked has a report too, a `Failure`. Only a wrong request is raised, as
    `UsageError` before anything is written, or `BusyError`.
    """
    request = request or ReportRequest()
    if request.apply_fill and not request.apply_safe:
        raise UsageError("--apply-fill requires --apply-safe")
    with ExitStack() as stack:
        if request.exclusive:
            # Before anything is read: a second run fails at once, and not after an audit.
            lock = home_state_folder(home, request.state_dir) / LOCK_NAME
            stack.enter_context(exclusive_lock(lock))
        if request.apply_safe:
            options = Options(request.state_dir)
            stack.enter_context(reporting_writes(home, options, request.database))
        return _make_and_deliver(home, request)


def report_crash(home: PathLike, request: ReportRequest, reason: str) -> None:
    """Deliver to the outputs of *request* that the report crashed, and notify of it.

    An earlier report that stayed in place would be taken for today's.
    """
    failure = _store_failure(home, request, reason, now()).document
    deliver(render_outputs(failure, request.outputs))
    _notify(failure, request.notices)


def _make_and_deliver(home: PathLike, request: ReportRequest) -> ReportOutcome:
    stored = stored_report(home, request, now())
    delivery = deliver(render_outputs(stored.document, request.outputs))
    problems = (*delivery.problems, *_notify(stored.document, request.notices))
    # Only a run whose report arrived is what the next one is compared with: new findings of a
    # report that nobody received stay new.
    if not problems:
        stored = stored.mark_delivered()
    delivery = replace(delivery, problems=(*problems, *stored.problems))
    return ReportOutcome(stored.document, delivery, stored.repairs)


def _notify(document: Report | Failure, settings: NoticeSettings | None) -> tuple[str, ...]:
    """Send the notice of *document*, if there is one; return what went wrong."""
    if settings is None or (notice := notice_of(document, settings.threshold)) is None:
        return ()
    return notify(
        notice,
        settings.services,
        lambda: failure_page(document) if isinstance(document, Failure) else html_page(document),
    )


def stored_report(home: PathLike, request: ReportRequest, at: str) -> StoredReport:
    """Return the report of *home*, recorded in its history as made *at* a time, not delivered."""
    repair = UnattendedRun()
    try:
        audited, unreachable = _audit_with_live(home, request)
        if request.apply_safe:
            repair = apply_unattended(audited, request.state_dir, fill=request.apply_fill)
            if repair.is_written:
                audited, unreachable = _audit_with_live(home, request)
    # A wrong request is the caller's, not a state of the home: no report says it.
    except UsageError:
        raise
    except AuditError as exc:
        failed = _store_failure(home, request, "; ".join((str(exc), *repair.notes)), at)
        return replace(failed, repairs=repair.notes)
    # Recorded before it is delivered, and marked afterwards: a crash in between leaves an
    # undelivered run, which the next one is not compared with.
    stored = _store(audited, request, at)
    document = _add_notes(stored.document, repair.notes, (*repair.warnings, *unreachable))
    if isinstance(document, Report):
        document = replace(document, diffs=repair.diffs)
    return replace(stored, document=document, repairs=repair.notes)


def _audit_with_live(home: PathLike, request: ReportRequest) -> tuple[Audit, tuple[str, ...]]:
    """Return the audit of *home*, and why its server could not be asked, empty where it could."""
    try:
        return _audit(home, request), ()
    except LiveError as exc:
        # A server that is down must not cost the nightly report of the home.
        return _audit(home, replace(request, live=None)), (str(exc),)


def _audit(home: PathLike, request: ReportRequest) -> Audit:
    audited = audit(
        home,
        database=request.database,
        scope=request.scope,
        live=request.live,
        progress=request.progress,
        # A plan rests on what files hold now.
        parse_cache=request.parse_cache and not request.apply_safe,
        state_dir=request.state_dir,
        allow_links=request.allow_links,
    )
    if request.baseline is None:
        return audited
    return apply_baseline(audited, request.scope, request.baseline, today())


def _store_failure(home: PathLike, request: ReportRequest, reason: str, at: str) -> StoredReport:
    failure = Failure(located_name(home), reason, VERSION, at)
    if request.history is None:
        return StoredReport(failure)
    try:
        at_home = find_home(home, request.database)
        location = location_of(at_home, request.scope, request.history, request.state_dir)
        return StoredReport(failure, location, record_failed_run(location, at, reason, VERSION))
    except AuditError:  # a home that does not exist has no history either; the reason says so
        return StoredReport(failure)


def _store(audited: Audit, request: ReportRequest, at: str) -> StoredReport:
    compose = partial(make_report, audited, made_at=at, repeated=request.repeated)
    if request.history is None:
        return StoredReport(compose())
    location = location_of(audited.snapshot.home, request.scope, request.history, request.state_dir)
    try:
        recorded = record_audit(audited, location, at)
    except StateError as exc:
        # The home was checked all the same: what is missing is a part of the delivery (exit 6).
        return StoredReport(_add_notes(compose(), (str(exc),), ()), problems=(str(exc),))
    past = RunContext(recorded.changes, recorded.trend)
    return StoredReport(compose(findings=recorded.findings, past=past), location, recorded.run)


def _add_notes(
    document: Report | Failure, notes: tuple[str, ...], warnings: tuple[str, ...]
) -> Report | Failure:
    """Return *document* with more notes and warnings; a failure has its reason only."""
    if isinstance(document, Failure):
        return document
    return replace(
        document, notes=(*document.notes, *notes), warnings=(*document.warnings, *warnings)
    )
