"""The current time, or the time in ``SOURCE_DATE_EPOCH``."""

import os
from datetime import UTC, date, datetime

VARIABLE = "SOURCE_DATE_EPOCH"


def now() -> str:
    """Return the current time, UTC to seconds: 2026-02-10T09:00:00Z."""
    return f"{_now():%Y-%m-%dT%H:%M:%SZ}"


def iso_time(stored: object) -> str:
    """Return a *stored* UTC time as every verb prints times: 2026-02-10T09:00:00Z, or empty."""
    text = str(stored or "")[:19].replace(" ", "T")
    return f"{text}Z" if text else ""


def today() -> date:
    """Return the current date, UTC."""
    return _now().date()


def _now() -> datetime:
    # reproducible-builds.org/specs/source-date-epoch: seconds since 1970, as decimal digits.
    pinned = os.environ.get(VARIABLE, "")
    return datetime.fromtimestamp(int(pinned), UTC) if pinned.isdecimal() else datetime.now(UTC)
