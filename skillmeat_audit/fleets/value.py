"""The values that requests on a fleet return to a notebook: an audited fleet, and its plans."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.history import HistorySettings
from skillmeat_audit.api.planning import TARGETS, PlanScope
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.fleets.definition import FleetDefinition, load_definition
from skillmeat_audit.fleets.engines import Engine
from skillmeat_audit.fleets.operations import (
    FleetSession,
    apply_fleet,
    check_fleet,
    plan_fleet,
    report_fleet,
    undo_fleet,
)
from skillmeat_audit.fleets.outputs import fleet_outputs
from skillmeat_audit.fleets.repair_options import RepairOptions
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import WRITABLE
from skillmeat_audit.reports.facts.fleet import FleetFacts, homes_frame
from skillmeat_audit.reports.notebook.fleet import fleet_html

_OWN_HISTORY = HistorySettings()  # each home's, in its state folder


@dataclass(frozen=True)
class Fleet:
    """The audits of many homes; shows itself in a notebook. `skillmeat_audit.fleet` returns it.

    Parameters
    ----------
    definition : FleetDefinition
        The homes, as the fleet's file defines them.
    facts : FleetFacts
        What was found out about each home.
    session : FleetSession
        Where requests run, and where state is kept.
    """

    definition: FleetDefinition
    facts: FleetFacts
    session: FleetSession = field(default_factory=FleetSession, repr=False)

    @property
    def homes(self) -> pd.DataFrame:
        """The homes as ``FLEET_HOMES``, in the order of the file."""
        return homes_frame(self.facts.homes)

    @property
    def findings(self) -> pd.DataFrame:
        """The findings of all homes as ``FLEET_FINDINGS``: the home is the first column."""
        return self.facts.findings

    @property
    def exit_code(self) -> ExitCode:
        """The worst exit code of the homes."""
        return self.facts.exit_code

    def plan(
        self,
        folder: PathLike,
        *,
        dispositions: Sequence[str] = WRITABLE,
        deletes: bool = False,
        targets: Collection[str] = TARGETS,
    ) -> "FleetPlan":
        """Write a plan per home to the new *folder*; the other arguments are those of `Audit.plan`.

        Raises `UsageError` where the folder is not empty.
        """
        path, scope = Path(folder).expanduser(), PlanScope(dispositions, deletes, targets)
        return FleetPlan(path, plan_fleet(self.definition, self.session, path, scope), self.session)

    def report(self, *outputs: PathLike, history: HistorySettings | None = _OWN_HISTORY) -> "Fleet":
        """Audit the homes again, record that in their *history*, and write the report to *outputs*.

        Formats are by suffix: .html .md .json .csv .parquet .xml .sarif .prom. The returned fleet
        says what is new since the last report. Without *history* nothing is recorded. Raises
        `StateError` where a file cannot be written.
        """
        paths = [os.fspath(path) for path in outputs]
        files = fleet_outputs(paths, None) if paths else []
        facts, delivery = report_fleet(self.definition, self.session, files, history)
        if delivery.problems:
            raise StateError("; ".join(delivery.problems))
        return Fleet(self.definition, facts, self.session)

    def __repr__(self) -> str:
        return f"<Fleet: {self.facts.sentence} See .homes, .findings, .plan(folder), .report()>"

    def _repr_html_(self) -> str:
        return fleet_html(self.facts, "fleet.homes", "fleet.findings", 'fleet.plan("plans")')


@dataclass(frozen=True)
class FleetPlan:
    """The plans of a fleet in their folder, or what became of them; shows itself in a notebook."""

    folder: Path
    facts: FleetFacts = field(repr=False)
    session: FleetSession = field(default_factory=FleetSession, repr=False)

    @property
    def homes(self) -> pd.DataFrame:
        """The homes as ``FLEET_HOMES``, in the order of the file."""
        return homes_frame(self.facts.homes)

    def apply(self, *, resume: bool = False, rehearse: bool = False) -> "FleetPlan":
        """Apply the plans; with *resume*, only those that no run has committed yet."""
        options = RepairOptions(resume, rehearse)
        return FleetPlan(self.folder, apply_fleet(self.folder, self.session, options), self.session)

    def undo(self, *, rehearse: bool = False) -> "FleetPlan":
        """Put back what the plans wrote."""
        options = RepairOptions(rehearse=rehearse)
        return FleetPlan(self.folder, undo_fleet(self.folder, self.session, options), self.session)

    def __repr__(self) -> str:
        return f"<FleetPlan {self.folder}: {self.facts.sentence} See .homes, .apply(), .undo()>"

    def _repr_html_(self) -> str:
        return fleet_html(self.facts, "plan.apply()", "plan.undo()")


def fleet(
    file: PathLike,
    *,
    groups: Sequence[str] = (),
    engine: Engine | None = None,
    state_dir: PathLike | None = None,
) -> Fleet:
    r"""Return the audits of all homes that a file defines. Nothing of a home is written.

    Parameters
    ----------
    file : path
        The TOML file of the fleet: ``[[homes]]`` with a ``path`` or a ``glob`` each.
    groups : sequence of str
        Only homes in these groups; by default all.
    engine : Engine, optional
        Where the audits run: this process for a few homes, else a process per processor; Dask's
        workers with ``Engine(dask=True)`` or ``Engine(scheduler="tcp://…")``.
    state_dir : path, optional
        Folder of journals and history, as in `audit`.

    Returns
    -------
    Fleet
        The homes and their findings as DataFrames; homes that could not be checked are among them.

    Raises
    ------
    UsageError
        If the file is not a fleet's: one line per fault.

    Examples
    --------
    >>> import pathlib
    >>> import skillmeat_audit as sma
    >>> homes = [sma.sample("batch-import"), sma.sample("clean")]
    >>> lines = [f'[[homes]]\npath = "{home}"\n' for home in homes]
    >>> _ = pathlib.Path("fleet.toml").write_text("".join(lines))
    >>> sma.fleet("fleet.toml")
    <Fleet: 2 homes of 2 checked, 1 with findings. See .homes, .findings, .plan(folder), .report()>
    """
    definition = load_definition(file).in_groups(groups)
    state = None if state_dir is None else os.fspath(state_dir)
    session = FleetSession(engine or Engine(), state)
    return Fleet(definition, check_fleet(definition, session), session)
