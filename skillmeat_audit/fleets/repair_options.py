"""How the plans of a fleet are applied and undone; importing this loads no library."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RepairOptions:
    """How plans are applied and undone.

    With ``resume`` a plan that a run of its home has committed is not applied again; else one that
    a run has committed ``since`` (UTC, as in a journal): Dask repeats a request whose worker is
    lost. With ``rehearse`` everything is done and rolled back.
    """

    resume: bool = False
    rehearse: bool = False
    since: str = ""
    keep_backups: int | None = None
    wait_seconds: float = 10.0
