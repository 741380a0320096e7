"""Audits a home and delivers the report, also where the home could not be checked."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from skillmeat_audit import __version__
from skillmeat_audit.api.audit import Audit, Scope, audit
from skillmeat_audit.api.baseline import apply_baseline
from skillmeat_audit.api.compose import absolute_home, make_report
from skillmeat_audit.api.history import (
    HistorySettings,
    describe_scope,
    location_at,
    location_of,
    record_audit,
)
from skillmeat_audit.api.interruption import reporting_writes
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.outputs import Output, render_outputs
from skillmeat_audit.api.safe_repair import apply_safe
from skillmeat_audit.base.clock import now, today
from skillmeat_audit.base.errors import AuditError, StateError, UsageError
from skillmeat_audit.delivery.files import DeliveryResult, deliver
from skillmeat_audit.delivery.notices import NoticeSettings, notify
from skillmeat_audit.history.store import HistoryLocation, mark_delivered, record_failed_run
from skillmeat_audit.loaders.home import DEFAULT_HOME, home_folder
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.report import Failure, Report, RunContext
from skillmeat_audit.reports.files.html_page import failure_page, html_page
from skillmeat_audit.reports.files.notice import notice_of
from skillmeat_audit.schedule.lock import exclusive_lock

LOCK_NAME = "report.lock"


@dataclass(frozen=True)
class ReportRequest:
    """What is to be reported, and where to; see `api.audit.audit` for scope and database.

    Without ``keeping`` nothing is kept of the run, and it is compared with no other. With
    ``apply_safe`` the safe changes are applied first; ``exclusive`` refuses to run beside another
    run on the home. Without ``index`` every file is read again, as with ``apply_safe``. Links may
    lead to ``allow_links``.
    """

    outputs: Sequence[Output] = ()
    scope: Scope | None = None
    database: str | None = field(default=None, repr=False)
    baseline: Path | None = None
    keeping: HistorySettings | None = None
    notifying: NoticeSettings | None = None
    apply_safe: bool = False
    exclusive: bool = False
    progress: bool | None = None
    index: bool = True
    allow_links: Sequence[Path] = ()

    @property
    def state_dir(self) -> str | os.PathLike[str] | None:
        """The state folder, None for the platform's."""
        return None if self.keeping is None else self.keeping.state_dir


@dataclass(frozen=True)
class StoredReport:
    """A report, where its run was kept, and why it could not be."""

    document: Report | Failure
    place: HistoryLocation | None = None
    run: int | None = None
    problems: tuple[str, ...] = ()

    def delivered(self) -> "StoredReport":
        """Return it with the run marked as delivered, or with the reason why that failed."""
        if self.place is None or self.run is None:
            return self
        try:
            mark_delivered(self.place, self.run)
        except StateError as exc:
            return replace(self, problems=(str(exc),))
        return self


