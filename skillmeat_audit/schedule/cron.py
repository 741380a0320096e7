"""Schedules with lines in the user's crontab; output goes to a log file."""

import re
import shlex
from pathlib import Path

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.job import OWNER_MARK, Job, job_name
from skillmeat_audit.schedule.tools import run_tool

_NO_LINE = f"the crontab has no line of {TOOL} for"
# How ``crontab -l`` fails for a user without a crontab. After any other failure nothing is written:
# that would replace a crontab that could not be read.
_NO_CRONTAB = r"no crontab for|No such file"


def render(job: Job) -> str:
    """Return the lines of *job*, and how they get into the crontab."""
    return f"# paste with: crontab -e\n{_lines(job)}"


def _lines(job: Job) -> str:
    """Return the lines of *job*, between its begin and end marks."""
    begin, end = _marks(job.home)
    notes = [f"# {name} is read: set it in a line of its own, above" for name in job.variables]
    return "\n".join([begin, *notes, crontab_line(job), end, ""])


def crontab_line(job: Job) -> str:
    """Return the line of *job*; percent signs are escaped, as cron reads them as line ends."""
    command = " ".join(shlex.quote(argument) for argument in job.argv)
    # In the line itself: one that is pasted works as well, also after the folder was deleted.
    folder = shlex.quote(str(Path(job.log).parent))
    line = f"mkdir -p {folder} && {command} >>{shlex.quote(job.log)} 2>&1"
    # crontab(5): an unescaped % ends the command, the rest is its standard input.
    return f"{cron_times(job)} {line}".replace("%", "\\%")


def cron_times(job: Job) -> str:
    """Return cron's five time fields for *job*, e.g. ``17 3 * * *``."""
    hour = "*" if job.every == "hour" else str(job.hour)
    return f"{job.minute} {hour} * * {'1' if job.every == 'week' else '*'}"


def install(job: Job) -> str:
    """Add *job* to the crontab, in place of its earlier lines; return what was done."""
    before = _crontab()
    after = f"{_without(before, job.home)}{_lines(job)}"
    if after == before:
        return f"{job.name} is in the crontab already, unchanged"
    run_tool("crontab", "-", stdin=after)
    return f"{job.name} is in the crontab; log: {printable(job.log)}"


def remove(home: str) -> str:
    """Remove the lines of *home* from the crontab; return what was done."""
    before = _crontab()
    after = _without(before, home)
    if after == before:
        return f"{_NO_LINE} {printable(home)}"
    run_tool("crontab", "-", stdin=after)
    return f"{job_name(home)} removed from the crontab"


def status(home: str) -> str:
    """Return the lines of *home* in the crontab, or that it holds none."""
    lines = _block(home).search(_crontab())
    return lines[0].rstrip() if lines else f"{_NO_LINE} {printable(home)}"


def _crontab() -> str:
    text = run_tool("crontab", "-l", ok_errors=_NO_CRONTAB)
    # Our lines must not continue one that lacks its line end.
    return text if not text or text.endswith("\n") else f"{text}\n"


def _without(crontab: str, home: str) -> str:
    return _block(home).sub("", crontab)


def _block(home: str) -> re.Pattern[str]:
    """Return the pattern of the lines of *home*; it never matches past another begin mark."""
    begin, end = (re.escape(mark) for mark in _marks(home))
    return re.compile(rf"^{begin}\n(?:(?!{begin}\n).*\n)*?{end}\n", re.MULTILINE)


def _marks(home: str) -> tuple[str, str]:
    name = job_name(home)
    return f"# {OWNER_MARK}: begin {name}", f"# {OWNER_MARK}: end {name}"
