"""Installs and removes the schedule of a home's report."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import platformdirs

from skillmeat_audit import __version__
from skillmeat_audit.api.outputs import outputs_of
from skillmeat_audit.base import TOKEN_VARIABLE, TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.folders import PathLike, state_folder
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import is_parseable, is_server
from skillmeat_audit.delivery.notices import NOTIFY_VARIABLE
from skillmeat_audit.loaders.home import find_home, home_folder
from skillmeat_audit.model.home import Home
from skillmeat_audit.schedule import cron, systemd, workflow
from skillmeat_audit.schedule.job import Every, Job, job_name, parse_time_of_day, require_printable

_BOOTED = Path("/run/systemd/system")  # exists where systemd runs: sd_booted(3)
_GITHUB_OUTPUTS = (
    "--github",
    *(f"--output={TOOL}{suffix}" for suffix in (".html", ".json", ".sarif")),
)


class Scheduler(Protocol):
    """What each kind of schedule offers: a module of `schedule`."""

    def render(self, job: Job, /) -> str:
        """Return what would be installed, as text."""

    def install(self, job: Job, /) -> str:
        """Install *job*, in place of an earlier one; return what was done."""

    def remove(self, home: str, /) -> str:
        """Remove the job of *home*; return what was done."""

    def status(self, home: str, /) -> str:
        """Return whether the job of *home* is installed, and when it is due."""


_SCHEDULERS: dict[str, Scheduler] = {"systemd": systemd, "cron": cron, "github": workflow}


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


def job_of(home: PathLike, request: ScheduleRequest) -> Job:
    """Return the job of *home*, everything in it absolute; raise `HomeError`, `UsageError`.

    A workflow runs in a checkout: there the home is a path below it.
    """
    hour, minute = parse_time_of_day(request.at)
    in_checkout = request.kind == "github"
    root = os.fspath(home) if in_checkout else _absolute_home(find_home(home))
    argv = _in_checkout(root, request) if in_checkout else _absolute(root, request)
    log = str(Path(platformdirs.user_log_dir(TOOL)) / f"{job_name(root)}.log")
    require_printable([root, log, *argv])
    variables = () if request.live is None else (TOKEN_VARIABLE,)
    return Job(root, tuple(argv), request.every, hour, minute, log, __version__, variables)


def printed(home: PathLike, request: ScheduleRequest) -> str:
    """Return what would be installed, as text."""
    return _SCHEDULERS[request.kind].render(job_of(home, request))


def install(home: PathLike, request: ScheduleRequest) -> str:
    """Install the job, in place of an earlier one for *home*; return what was done.

    Raises `StateError` where the platform's tool fails, or something else is in the way.
    """
    return _SCHEDULERS[request.kind].install(job_of(home, request))


def remove(home: PathLike, kind: str) -> str:
    """Remove the job of *home*, and nothing that was not installed here; return what was done."""
    return _SCHEDULERS[kind].remove(_scheduled_home(home))


def status(home: PathLike, kind: str) -> str:
    """Return whether the job of *home* is installed, and when it is due."""
    return _SCHEDULERS[kind].status(_scheduled_home(home))


def _scheduled_home(home: PathLike) -> str:
    if is_server(home):
        return _absolute_home(find_home(home))
    return os.path.realpath(home_folder(home))


def _absolute_home(home: Home) -> str:
    # No job holds a password: the driver takes it from ~/.pgpass.
    return str(home.root.resolve()) if home.tenant is None else home.name


def _absolute(root: str, request: ScheduleRequest) -> list[str]:
    """Return the command for this machine; -P keeps the working folder out of Python's path.

    With --exit-zero every exit code but 0 is a failure, also Python's own 1 where it cannot start.
    """
    state = Path(request.state_dir or platformdirs.user_state_dir(TOOL)).expanduser().absolute()
    folder = state_folder(root, state)
    outputs = request.outputs or [str(folder / "report.html"), str(folder / "report.json")]
    _check(request.outputs)
    python = (sys.executable, "-P", "-m", "skillmeat_audit")
    options = ("--exclusive", "--exit-zero", f"--state-dir={state}")
    paths = (f"--output={Path(output).expanduser().absolute()}" for output in outputs)
    return [*python, "report", root, *options, *paths, *request.report_options]


def _check(outputs: Sequence[str]) -> None:
    """Refuse outputs that could not be delivered."""
    outputs_of(outputs, None)
    for output in outputs:
        folder = Path(output).expanduser().absolute().parent
        if not folder.is_dir():
            raise UsageError(
                f"the folder {printable(folder)} for reports does not exist; create it first"
            )


def _in_checkout(root: str, request: ScheduleRequest) -> list[str]:
    if is_server(root) or os.path.isabs(os.path.expanduser(root)) or ".." in Path(root).parts:
        raise UsageError("a workflow runs in a checkout: give the home as a path below it")
    # The workflow's next steps upload these files by their names.
    if request.outputs:
        raise UsageError("a workflow uploads its own files: leave --output out")
    if "--apply-safe" in request.options:
        raise UsageError("a workflow sees a copy of the home: leave --apply-safe out")
    if any(each.startswith("--notify-file") for each in request.options):
        raise UsageError(
            f"a workflow takes addresses from its secret {NOTIFY_VARIABLE}, not from a file"
        )
    # "-home" would be read as an option.
    home = os.path.join(".", root) if root.startswith("-") else root
    options = (f"--state-dir=.{TOOL}", *_GITHUB_OUTPUTS, *request.report_options)
    return [TOOL, "report", home, *options]


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
