"""Schedules with a line in the user's crontab; output goes to a log file."""

import re
import shlex
from pathlib import Path

from skillmeat_audit.base.atomic_write import make_folder
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.job import OWNER_MARK, Job, job_name
from skillmeat_audit.schedule.tools import run_tool

# What ``crontab -l`` says to a user who has none; any other failure must not be taken for that.
_NO_CRONTAB = r"no crontab for|No such file"


def render_crontab(job: Job) -> str:
    """Return the lines of the crontab."""
    begin, end = _marks(job.home)
    return f"{begin}\n{crontab_line(job)}\n{end}\n"


def crontab_line(job: Job) -> str:
    """Return the line of *job*; a percent sign, which cron takes for a line end, is escaped."""
    command = " ".join(shlex.quote(each) for each in job.argv)
    said = f"{command} >>{shlex.quote(job.log)} 2>&1"
    return f"{cron_times(job)} {said}".replace("%", "\\%")


def cron_times(job: Job) -> str:
    """Return when *job* is due, in cron's five fields."""
    hour = "*" if job.every == "hour" else str(job.hour)
    return f"{job.minute} {hour} * * {'1' if job.every == 'week' else '*'}"


def install(job: Job) -> str:
    """Put the line into the crontab, in place of an earlier one; say what was done."""
    before = _crontab()
    others = _without(before, job.home)
    now = f"{others}{render_crontab(job)}"
    if now == before:
        return f"{job.name} was in the crontab already, as it is"
    _make_log(job.log)
    run_tool("crontab", "-", given=now)
    return f"{job.name} is in the crontab; log: {printable(job.log)}"


def remove(home: str) -> str:
    """Take the lines of *home* out of the crontab; say what was done."""
    before = _crontab()
    now = _without(before, home)
    if now == before:
        return f"no line of ours in the crontab for {printable(home)}"
    run_tool("crontab", "-", given=now)
    return f"{job_name(home)} is not in the crontab any more"


def status(home: str) -> str:
    """Say whether the crontab holds a line for *home*, and which."""
    found = _block(home).search(_crontab())
    return found[0].rstrip() if found else f"no line of ours in the crontab for {printable(home)}"


def _crontab() -> str:
    text = run_tool("crontab", "-l", harmless=_NO_CRONTAB)
    return text if not text or text.endswith("\n") else f"{text}\n"


def _without(crontab: str, home: str) -> str:
    return _block(home).sub("", crontab)


def _block(home: str) -> re.Pattern[str]:
    """Return what matches our lines; where an end was lost, nobody else's up to the next end."""
    begin, end = (re.escape(mark) for mark in _marks(home))
    return re.compile(rf"^{begin}\n(?:(?!{begin}\n).*\n)*?{end}\n", re.MULTILINE)


def _marks(home: str) -> tuple[str, str]:
    name = job_name(home)
    return f"# {OWNER_MARK}: begin {name}", f"# {OWNER_MARK}: end {name}"


def _make_log(path: str) -> None:
    try:
        make_folder(Path(path).parent)
    except OSError as exc:
        raise StateError(f"cannot make a folder for {printable(path)}: {exc.strerror}") from exc
