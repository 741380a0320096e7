"""Applies plans, lists the runs on a home, and undoes them."""

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.run_views import RunList
from skillmeat_audit.api.values import Plan, Run
from skillmeat_audit.api.views import list_runs
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.loaders.home import DEFAULT_HOME, find_home
from skillmeat_audit.repair.run_folders import UNDOABLE, JournaledRun, read_runs
from skillmeat_audit.repair.run_settings import RunSettings
from skillmeat_audit.repair.settling import settle_run, withdraw_settled
from skillmeat_audit.repair.undo import undo_run
from skillmeat_audit.reports.facts.next_commands import command_on
from skillmeat_audit.reports.facts.run_sentences import why_no_undo


def apply(plan: Plan, *, options: Options | None = None, recheck: bool = True) -> Run:
    """Write a plan to the cache: after a backup, in one transaction, each row checked first.

    Parameters
    ----------
    plan : Plan
        The changes to make.
    options : Options, optional
        Where journal and backup are kept, and how much may be overwritten.
    recheck : bool
        Audit the home before and after: what is fixed, what remains, what is new.

    Returns
    -------
    Run
        What was applied and what was skipped because its row had changed since the plan was made.

    Raises
    ------
    PlanError
        If the plan is for another cache, or changes too many rows.
    DatabaseError
        If the cache cannot be written.
    StateError
        If the journal or the backup cannot be written.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> plan = sma.audit(sma.sample(), progress=False).plan()
    >>> run = sma.apply(plan, options=sma.Options("state"))
    >>> len(run.outcome.applied), len(run.recheck.fixed), len(run.recheck.new)
    (4, 28, 0)
    """
    return plan.apply(options, recheck=recheck)


@without_gc()
def undo(
    home: PathLike = DEFAULT_HOME,
    run: str | None = None,
    *,
    database: PathLike | None = None,
    options: Options | None = None,
    rehearse: bool = False,
) -> Run:
    """Put back what *run* changed in *home*: by default the latest that is not undone yet.

    *run* may be the beginning of one id. With *rehearse*, all of it is done and rolled back.
    """
    journals = runs(home, database=database, options=options)
    chosen = _latest_open(journals) if run is None else journals.select(run)
    if chosen.state not in UNDOABLE:
        raise UsageError(why_no_undo(*list_runs([chosen])))
    url, settings = _cache_and_settings(home, database, options)
    outcome = undo_run(chosen, str(url), settings, rehearsed=rehearse)
    return Run(outcome, None, str(url), settings)


def _latest_open(journals: RunList) -> JournaledRun:
    """Return the latest applied run that no undo has put back; raise `UsageError`."""
    # An undo that put back a part of a run only leaves it open.
    undone = {journal.undoes for journal in journals if journal.state == "committed"}
    written = (j for j in journals if j.kind == "apply" and j.state in UNDOABLE)
    latest = next((journal for journal in written if journal.run not in undone), None)
    if latest is None:
        raise UsageError(f"this home has no run to undo; {journals.hint}")
    return latest


def runs(
    home: PathLike = DEFAULT_HOME,
    *,
    database: PathLike | None = None,
    options: Options | None = None,
) -> RunList:
    """Return the runs on *home*, the latest first, after settling those that were interrupted.

    ``show(run)`` of the list is what one run changed, cell by cell and key by key.
    """
    # First: the list would otherwise call a run interrupted although the cache proves how it ended.
    settle(home, database=database, options=options)
    _, settings = _cache_and_settings(home, database, options)
    state_dir = None if options is None else options.state_dir
    return RunList(read_runs(settings.folder), command_on(home, state_dir, "runs"))


def settle(
    home: PathLike = DEFAULT_HOME,
    *,
    database: PathLike | None = None,
    options: Options | None = None,
) -> list[JournaledRun]:
    """Return the damaged runs and those that were interrupted, with the state the cache proves.

    ``committed``: the cache was written; ``failed``: nothing of it was. Where the cache cannot tell
    (it is locked, another one, or changed since) the state stays ``interrupted``. Runs that are in
    progress elsewhere are waited for, and not returned.
    """
    url, settings = _cache_and_settings(home, database, options)
    settled: list[JournaledRun | None] = []
    for journal in read_runs(settings.folder):
        if journal.state == "damaged" or (journal.state == "interrupted" and url is None):
            settled.append(journal)
        elif journal.state == "interrupted" and url is not None:
            settled.append(settle_run(journal, url, settings))
    # Proofs that are left in the database (a run that was killed after its commit) are taken out.
    if url is not None and settings.folder.exists():
        withdraw_settled(settings.folder, url)
    return [journal for journal in settled if journal is not None]


def _cache_and_settings(
    home: PathLike, database: PathLike | None, options: Options | None
) -> tuple[str | None, RunSettings]:
    """Return the cache's address, and the settings for runs on *home*."""
    resolved = find_home(home, database)
    settings = (options or Options()).run_settings(str(resolved.root.resolve()))
    return resolved.database, settings
