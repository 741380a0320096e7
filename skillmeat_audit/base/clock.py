"""Tells the time, or the one that ``SOURCE_DATE_EPOCH`` pins."""

import os
from datetime import UTC, date, datetime

VARIABLE = "SOURCE_DATE_EPOCH"


def now() -> str:
    """Return the time (UTC, to seconds)."""
    return f"{_now():%Y-%m-%dT%H:%M:%SZ}"


def today() -> date:
    """Return the date (UTC)."""
    return _now().date()


def _now() -> datetime:
    pinned = os.environ.get(VARIABLE, "")
    return datetime.fromtimestamp(int(pinned), UTC) if pinned.isdecimal() else datetime.now(UTC)
