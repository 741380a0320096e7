"""The options of the verbs of ``fleet``, and the typed values in which they arrive."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit.model.findings import Severity
from skillmeat_audit.ui.cli.options import (
    Command,
    limit_option,
    option_group,
    schema_option,
    state_dir_option,
    traceback_option,
)

if TYPE_CHECKING:
    from skillmeat_audit.fleets.definition import FleetDefinition
    from skillmeat_audit.fleets.operations import FleetSession


@dataclass(frozen=True)
class EngineOptions:
    """Where requests run, and where state is kept."""

    workers: int | None
    dask: bool
    scheduler: str | None
    state_dir: Path | None
    quiet: bool

    def session(self, fail_on: str | None = None) -> "FleetSession":
        """Return the session of these options."""
        from skillmeat_audit.fleets.engines import Engine
        from skillmeat_audit.fleets.operations import FleetSession

        progress = False if self.quiet else None
        return FleetSession(
            Engine(self.workers, self.dask, self.scheduler, progress),
            None if self.state_dir is None else str(self.state_dir.expanduser().absolute()),
            Severity(fail_on) if fail_on else Severity.WARNING,
        )


engine_options = option_group(
    EngineOptions,
    "running",
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Processes; 1 is this one.  [default: one per processor, for few homes this one]",
    ),
    click.option("--dask", is_flag=True, help="Run on a Dask cluster of this machine's own."),
    click.option(
        "--scheduler", metavar="URL", help="Run on the Dask cluster at tcp://… (extra fleet)."
    ),
    state_dir_option,
    click.option("--quiet", "-q", is_flag=True, help="Show no progress."),
)


@dataclass(frozen=True)
class FleetListing:
    """How a fleet is printed, and of which homes."""

    form: str
    limit: int
    group: tuple[str, ...] = ()
    fail_on: str | None = None
    exit_zero: bool = False

    def homes(self, file: Path) -> "FleetDefinition":
        """Return the homes of *file* that were asked for."""
        from skillmeat_audit.fleets.definition import load_definition

        return load_definition(file).in_groups(self.group)


group_option = click.option(
    "--group", multiple=True, metavar="NAME", help="Only the homes of this group. Repeatable."
)
homes_limit_option = limit_option("homes", 40)


def fleet_verb(command: Command) -> Command:
    """Return *command* with the options that all verbs of ``fleet`` have."""
    return schema_option("fleet")(engine_options(traceback_option(command)))


@dataclass(frozen=True)
class FleetReportOptions:
    """Where the report of a fleet goes, and which findings fail it."""

    paths: tuple[str, ...]
    form: str | None
    github: bool
    group: tuple[str, ...]
    fail_on: str | None
    exit_zero: bool
    history_url: str | None
    no_history: bool


@dataclass(frozen=True)
class FleetPlanOptions:
    """Where the plans of a fleet go, and what they repair."""

    folder: Path | None
    disposition: tuple[str, ...]
    deletes: bool


@dataclass(frozen=True)
class FleetRepairOptions:
    """How plans are applied or undone."""

    rehearse: bool
    resume: bool = False
