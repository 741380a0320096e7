"""What is requested of one home of a fleet, and what is answered: nothing is raised.

Each verb is in a module of its own, which is imported when it is requested: a report needs 30 MB of
libraries more than a check, in every process.
"""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd

from skillmeat_audit.api.planning import READ_ONLY, PlanScope
from skillmeat_audit.base.errors import AuditError, BusyError, UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import with_tenant
from skillmeat_audit.fleets.addresses import database_address
from skillmeat_audit.fleets.definition import FleetHome
from skillmeat_audit.fleets.repair_options import RepairOptions
from skillmeat_audit.loaders.home import absolute_home, home_folder
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.trend import REPORTED
from skillmeat_audit.reports.facts.fleet import FleetVerb, HomeFacts

if TYPE_CHECKING:
    from skillmeat_audit.api.history import HistorySettings

# The module of each verb; its function has the verb's name.
_MODULES: dict[FleetVerb, str] = {
    "check": "request_check",
    "plan": "request_check",
    "report": "request_report",
    "apply": "request_repair",
    "undo": "request_repair",
    "runs": "request_repair",
}


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
    history: "HistorySettings | None" = None
    scope: PlanScope = field(default_factory=PlanScope)
    plan: bytes = b""
    repair: RepairOptions = field(default_factory=RepairOptions)


@dataclass(frozen=True)
class HomeAnswer:
    """The answer: its facts, the findings (``REPORTED``), the content of a plan's file.

    ``history_run`` is the number of the run in the home's history, to be marked as delivered.
    ``snapshot`` is what a check rests on; it stays in the process that checked.
    """

    facts: HomeFacts
    findings: pd.DataFrame = field(default_factory=REPORTED.empty, repr=False)
    plan: bytes = field(default=b"", repr=False)
    history_run: int | None = None
    snapshot: Snapshot | None = field(default=None, repr=False, compare=False)


def failed_answer(
    request: HomeRequest, reason: str, code: ExitCode = ExitCode.FAILED
) -> HomeAnswer:
    """Return the answer for a home of which *request* could not be carried out."""
    return HomeAnswer(replace(home_facts(request), error=printable(reason), exit_code=code))


def answer_request(request: HomeRequest) -> HomeAnswer:
    """Carry out *request* and return the answer, also where that fails."""
    try:
        verb_module = import_module(f"skillmeat_audit.fleets.{_MODULES[request.verb]}")
        answer: HomeAnswer = getattr(verb_module, request.verb)(request)
        return answer
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


def home_facts(request: HomeRequest) -> HomeFacts:
    """Return the facts of the home before anything of it is read."""
    home = request.home
    return HomeFacts(home.name, _portable(home), home.group)


def _portable(home: FleetHome) -> str:
    if home.tenant is not None:
        return home.path
    try:
        return absolute_home(home_folder(home.path))
    except (AuditError, OSError):
        return printable(home.path)


def address_of(home: FleetHome) -> tuple[str, str | None]:
    """Return the home as `find_home` takes it, and its database if it is a cache elsewhere.

    Both may hold credentials: they are for the process that opens the database.
    """
    database = database_address(home.database)
    if home.tenant is None or database is None:
        return home.path, database
    return with_tenant(database, home.tenant), None


def require_writable(request: HomeRequest) -> None:
    """Raise `UsageError` where the home is one that is only read."""
    if request.home.tenant is not None:
        raise UsageError(READ_ONLY)
    if request.home.settings.read_only:
        raise UsageError("the fleet file says that it is read-only: nothing is planned or written")
