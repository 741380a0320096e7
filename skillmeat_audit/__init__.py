"""Audit and repair of SkillMeat's artifact cache: which rows are wrong, why, what repairs them.

>>> import skillmeat_audit as sma
>>> audit = sma.audit(sma.sample(), progress=False)
>>> run = sma.apply(audit.plan(), options=sma.Options("state"))
>>> len(audit.findings), len(run.after.findings)
(29, 1)
"""

from skillmeat_audit.base import VERSION

# Not typing's, which takes 5 ms to load, and nothing else either: until the command line handles
# signals, an interruption prints a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from skillmeat_audit.api.audit import audit
    from skillmeat_audit.api.options import Options
    from skillmeat_audit.api.repair import apply
    from skillmeat_audit.api.replay import replay_imports
    from skillmeat_audit.api.sample import sample
    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.api.values import Audit, Plan, Run
    from skillmeat_audit.base.errors import AuditError
    from skillmeat_audit.fleets.value import fleet
    from skillmeat_audit.ui.widgets import explore, repair_panel

__version__ = VERSION
__all__ = [
    "Audit",
    "AuditError",
    "Options",
    "Plan",
    "Run",
    "Scope",
    "apply",
    "audit",
    "explore",
    "fleet",
    "repair_panel",
    "replay_imports",
    "sample",
]

_HOMES = {
    "base.errors": ("AuditError",),
    "api.audit": ("audit",),
    "api.options": ("Options",),
    "api.repair": ("apply",),
    "api.replay": ("replay_imports",),
    "api.sample": ("sample",),
    "api.scope": ("Scope",),
    "api.values": ("Audit", "Plan", "Run"),
    "fleets.value": ("fleet",),
    "ui.widgets": ("explore", "repair_panel"),
}
_HOME = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name on its first use: importing the package costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
