"""The clock of a scratch home: independent of the machine, so that replays are reproducible."""

from datetime import datetime, timedelta

# The day of the regression in SkillMeat. A row with its own commit takes milliseconds, a row
# that is merged and committed with others a tenth of one.
START = datetime(2026, 2, 10, 9, 15)
COMMIT, MERGE = timedelta(milliseconds=4), timedelta(microseconds=100)


class Clock:
    """Returns the time when called, and advances by ``pace`` with every call."""

    def __init__(self) -> None:
        self._time = START
        self.pace = COMMIT

    def __call__(self) -> datetime:
        """Return the time (naive, UTC)."""
        self._time += self.pace
        return self._time

    def advance(self, time: timedelta) -> None:
        """Advance by *time*."""
        self._time += time
