"""Counts the costs of an import path: SQL statements, commits, file reads, seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

# Schema queries and savepoints do not count: SkillMeat's own code needs none.
_COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass
class Costs:
    """Costs so far; only work inside `counting` is counted."""

    statements: int = 0
    commits: int = 0
    reads: int = 0
    seconds: float = 0.0
    _running: bool = field(default=False, repr=False)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the work inside the ``with`` block."""
        self._running, start = True, time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start
            self._running = False

    def figures(self) -> dict[str, object]:
        """Return the costs by the names of their columns in ``REPLAYS``."""
        names = ("statements", "commits", "reads", "seconds")
        return {name: getattr(self, name) for name in names}

    def read(self) -> None:
        """Count one file read."""
        # A bool counts as 0 or 1.
        self.reads += self._running

    def watch(self, engine: sa.Engine) -> None:
        """Count the statements and commits of *engine*."""
        # At the cursor: what the ORM makes of one call counts as the statements that it sends.
        sa.event.listen(engine, "before_cursor_execute", self._execute)
        sa.event.listen(engine, "commit", self._commit)

    def _execute(
        self, _connection: object, _cursor: object, statement: str, *_more: object
    ) -> None:
        # The inspector's queries for columns (sqlite_master, PRAGMA) are ours, not the path's.
        if statement.lstrip()[:6].upper() in _COUNTED and "sqlite_master" not in statement:
            self.statements += self._running

    def _commit(self, _connection: object) -> None:
        self.commits += self._running
