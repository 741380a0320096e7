"""Schedules with a systemd user timer; output goes to the journal."""

import getpass
import re
from pathlib import Path

from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.job import OWNER_MARK, Job, job_name
from skillmeat_audit.schedule.tools import is_owned, remove_owned, run_tool, write_owned

_WHILE_LOGGED_IN = "; it runs while you are logged in, always after 'loginctl enable-linger'"
_NOT_THERE = "does not exist|not loaded"
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./~-]+")


def render_units(job: Job) -> str:
    """Return both unit_files, one under the other."""
    return "\n".join(f"# {path}\n{text}" for path, text in unit_files(job).items())


def unit_files(job: Job) -> dict[str, str]:
    """Return the units of *job*: file name and text."""
    mark = f"# {OWNER_MARK}: {job.home}\n"
    about = f"SkillMeat cache audit of {job.home}".replace("%", "%%")
    command = " ".join(quote_argument(each) for each in job.argv)
    service = (
        f"{mark}[Unit]\nDescription={about}\n\n[Service]\nType=oneshot\nExecStart={command}\n"
        "Nice=10\n"
    )
    timer = (
        f"{mark}[Unit]\nDescription={about}\n\n[Timer]\nOnCalendar={on_calendar(job)}\n"
        "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{job.name}.service": service, f"{job.name}.timer": timer}


def on_calendar(job: Job) -> str:
    """Return when *job* is due, in systemd's words."""
    at = f"{job.hour:02}:{job.minute:02}:00"
    return {
        "hour": f"*-*-* *:{job.minute:02}:00", "day": f"*-*-* {at}", "week": f"Mon *-*-* {at}",
    }[job.every]  # fmt: skip


def quote_argument(text: str) -> str:
    """Return *text* as one word of an ``ExecStart`` line: no specifier, variable or quote in it."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'


def install(job: Job, folder: Path) -> str:
    """Write the units to *folder* and start the timer; say what was done."""
    run_tool("systemctl", "--user", "show-environment")  # without a manager, nothing is written
    changed = [write_owned(folder / name, text) for name, text in unit_files(job).items()]
    run_tool("systemctl", "--user", "daemon-reload")
    run_tool("systemctl", "--user", "enable", "--now", f"{job.name}.timer")
    said = "installed" if any(changed) else "was installed already, as it is"
    return f"{job.name}.timer {said}; log: journalctl --user -u {job.name}{_lingering()}"


def _lingering() -> str:
    """Return what a user has to know whose timers stop when the last session ends."""
    try:
        lingers = Path("/var/lib/systemd/linger", getpass.getuser()).exists()
    except (OSError, KeyError):  # a user without a name
        return ""
    return "" if lingers else _WHILE_LOGGED_IN


def remove(home: str, folder: Path) -> str:
    """Stop the timer of *home* and remove its units from *folder*; say what was done."""
    name = job_name(home)
    paths = [folder / f"{name}.timer", folder / f"{name}.service"]
    if not any(is_owned(path) for path in paths):
        return f"no timer of ours for {printable(home)}"
    run_tool("systemctl", "--user", "disable", "--now", f"{name}.timer", harmless=_NOT_THERE)
    for path in paths:
        remove_owned(path)
    run_tool("systemctl", "--user", "daemon-reload")
    return f"{name}.timer removed"


def status(home: str, folder: Path) -> str:
    """Say whether the timer of *home* is installed, and when it is due."""
    name = job_name(home)
    if not is_owned(folder / f"{name}.timer"):
        return f"no timer of ours for {printable(home)}"
    listed = run_tool("systemctl", "--user", "list-timers", "--all", "--no-pager", f"{name}.timer")
    return f"{folder / name}.timer\n{listed.rstrip()}"
