"""Schedules with a systemd user timer; output goes to the systemd journal."""

import getpass
import re
from pathlib import Path

import platformdirs

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.job import OWNER_MARK, Job, job_name
from skillmeat_audit.schedule.tools import is_owned, remove_owned, run_tool, write_owned

_WHILE_LOGGED_IN = "; it runs only while you are logged in, unless you run 'loginctl enable-linger'"
_NO_UNIT = "does not exist|not loaded"
# --state-dir=/home/x/state, not a path with a blank, % or $
_UNQUOTED = re.compile(r"[A-Za-z0-9_@+=:,./~-]+")


def render(job: Job) -> str:
    """Return the text of both units, the files they belong in, and the command that starts them."""
    units = [f"# {unit_folder() / name}\n{text}" for name, text in unit_files(job).items()]
    start = f"systemctl --user daemon-reload && systemctl --user enable --now {job.name}.timer"
    return "\n".join([*units, f"# then: {start}\n"])


def unit_folder() -> Path:
    """Return where systemd looks for a user's units."""
    return Path(platformdirs.user_config_dir("systemd")) / "user"


def unit_files(job: Job) -> dict[str, str]:
    """Return the text of the units of *job* by file name."""
    mark = f"# {OWNER_MARK}: {job.home}\n"
    # %h and the like are specifiers in every value of a unit (systemd.unit(5)).
    description = f"SkillMeat cache audit of {job.home}".replace("%", "%%")
    command = " ".join(quote_argument(argument) for argument in job.argv)
    service = (
        f"{mark}[Unit]\nDescription={description}\n\n[Service]\nType=oneshot\nExecStart={command}\n"
        f"{_environment(job)}Nice=10\n"
    )
    timer = (
        f"{mark}[Unit]\nDescription={description}\n\n[Timer]\nOnCalendar={on_calendar(job)}\n"
        # Persistent: a run that was missed while the machine was off is made up at its start.
        "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{job.name}.service": service, f"{job.name}.timer": timer}


def _environment(job: Job) -> str:
    """Return the lines that read the variables of *job* from a file of the user's settings."""
    if not job.variables:
        return ""
    names = ", ".join(job.variables)
    note = f"# {names}: NAME=value in this file, which only you may read (chmod 600)"
    return f"{note}\nEnvironmentFile=-%E/{TOOL}/environment\n"


def on_calendar(job: Job) -> str:
    """Return the ``OnCalendar`` value of *job*, e.g. ``*-*-* 03:17:00``."""
    day = "Mon " if job.every == "week" else ""
    hour = "*" if job.every == "hour" else f"{job.hour:02}"
    return f"{day}*-*-* {hour}:{job.minute:02}:00"


def quote_argument(text: str) -> str:
    """Return *text* as one argument of ``ExecStart``; quotes, ``%`` and ``$`` are escaped."""
    if _UNQUOTED.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    # ExecStart replaces $NAME and ${NAME} even in quotes (systemd.service(5)).
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'


def install(job: Job) -> str:
    """Write the units and start the timer; return what was done."""
    run_tool("systemctl", "--user", "show-environment")  # fails where no user manager runs
    changed = [write_owned(unit_folder() / name, text) for name, text in unit_files(job).items()]
    run_tool("systemctl", "--user", "daemon-reload")
    run_tool("systemctl", "--user", "enable", "--now", f"{job.name}.timer")
    action = "installed" if any(changed) else "is installed already, unchanged"
    return f"{job.name}.timer {action}; log: journalctl --user -u {job.name}{_linger_note()}"


def _linger_note() -> str:
    """Return a note for users whose timers stop when their last session ends."""
    try:
        lingers = Path("/var/lib/systemd/linger", getpass.getuser()).exists()
    except (OSError, KeyError):  # the user id has no name
        return ""
    return "" if lingers else _WHILE_LOGGED_IN


def remove(home: str) -> str:
    """Stop the timer of *home* and remove its units; return what was done."""
    name, folder = job_name(home), unit_folder()
    paths = [folder / f"{name}.timer", folder / f"{name}.service"]
    if not any(is_owned(path) for path in paths):
        return f"no timer of {TOOL} for {printable(home)}"
    # The timer first: it must not start a service whose file is gone.
    run_tool("systemctl", "--user", "disable", "--now", f"{name}.timer", ok_errors=_NO_UNIT)
    for path in paths:
        remove_owned(path)
    run_tool("systemctl", "--user", "daemon-reload")
    return f"{name}.timer removed"


def status(home: str) -> str:
    """Return the timer of *home* and when it runs next, or that none is installed."""
    name, folder = job_name(home), unit_folder()
    if not is_owned(folder / f"{name}.timer"):
        return f"no timer of {TOOL} for {printable(home)}"
    timers = run_tool("systemctl", "--user", "list-timers", "--all", "--no-pager", f"{name}.timer")
    return f"{folder / name}.timer\n{timers.rstrip()}"
