"""Audits a home and delivers the report, also where the home could not be checked."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from skillmeat_audit import __version__
from skillmeat_audit.commands.audit import Scope, audit
from skillmeat_audit.commands.compose import clock, make_report
from skillmeat_audit.commands.delivery import Delivery, Output, deliver
from skillmeat_audit.loaders.home import DEFAULT_HOME
from skillmeat_audit.model.errors import AuditError, UsageError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.report import Failure, Report


@dataclass(frozen=True)
class Order:
    """What is to be reported, and where to; see `commands.audit.audit` for the first three."""

    outputs: Sequence[Output] = ()
    scope: Scope | None = None
    database: str | None = None
    progress: bool | None = None


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
    `UsageError`, before anything is written.
    """
    order = order or Order()
    document = _document(home, order)
    return Outcome(document, deliver(document, order.outputs))


def _document(home: str | os.PathLike[str], order: Order) -> Report | Failure:
    try:
        audited = audit(home, database=order.database, scope=order.scope, progress=order.progress)
    except UsageError:
        raise
    except AuditError as exc:
        return Failure(os.path.expanduser(home), str(exc), __version__, clock())
    return make_report(audited, made_at=clock())