@dataclass(frozen=True)
class ReportOutcome:
    """The report that was made, and whether it arrived."""

    document: Report | Failure
    delivery: DeliveryResult

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, in one line each."""
        document = self.document
        first = (document.reason,) if isinstance(document, Failure) else document.trouble
        return *first, *self.delivery.problems

    @property
    def changed(self) -> str | None:
        """What changed since the run before, in one line."""
        document = self.document
        changes = None if isinstance(document, Failure) else document.past.changes
        if changes is None:
            return None
        counts = f"{changes.new} new, {len(changes.fixed)} fixed, {changes.persisting} persisting"
        return f"since {changes.compared_at}: {counts}"

    def exit_code(
        self, fail_on: Severity = Severity.WARNING, *, exit_zero: bool = False
    ) -> ExitCode:
        """Return what the report says; UNDELIVERED where it did not arrive everywhere.

        *exit_zero* hides findings, and nothing else.
        """
        code = self.document.exit_code(fail_on)
        if code is not ExitCode.FAILED and self.delivery.problems:
            return ExitCode.UNDELIVERED
        return ExitCode.CLEAN if exit_zero and code is ExitCode.FINDINGS else code


def report(
    home: str | os.PathLike[str] = DEFAULT_HOME, order: ReportRequest | None = None
) -> ReportOutcome:
    """Audit *home*, make the report, and deliver it to the outputs of *order*.

    A home that cannot be checked has a report too, a `Failure`; only a wrong request is raised, as
    `UsageError`, before anything is written, or `BusyError`.
    """
    order = order or ReportRequest()
    keeping = order.keeping or HistorySettings()
    with ExitStack() as stack:
        if order.exclusive:
            stack.enter_context(exclusive_lock(keeping.folder_for(home) / LOCK_NAME))
        if order.apply_safe:
            options = Options(keeping.state_dir)
            stack.enter_context(reporting_writes(home, options, order.database))
        return _delivered(home, order)


def report_crash(home: str | os.PathLike[str], order: ReportRequest, reason: str) -> None:
    """Deliver to the outputs of *order* that the report could not be made, and notify of it.

    An earlier report that stayed in place would be taken for today's.
    """
    failure = _failed(home, order, reason, now()).document
    deliver(render_outputs(failure, order.outputs))
    _notify(failure, order.notifying)


def _delivered(home: str | os.PathLike[str], order: ReportRequest) -> ReportOutcome:
    made = _made(home, order, now())
    delivery = deliver(render_outputs(made.document, order.outputs))
    problems = _notify(made.document, order.notifying)
    delivery = replace(delivery, problems=(*delivery.problems, *problems))
    if not delivery.problems:
        made = made.delivered()
    delivery = replace(delivery, problems=(*delivery.problems, *made.problems))
    return ReportOutcome(made.document, delivery)


def _notify(document: Report | Failure, notifying: NoticeSettings | None) -> tuple[str, ...]:
    """Send the notice of *document*, if there is one; return what went wrong."""
    if notifying is None or (notice := notice_of(document, notifying.threshold)) is None:
        return ()
    return notify(
        notice,
        notifying.services,
        lambda: failure_page(document) if isinstance(document, Failure) else html_page(document),
    )


def _made(home: str | os.PathLike[str], order: ReportRequest, at: str) -> StoredReport:
    notes: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    try:
        audited = _audited(home, order)
        if order.apply_safe:
            written, notes, trouble = apply_safe(audited, order.state_dir)
            audited = _audited(home, order) if written else audited
    except UsageError:
        raise
    except AuditError as exc:
        return _failed(home, order, "; ".join((str(exc), *notes)), at)
    made = _reported(audited, order, at)
    return replace(made, document=_with(made.document, notes, trouble))


def _audited(home: str | os.PathLike[str], order: ReportRequest) -> Audit:
    audited = audit(
        home,
        database=order.database,
        scope=order.scope,
        progress=order.progress,
        index=order.index and not order.apply_safe,
        state_dir=order.state_dir,
        allow_links=order.allow_links,
    )
    if order.baseline is None:
        return audited
    return apply_baseline(audited, order.scope or Scope(), order.baseline, today())


def _failed(
    home: str | os.PathLike[str], order: ReportRequest, reason: str, at: str
) -> StoredReport:
    failure = Failure(absolute_home(home_folder(home)), reason, __version__, at)
    if order.keeping is None:
        return StoredReport(failure)
    try:
        place = location_at(home, order.database, order.scope or Scope(), order.keeping)
        return StoredReport(failure, place, record_failed_run(place, at, reason, __version__))
    except AuditError:  # a home that is not there has no history either; the reason says so
        return StoredReport(failure)


def _reported(audited: Audit, order: ReportRequest, at: str) -> StoredReport:
    scope = order.scope or Scope()
    made = partial(make_report, audited, made_at=at, part=describe_scope(scope))
    if order.keeping is None:
        return StoredReport(made())
    place = location_of(audited, scope, order.keeping)
    try:
        recorded = record_audit(audited, place, at)
    except StateError as exc:
        # The home was checked all the same: what is missing is a part of the delivery (exit 6).
        return StoredReport(_with(made(), (str(exc),), ()), problems=(str(exc),))
    past = RunContext(recorded.changes, recorded.trend)
    return StoredReport(made(findings=recorded.findings, past=past), place, recorded.run)


def _with(
    document: Report | Failure, notes: tuple[str, ...], trouble: tuple[str, ...]
) -> Report | Failure:
    """Return *document* with more notes and trouble; a failure tells one thing only."""
    if isinstance(document, Failure):
        return document
    return replace(document, notes=(*document.notes, *notes), trouble=(*document.trouble, *trouble))
