"""All errors that this package raises on purpose.

::

    AuditError                 one line for a person: what happened, why, what to do
    ├── HomeError              the home does not exist, or is not a SkillMeat home
    ├── DatabaseError          the cache cannot be read or written
    ├── LiveError              a running SkillMeat cannot be reached
    ├── PlanError              a plan is malformed, of another home, or too large
    ├── StateError             journal, backup, history or schedule cannot be read or written
    ├── BusyError              another run on the home is in progress
    ├── CancelledError         a run was stopped before its commit
    └── UsageError             an option, a filter or a settings file is wrong

Drift is never an error: a disagreement is a finding.
"""


class AuditError(Exception):
    """The root of all errors raised on purpose.

    The text is one lower-case line: what happened, why, what to do. Where a file has several
    faults, each has a line, as an argument of its own. The command line prints them;
    ``--traceback`` shows where the error was raised.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of it: in a notebook, too, it is one sentence."""
        return [f"{type(self).__name__}: {self}"]


class HomeError(AuditError):
    """The home does not exist, is not a SkillMeat home, or cannot be reached."""


class DatabaseError(AuditError):
    """The cache cannot be read or written: corrupt, locked, read-only, of unknown shape."""


class LiveError(AuditError):
    """A running SkillMeat cannot be reached, or does not answer at all."""


class PlanError(AuditError):
    """A plan is malformed, of another home or schema, or changes more than allowed."""


class StateError(AuditError):
    """The state folder, a journal, a backup, a history or a schedule cannot be read or written."""


class BusyError(AuditError):
    """Another run on the home is in progress; nothing was changed."""


class CancelledError(AuditError):
    """A run was stopped before its commit; nothing was changed."""


class UsageError(AuditError):
    """An option, a filter or a settings file is wrong."""
