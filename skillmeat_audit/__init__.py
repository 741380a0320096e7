"""Audit and repair of SkillMeat's artifact cache: which rows are wrong, why, what would mend them.

>>> import skillmeat_audit as sma
>>> audit = sma.audit("~/.skillmeat")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skillmeat_audit.commands import Audit, Scope, audit
    from skillmeat_audit.model.errors import AuditError, DatabaseError, HomeError, UsageError

__version__ = "0.1.0"
__all__ = ["Audit", "AuditError", "DatabaseError", "HomeError", "Scope", "UsageError", "audit"]

_HOMES = dict.fromkeys(("Audit", "Scope", "audit"), "skillmeat_audit.commands") | dict.fromkeys(
    ("AuditError", "DatabaseError", "HomeError", "UsageError"), "skillmeat_audit.model.errors"
)


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
