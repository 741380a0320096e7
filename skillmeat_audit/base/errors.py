"""Every error this package raises on purpose.

::

    AuditError                 one line for a person: what, why, the way out
    ├── HomeError              the home is not there, or is not a SkillMeat home
    ├── DatabaseError          the cache is not a database we can read or write
    ├── PlanError              a plan is malformed, of another home, or larger than allowed
    ├── StateError             journal, backup, history or schedule cannot be written or read
    ├── BusyError              another run on the home is going on
    ├── CancelledError         somebody stopped a run before its commit
    └── UsageError             an option, a filter or a settings file is wrong

Drift is never an error: what disagrees is a finding.
"""


class AuditError(Exception):
    """Root of all errors raised on purpose; its text is one line, lower case, with the way out."""


class HomeError(AuditError):
    """The home is not there, or is not a SkillMeat home."""


class DatabaseError(AuditError):
    """The cache cannot be read or written: corrupt, busy, read-only, or of no known shape."""


class PlanError(AuditError):
    """A plan is malformed, of another home or schema, or would change more than allowed."""


class StateError(AuditError):
    """The state folder, a journal, a backup, a history or a schedule cannot be written or read."""


class BusyError(AuditError):
    """Another run on the home is going on; nothing was done."""


class CancelledError(AuditError):
    """Somebody stopped a run before its commit: nothing was changed."""


class UsageError(AuditError):
    """An option, a filter or a settings file is wrong."""
