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
    from skillmeat_audit.commands.replay import Replay, replay_imports
    from skillmeat_audit.model.errors import AuditError

__version__ = "0.1.0"
__all__ = [
    "Audit", "AuditError", "Plan", "Replay", "Run", "Scope", "apply", "audit",
    "replay_imports",
]  # fmt: skip

_HOMES = {
    "Audit": "commands.audit", "Scope": "commands.audit", "audit": "commands.audit",
    "Plan": "commands.repair", "Run": "commands.repair", "apply": "commands.repair",
    "Replay": "commands.replay", "replay_imports": "commands.replay",
    "AuditError": "model.errors",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: importing the package costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"skillmeat_audit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
