"""The notebook widgets, and the functions that return them once ``ipywidgets`` is installed."""

from importlib import import_module
from typing import TYPE_CHECKING

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.extras import install_command

if TYPE_CHECKING:
    from skillmeat_audit.api.options import Options
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.fleets.value import Fleet
    from skillmeat_audit.ui.widgets.explorer import Explorer
    from skillmeat_audit.ui.widgets.panel import Panel


def explore(audit: "Audit | Fleet") -> "Explorer":
    """Return a widget that filters, counts, sorts and selects the findings of an audit.

    Parameters
    ----------
    audit : Audit or Fleet
        The audit whose findings the widget shows, or a fleet, whose homes are a filter more. It is
        not changed.

    Returns
    -------
    Explorer
        A box whose ``filters`` can be read and set; ``matches`` and ``selection`` are DataFrames
        (``FINDINGS``), ``subset`` is the audit with only these findings.

    Raises
    ------
    UsageError
        If the extra ``notebook`` is not installed.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> explorer = sma.explore(sma.audit(sma.sample(), progress=False))
    >>> explorer.filters = {"rule": "D001"}
    >>> explorer
    <Explorer: 3 of 29 findings, 0 selected; see .filters, .matches, .selection, .subset>
    """
    require_module("ipywidgets")
    from skillmeat_audit.ui.widgets.explorer import Explorer

    return Explorer(audit)


def repair_panel(source: "Audit | Explorer", options: "Options | None" = None) -> "Panel":
    """Return a widget that plans, rehearses, applies and undoes a repair.

    Parameters
    ----------
    source : Audit or Explorer
        What to repair: all findings of an audit, or the ``subset`` of an explorer.
    options : Options, optional
        Where backups and journals are kept, and how many rows may be overwritten.

    Returns
    -------
    Panel
        A box with ``step``, ``plan``, ``run`` and ``error`` as traits. Nothing is written before
        its button *apply* is pressed.

    Raises
    ------
    UsageError
        If the extra ``notebook`` is not installed.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> sma.repair_panel(sma.audit(sma.sample(), progress=False))
    <Panel: choose, 29 findings; see .step, .plan, .run, .error>
    """
    require_module("ipywidgets")
    from skillmeat_audit.ui.widgets.panel import Panel

    return Panel(source, options)


def require_module(module: str) -> None:
    """Raise `UsageError` if *module*, a part of the extra ``notebook``, is not installed."""
    try:
        # Imported, not looked up: a broken installation of it has to show as well.
        import_module(module)
    except ModuleNotFoundError as exc:
        raise UsageError(
            f"{exc.name} is not installed; run: {install_command('notebook')}"
        ) from exc
