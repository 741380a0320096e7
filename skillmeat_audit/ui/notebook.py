"""What a notebook asks for: widgets, loaded when the extra that they need is there."""

from importlib import import_module
from typing import TYPE_CHECKING

from skillmeat_audit.base.errors import UsageError

if TYPE_CHECKING:
    from skillmeat_audit.api.options import Options
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.ui.widgets.explorer import Explorer
    from skillmeat_audit.ui.widgets.panel import Panel


def explore(audit: "Audit") -> "Explorer":
    """Return a widget to look through the findings of *audit*; its ``selection`` is a DataFrame.

    Raises `UsageError` where the extra ``notebook`` is not installed.
    """
    require("ipywidgets")
    from skillmeat_audit.ui.widgets.explorer import Explorer

    return Explorer(audit)


def repair_panel(source: "Audit | Explorer", options: "Options | None" = None) -> "Panel":
    """Return a widget that plans, rehearses, applies and undoes the repair of *source*.

    Of an explorer it repairs what is selected there, or else what its filters leave. *options* say
    where backups are kept and how much may be overwritten. Raises `UsageError` where the extra
    ``notebook`` is not installed.
    """
    require("ipywidgets")
    from skillmeat_audit.ui.widgets.panel import Panel

    return Panel(source, options)


def require(module: str) -> None:
    """Raise `UsageError` where *module*, of the extra ``notebook``, is not installed."""
    try:
        import_module(module)
    except ModuleNotFoundError as exc:
        raise UsageError(
            f"{exc.name} is not installed; install skillmeat-audit with the extra 'notebook'"
        ) from exc
