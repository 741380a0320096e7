"""Installs and removes the schedule of a home's report."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from skillmeat_audit import __version__
from skillmeat_audit.api.outputs import outputs_of
from skillmeat_audit.base import TOKEN_VARIABLE, TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import is_parseable
from skillmeat_audit.delivery.notices import NOTIFY_VARIABLE
from skillmeat_audit.loaders.home import find_home, home_folder
from skillmeat_audit.schedule import cron, systemd, workflow
from skillmeat_audit.schedule.job import Every, Job, job_name, parse_time_of_day, require_printable

_APP = "skillmeat-audit"
_BOOTED = Path("/run/systemd/system")  # exists where systemd runs: sd_booted(3)
_GITHUB_OUTPUTS = ("--github", *(f"--output={_APP}{each}" for each in (".html", ".json", ".sarif")))


@dataclass(frozen=True)
class ScheduleRequest:
    """What is scheduled: when, where reports go, and further options of ``report``.

    Without ``outputs`` a page and its JSON go to the state folder. ``live`` is the address of a
    running SkillMeat, without a login: its token is in the environment.
    """

    kind: str
    every: Every = "day"
    at: str = "03:17"
    outputs: Sequence[str] = ()
    options: Sequence[str] = ()
    state_dir: str | os.PathLike[str] | None = None
    live: str | None = None

    @property
    def report_options(self) -> Sequence[str]:
        """The options of ``report``; raises `UsageError` for an address that must not be stored."""
        return self.options if self.live is None else [*self.options, _live_option(self.live)]


def default_kind() -> str:
    """Return the kind that the machine runs: systemd, else cron."""
    return "systemd" if shutil.which("systemctl") and _BOOTED.is_dir() else "cron"


def job_of(home: str | os.PathLike[str], request: ScheduleRequest) -> Job:
    """Return the job of *home*, everything in it absolute; raise `HomeError`, `UsageError`.

    A workflow runs in a checkout: there the home is a path below it.
    """
    hour, minute = parse_time_of_day(request.at)
    in_checkout = request.kind == "github"
    root = os.fspath(home) if in_checkout else _root(home)
    argv = _in_checkout(root, request) if in_checkout else _absolute(root, request)
    log = str(Path(platformdirs.user_log_dir(TOOL)) / f"{job_name(root)}.log")
    require_printable([root, log, *argv])
    variables = () if request.live is None else (TOKEN_VARIABLE,)
    return Job(root, tuple(argv), request.every, hour, minute, log, variables)


def printed(home: str | os.PathLike[str], request: ScheduleRequest) -> str:
    """Return what would be installed, as text."""
    job = job_of(home, request)
    match request.kind:
        case "systemd":
            return systemd.render_units(job)
        case "cron":
            return cron.render_crontab(job)
        case _:
            return workflow.render_workflow(job, __version__)


def install(home: str | os.PathLike[str], request: ScheduleRequest) -> str:
    """Install the job, in place of an earlier one for *home*; return what was done.

    Raises `StateError` where the platform's tool fails, or something else is in the way.
    """
    job = job_of(home, request)
    match request.kind:
        case "systemd":
            return systemd.install(job, unit_folder())
        case "cron":
            return cron.install(job)
        case _:
            return workflow.install(job, __version__, Path.cwd())


def remove(home: str | os.PathLike[str], kind: str) -> str:
    """Remove the job of *home*, and nothing that was not installed here; return what was done."""
    match kind:
        case "systemd":
            return systemd.remove(os.path.realpath(home_folder(home)), unit_folder())
        case "cron":
            return cron.remove(os.path.realpath(home_folder(home)))
        case _:
            return workflow.remove(Path.cwd())


def status(home: str | os.PathLike[str], kind: str) -> str:
    """Return whether the job of *home* is installed, and when it is due."""
    match kind:
        case "systemd":
            return systemd.status(os.path.realpath(home_folder(home)), unit_folder())
        case "cron":
            return cron.status(os.path.realpath(home_folder(home)))
        case _:
            return workflow.status(Path.cwd())


def unit_folder() -> Path:
    """Return where systemd looks for a user's units."""
    return Path(platformdirs.user_config_dir("systemd")) / "user"


def _root(home: str | os.PathLike[str]) -> str:
    return str(find_home(home).root.resolve())


def _absolute(root: str, request: ScheduleRequest) -> list[str]:
    """Return the command for this machine; -P keeps the working folder out of Python's path.

    With --exit-zero every exit code but 0 is a failure, also Python's own 1 where it cannot start.
    """
    state = Path(request.state_dir or platformdirs.user_state_dir(TOOL)).expanduser().absolute()
    folder = state_folder(root, state)
    outputs = request.outputs or [str(folder / "report.html"), str(folder / "report.json")]
    _check(request.outputs)
    return [
        sys.executable, "-P", "-m", "skillmeat_audit", "report", root, "--exclusive", "--exit-zero",
        f"--state-dir={state}",
        *(f"--output={Path(each).expanduser().absolute()}" for each in outputs),
        *request.report_options,
    ]  # fmt: skip


def _check(outputs: Sequence[str]) -> None:
    """Refuse outputs that could not be delivered."""
    outputs_of(outputs, None)
    for each in outputs:
        folder = Path(each).expanduser().absolute().parent
        if not folder.is_dir():
            raise UsageError(
                f"the folder {printable(folder)} for reports does not exist; create it first"
            )


def _in_checkout(root: str, request: ScheduleRequest) -> list[str]:
    if os.path.isabs(os.path.expanduser(root)) or ".." in Path(root).parts:
        raise UsageError("a workflow runs in a checkout: give the home as a path below it")
    if request.outputs:
        raise UsageError("a workflow uploads its own files: leave --output out")
    if "--apply-safe" in request.options:
        raise UsageError("a workflow sees a copy of the home: leave --apply-safe out")
    if any(each.startswith("--notify-file") for each in request.options):
        raise UsageError(
            f"a workflow takes addresses from its secret {NOTIFY_VARIABLE}, not from a file"
        )
    home = os.path.join(".", root) if root.startswith("-") else root
    return [TOOL, "report", home, f"--state-dir=.{TOOL}", *_GITHUB_OUTPUTS,
            *request.report_options]  # fmt: skip


def _live_option(url: str) -> str:
    """Return the option for *url*; a login in it would be written into files that others read."""
    parts = urlsplit(url if is_parseable(url) else "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UsageError("--live needs the address of a server, such as http://127.0.0.1:8080")
    if "@" in parts.netloc:
        raise UsageError(
            "--live has a login, and others may read a schedule; leave it out, and put a token "
            f"into {TOKEN_VARIABLE}"
        )
    return f"--live={url}"
