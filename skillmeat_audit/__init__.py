"""Audit and repair of SkillMeat's artifact cache: which rows are wrong, why, what would mend them.

>>> import skillmeat_audit as sma
>>> audit = sma.audit("~/.skillmeat")  # doctest: +SKIP
>>> run = sma.apply(audit.plan())  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skillmeat_audit.commands.audit import Audit, Scope, audit
    from skillmeat_audit.commands.repair import Plan, Run, apply
    from skillmeat_audit.model.errors import (
        AuditError,
        DatabaseError,
        HomeError,
        PlanError,
        StateError,
        UsageError,
    )

__version__ = "0.1.0"
__all__ = [
    "Audit", "AuditError", "DatabaseError", "HomeError", "Plan", "PlanError", "Run", "Scope",
    "StateError", "UsageError", "apply", "audit",
]  # fmt: skip

_AUDIT, _REPAIR = "skillmeat_audit.commands.audit", "skillmeat_audit.commands.repair"
_HOMES = {"Audit": _AUDIT, "Scope": _AUDIT, "audit": _AUDIT} | {
    "Plan": _REPAIR,
    "Run": _REPAIR,
    "apply": _REPAIR,
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: importing the package costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "skillmeat_audit.model.errors")), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
