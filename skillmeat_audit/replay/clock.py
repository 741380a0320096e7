"""The time in a scratch home: it never depends on the machine, so a replay never varies."""

from datetime import datetime, timedelta

# The day of the regression. Writing and committing a row takes milliseconds; merging one that is
# committed with others takes a tenth of one.
START = datetime(2026, 2, 10, 9, 15)
COMMIT, MERGE = timedelta(milliseconds=4), timedelta(microseconds=100)


class Clock:
    """Tells the time when called, and goes on by *pace* each time."""

    def __init__(self) -> None:
        self._time = START
        self.pace = COMMIT

    def __call__(self) -> datetime:
        """Return the time (naive, UTC)."""
        self._time += self.pace
        return self._time

    def let_pass(self, time: timedelta) -> None:
        """Go on by *time*."""
        self._time += time
