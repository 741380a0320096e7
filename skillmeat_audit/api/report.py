"""Audits a home and delivers the report, also where the home could not be checked."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from skillmeat_audit import __version__
from skillmeat_audit.api.audit import Audit, Scope, audit
from skillmeat_audit.api.baseline import accepting
from skillmeat_audit.api.compose import home_name, make_report
from skillmeat_audit.api.history import Keeping, keep, place_at, place_of, spoken
from skillmeat_audit.api.interruption import reporting_writes
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.outputs import Output, render_outputs
from skillmeat_audit.api.safe_repair import apply_safe
from skillmeat_audit.base.clock import now, today
from skillmeat_audit.base.errors import AuditError, StateError, UsageError
from skillmeat_audit.delivery.files import Delivery, deliver
from skillmeat_audit.delivery.notices import Notifying, notify
from skillmeat_audit.history.store import Place, mark_delivered, record_failure
from skillmeat_audit.loaders.home import DEFAULT_HOME, home_folder
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.report import Failure, Past, Report
from skillmeat_audit.reports.files.html_page import failure_page, html_page
from skillmeat_audit.reports.files.notice import notice_of
from skillmeat_audit.schedule.lock import alone

LOCK_NAME = "report.lock"


@dataclass(frozen=True)
class Order:
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
    keeping: Keeping | None = None
    notifying: Notifying | None = None
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
class Kept:
    """A report, where its run was kept, and why it could not be."""

    document: Report | Failure
    place: Place | None = None
    run: int | None = None
    problems: tuple[str, ...] = ()

    def delivered(self) -> "Kept":
        """Return it with the run marked as delivered, or with the reason why that failed."""
        if self.place is None or self.run is None:
            return self
        try:
            mark_delivered(self.place, self.run)
        except StateError as exc:
            return replace(self, problems=(str(exc),))
        return self


@dataclass(frozen=True)
class Outcome:
    """The report that was made, and whether it arrived."""

    document: Report | Failure
    delivery: Delivery

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


def report(home: str | os.PathLike[str] = DEFAULT_HOME, order: Order | None = None) -> Outcome:
    """Audit *home*, make the report, and deliver it to the outputs of *order*.

    A home that cannot be checked has a report too, a `Failure`; only a wrong request is raised, as
    `UsageError`, before anything is written, or `BusyError`.
    """
    order = order or Order()
    keeping = order.keeping or Keeping()
    with ExitStack() as stack:
        if order.exclusive:
            stack.enter_context(alone(keeping.folder_for(home) / LOCK_NAME))
        if order.apply_safe:
            options = Options(keeping.state_dir)
            stack.enter_context(reporting_writes(home, options, order.database))
        return _delivered(home, order)


def report_crash(home: str | os.PathLike[str], order: Order, reason: str) -> None:
    """Deliver to the outputs of *order* that the report could not be made, and notify of it.

    An earlier report that stayed in place would be taken for today's.
    """
    failure = Failure(home_name(home_folder(home)), reason, __version__, now())
    deliver(render_outputs(failure, order.outputs))
    _notify(failure, order.notifying)


def _delivered(home: str | os.PathLike[str], order: Order) -> Outcome:
    made = _made(home, order, now())
    delivery = deliver(render_outputs(made.document, order.outputs))
    problems = _notify(made.document, order.notifying)
    delivery = replace(delivery, problems=(*delivery.problems, *problems))
    if not delivery.problems:
        made = made.delivered()
    delivery = replace(delivery, problems=(*delivery.problems, *made.problems))
    return Outcome(made.document, delivery)


def _notify(document: Report | Failure, notifying: Notifying | None) -> tuple[str, ...]:
    """Send the notice of *document*, if there is one; return what went wrong."""
    if notifying is None or (notice := notice_of(document, notifying.threshold)) is None:
        return ()
    return notify(
        notice,
        notifying.services,
        lambda: failure_page(document) if isinstance(document, Failure) else html_page(document),
    )


def _made(home: str | os.PathLike[str], order: Order, at: str) -> Kept:
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
        return _failed(home, order, str(exc), at)
    made = _reported(audited, order, at)
    return replace(made, document=_with(made.document, notes, trouble))


def _audited(home: str | os.PathLike[str], order: Order) -> Audit:
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
    return accepting(audited, order.scope or Scope(), order.baseline, today())


def _failed(home: str | os.PathLike[str], order: Order, reason: str, at: str) -> Kept:
    failure = Failure(home_name(home_folder(home)), reason, __version__, at)
    if order.keeping is None:
        return Kept(failure)
    try:
        place = place_at(home, order.database, order.scope or Scope(), order.keeping)
        return Kept(failure, place, record_failure(place, at, reason, __version__))
    except AuditError:  # a home that is not there has no history either; the reason says so
        return Kept(failure)


def _reported(audited: Audit, order: Order, at: str) -> Kept:
    scope = order.scope or Scope()
    made = partial(make_report, audited, made_at=at, part=spoken(scope))
    if order.keeping is None:
        return Kept(made())
    place = place_of(audited, scope, order.keeping)
    try:
        recorded = keep(audited, place, at)
    except StateError as exc:
        # The home was checked all the same: what is missing is a part of the delivery (exit 6).
        return Kept(_with(made(), (str(exc),), ()), problems=(str(exc),))
    past = Past(recorded.changes, recorded.trend)
    return Kept(made(findings=recorded.findings, past=past), place, recorded.run)


def _with(
    document: Report | Failure, notes: tuple[str, ...], trouble: tuple[str, ...]
) -> Report | Failure:
    """Return *document* with more notes and trouble; a failure tells one thing only."""
    if isinstance(document, Failure):
        return document
    return replace(document, notes=(*document.notes, *notes), trouble=(*document.trouble, *trouble))
