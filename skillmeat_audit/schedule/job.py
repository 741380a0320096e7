"""A scheduled job: the command, when it runs, and its name."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable

Every = Literal["hour", "day", "week"]
OWNER_MARK = f"{TOOL} schedule"


@dataclass(frozen=True)
class Job:
    """A command that runs every hour, day or week for ``home``, at a time of day.

    All paths in ``argv`` are absolute; output goes to ``log`` where the platform keeps no journal.
    ``version`` is the release of this program that a workflow installs, unless ``package`` is the
    address or the path in the checkout that it installs it from. ``variables`` of the
    environment hold what the command keeps secret: a schedule names them and never holds their
    values.
    """

    home: str
    argv: tuple[str, ...]
    every: Every
    hour: int
    minute: int
    log: str
    version: str
    variables: tuple[str, ...] = ()
    package: str | None = None

    @property
    def name(self) -> str:
        """The name of the job: one per home."""
        return job_name(self.home)


def job_name(home: str) -> str:
    """Return the name of the job of *home*, usable as a file name and as a unit name."""
    folder = home.removesuffix("/.skillmeat").rpartition("/")[2]
    # A unit's name may hold letters, digits and few signs (systemd.unit(5)).
    slug = re.sub(r"[^A-Za-z0-9]+", "-", folder).strip("-") or "home"
    digest = hashlib.sha256(home.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{TOOL}-{slug[:30]}-{digest[:8]}"


def require_printable(texts: Sequence[str]) -> tuple[str, ...]:
    """Return *texts*; raise `UsageError` for one that no unit file or crontab can hold."""
    for text in texts:
        if printable(text) != text:
            raise UsageError(
                f"{printable(text)} cannot be scheduled: it has unprintable characters"
            )
    return tuple(texts)


def parse_time_of_day(text: str) -> tuple[int, int]:
    """Return hour and minute of *text* (``HH:MM``); raise `UsageError`."""
    # 3:17, 03:17
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
    if hour > 23 or minute > 59:
        raise UsageError(f"invalid time {printable(text)}; give HH:MM, e.g. 03:17")
    return hour, minute
