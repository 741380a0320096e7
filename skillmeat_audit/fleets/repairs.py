"""Applies and undoes the plan of one home at most once: the home's journals decide."""

from dataclasses import dataclass, field
from pathlib import Path

from skillmeat_audit.api.execution import execute_plan, execute_rehearsal
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.planning import locate_plan, native_path
from skillmeat_audit.api.repair import runs, undo
from skillmeat_audit.api.report import LOCK_NAME
from skillmeat_audit.base.errors import PlanError, StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.fleets.definition import FleetSettings
from skillmeat_audit.fleets.repair_options import RepairOptions
from skillmeat_audit.loaders.home import find_home, home_state_folder
from skillmeat_audit.model.changes import RunOutcome
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.repair.plan import decode_plan, plan_digests
from skillmeat_audit.repair.run_folders import UNDOABLE, JournaledRun
from skillmeat_audit.reports.facts.fleet import RunFacts
from skillmeat_audit.reports.facts.next_commands import command_on
from skillmeat_audit.schedule.lock import exclusive_lock

# A process whose coordinator was killed finishes its home: that takes seconds.
LOCK_SECONDS = 20.0

Repaired = tuple[RunFacts, ExitCode]


def run_options(repair: RepairOptions, state_dir: str | None, settings: FleetSettings) -> Options:
    """Return the options of a run on a home with *settings*."""
    return Options(
        state_dir,
        settings.max_overwrites,
        repair.wait_seconds,
        keep_backups=repair.keep_backups,
        allow_links=settings.allow_links,
    )


@dataclass(frozen=True)
class HomeRepair:
    """One home, the address of its cache, the content of its plan, and how it is repaired."""

    home: str
    database: str | None = field(repr=False)
    plan: bytes = field(repr=False)
    options: RepairOptions
    running: Options

    @property
    def lock(self) -> Path:
        """The lock of the home, which reports that repair hold as well."""
        return home_state_folder(self.home, self.running.state_dir) / LOCK_NAME

    @property
    def runs_of_plan(self) -> list[JournaledRun]:
        """The runs that applied this plan, the latest first; interrupted ones are settled first."""
        digests = plan_digests(decode_plan(self.plan))
        listed = runs(self.home, database=self.database, options=self.running)
        return [run for run in listed if run.kind == "apply" and run.plan_sha256 in digests]

    @property
    def attempts(self) -> list[JournaledRun]:
        """The runs of this plan that this request continues."""
        options = self.options
        return [
            run for run in self.runs_of_plan if options.resume or run.started_at >= options.since
        ]


def apply_once(repair: HomeRepair) -> Repaired:
    """Apply the plan while holding the home's lock; return the run, and the exit code of the home.

    Raises an `AuditError` where the plan is for another home, or nothing could be written.
    """
    document, url = locate_plan(decode_plan(repair.plan), repair.database)
    root = find_home(repair.home).root.resolve()
    # A folder of plans can be edited by hand: one in the wrong place would repair another home.
    if Path(native_path(document.home)).resolve() != root:
        raise PlanError(f"the plan is for {printable(document.home)}, not for this home")
    with exclusive_lock(repair.lock, LOCK_SECONDS):
        # Under the lock: two coordinators would both see no run, and both apply.
        if earlier := _committed(repair.attempts):
            keys = sum(len(manifest.edits) for manifest in earlier.manifests)
            written = RunFacts(earlier.run, len(earlier.entries) + keys, 0, resumed=True)
            return written, ExitCode.CLEAN
        if repair.options.rehearse:
            return _repaired(execute_rehearsal(document, url, repair.running).outcome)
        return _repaired(execute_plan(document, url, repair.running, recheck=False).outcome)


def _committed(attempts: list[JournaledRun]) -> JournaledRun | None:
    """Return the run that committed the plan, None where no run did; raise `StateError`."""
    if unsettled := [run for run in attempts if run.state == "interrupted"]:
        run = unsettled[0]
        command = command_on(run.home, None, "runs")
        raise StateError(
            f"run {run.run} of this plan was interrupted, and the cache does not prove whether it "
            f"was written; '{command}' says what to do"
        )
    # Of a run that wrote only manifests the rows are missing: it is applied again, and what the
    # manifests hold already is skipped.
    return next((run for run in attempts if run.state == "committed"), None)


def undo_applied(repair: HomeRepair) -> Repaired:
    """Undo the latest run that applied the plan, while holding the home's lock."""
    with exclusive_lock(repair.lock, LOCK_SECONDS):
        written = [run for run in repair.runs_of_plan if run.state in UNDOABLE]
        listed = runs(repair.home, database=repair.database, options=repair.running)
        # A run may have been undone by hand, outside of the fleet.
        undone = {run.undoes for run in listed if run.state in UNDOABLE}
        latest = next((run for run in written if run.run not in undone), None)
        if latest is None:
            return RunFacts(
                None, 0, 0, notes=("no run of this plan is to be undone",)
            ), ExitCode.CLEAN
        run = undo(
            repair.home,
            latest.run,
            database=repair.database,
            options=repair.running,
            rehearse=repair.options.rehearse,
        )
        return _repaired(run.outcome)


def _repaired(outcome: RunOutcome) -> Repaired:
    skipped = len(outcome.conflicts) + len(outcome.edit_conflicts)
    applied = len(outcome.applied) + len(outcome.edits)
    facts = RunFacts(outcome.run, applied, skipped, notes=outcome.notes)
    return facts, ExitCode.CONFLICT if outcome.has_conflicts else ExitCode.CLEAN
