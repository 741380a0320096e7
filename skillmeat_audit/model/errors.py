"""Every error this package raises on purpose.

::

    AuditError                 one line for a person: what, why, the way out
    ├── HomeError              the home is not there, or is not a SkillMeat home
    ├── DatabaseError          the cache is not a database we can read
    └── UsageError             an option, a filter or a settings file is wrong

Drift is never an error: what disagrees is a finding.
"""


class AuditError(Exception):
    """Root of all errors raised on purpose; its text is one line, lower case, with the way out."""


class HomeError(AuditError):
    """The home is not there, or is not a SkillMeat home."""


class DatabaseError(AuditError):
    """The cache database cannot be read: not SQLite, corrupt, busy, or of no known shape."""


class UsageError(AuditError):
    """An option, a filter or a settings file is wrong."""
