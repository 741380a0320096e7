"""Sentences about plans and runs, the same in a terminal, a notebook and an error message."""

from collections.abc import Iterable

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import Change, RunListing, RunOutcome
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.values import plural

_OPS = ("insert", "update", "delete")
NOTED_STATES = ("interrupted", "damaged")  # a run in one of these needs a sentence of its own


def summarize_changes(changes: Iterable[Change]) -> str:
    """Return in a line how many rows and cells *changes* write."""
    ops = [change.op for change in changes]
    # A delete writes no cell: its `after` is empty.
    cells = sum(len(change.after) for change in changes)
    parts = [f"{plural(ops.count(op), 'row')} to {op}" for op in _OPS if op in ops]
    return f"{', '.join(parts)} · {plural(cells, 'cell')}" if parts else "no changes"


def outcome_words(run: RunOutcome) -> str:
    """Return what happened to the changes of *run* that were not skipped."""
    if run.rehearsed:
        return "rehearsed and rolled back"
    return "undone" if run.kind == "undo" else "applied"


def summarize_run(run: RunOutcome, delta: AuditDelta | None) -> str:
    """Return in a line what became of the changes of *run*, and of the findings."""
    applied, conflicts = plural(len(run.applied), "change"), plural(len(run.conflicts), "conflict")
    rechecked = "" if delta is None else f"; {delta_sentence(delta)}"
    return f"{applied} {outcome_words(run)}, {conflicts}{rechecked}"


def delta_sentence(delta: AuditDelta) -> str:
    """Return in a line how the audit after a run differs from the one before."""
    fixed = plural(len(delta.fixed), "finding")
    return f"audited again: {fixed} fixed, {len(delta.remaining)} remaining, {len(delta.new)} new"


def describe_settled(run: RunListing) -> str:
    """Return in a line how an interrupted *run* ended, or why this is unknown."""
    if run.state == "damaged":
        return f"{_damage(run)}; all other runs work as before"
    ending = {"committed": "it had been committed", "failed": "nothing of it was written"}.get(
        run.state,
        "the cache cannot tell whether it was written (it is locked, another one, or changed "
        f"since){_backup_clause(run)}",
    )
    return f"run {run.run} was interrupted; {ending}"


def why_no_undo(run: RunListing) -> str:
    """Return why *run*, which is not known to be committed, cannot be undone."""
    if run.state == "damaged":
        return _damage(run)
    if run.state == "interrupted":
        return (
            f"run {run.run} cannot be undone: it was interrupted, and the cache cannot tell "
            f"whether it was written{_backup_clause(run)}"
        )
    return f"run {run.run} wrote nothing ({run.state}): nothing to undo"


def _damage(run: RunListing) -> str:
    return (
        f"run {run.run} is damaged ({printable(run.damage)}) and cannot be undone"
        f"{_backup_clause(run)}; restore {printable(run.folder)} from a copy, or delete that folder"
    )


def _backup_clause(run: RunListing) -> str:
    """Return where the cache from before *run* is, as the end of a sentence."""
    return f"; the cache before it is {printable(run.backup)}" if run.backup else ""
