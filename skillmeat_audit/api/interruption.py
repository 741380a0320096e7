"""Reports what a repair had written when it was interrupted or failed unexpectedly."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.repair import runs
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.loaders.home import home_folder
from skillmeat_audit.repair.run_folders import JournaledRun
from skillmeat_audit.reports.facts.next_commands import command_on
from skillmeat_audit.reports.facts.values import plural


@contextmanager
def reporting_writes(
    home: PathLike, options: Options, database: PathLike | None = None
) -> Iterator[None]:
    """Add notes (PEP 678) to an exception raised inside: what its runs on *home* had written.

    An `AuditError` means that nothing was changed. Journals and rows prove what was written, also
    where the interruption came between the commit and the mark in the journal.
    """
    # Resolved now: at the time of the exception the working folder may be another one.
    folder = options.run_settings(os.path.realpath(home_folder(home))).folder
    # By name, not by time: another run on the home may begin in the same second.
    before = _run_names(folder)
    try:
        yield
    # It was raised before the commit, or says itself what was written.
    except AuditError:
        raise
    except BaseException as exc:
        if begun := _run_names(folder) - before:
            for note in _notes(home, options, database, begun):
                exc.add_note(note)
        raise


def _run_names(folder: Path) -> set[str]:
    with suppress(OSError):
        return {path.name for path in folder.iterdir() if path.is_dir()}
    return set()


def _notes(
    home: PathLike, options: Options, database: PathLike | None, begun: set[str]
) -> Iterator[str]:
    """Yield a note for each run of *begun* that wrote, or may have written."""
    try:
        listed = [run for run in runs(home, database=database, options=options) if run.run in begun]
    except AuditError as exc:
        command = command_on(home, options.state_dir, "runs")
        yield f"whether the run was written is unknown ({exc}); '{command}' lists it"
        return
    for run in listed:
        if note := _note(run, home, options):
            yield note


def _note(run: JournaledRun, home: PathLike, options: Options) -> str | None:
    if run.state == "committed":
        command = command_on(home, options.state_dir, "undo", "--run", run.run)
        undo_hint = "" if run.kind == "undo" else f"; '{command}' puts them back"
        keys = sum(len(manifest.edits) for manifest in run.manifests)
        edits = f" and {plural(keys, 'key')} of manifests" if keys else ""
        return f"run {run.run} had written {plural(len(run.entries), 'row')}{edits}{undo_hint}"
    if run.state == "manifests-only":
        command = command_on(home, options.state_dir, "undo", "--run", run.run)
        return f"run {run.run} had written manifests and no row; '{command}' puts them back"
    if run.state == "interrupted":
        command = command_on(home, options.state_dir, "runs")
        return f"run {run.run} may have been written; '{command}' says whether"
    return None
