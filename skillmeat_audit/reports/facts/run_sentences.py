"""Sentences about plans and runs, the same in a terminal, a notebook and an error message."""

from collections.abc import Iterable, Mapping, Sequence

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import Change, PlanDocument, RunListing, RunOutcome
from skillmeat_audit.model.fields import stem_of
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.manifest_edits import MANIFEST_KEYS
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.values import plural

_OPS = ("insert", "update", "delete")
_ABSENT: tuple[object, ...] = (None, "", "[]", [])
NOTED_STATES = ("interrupted", "damaged")  # a run in one of these needs a sentence of its own


def summarize_changes(changes: Sequence[Change]) -> str:
    """Return in a line how many rows and cells *changes* write."""
    parts = []
    for op in _OPS:
        if of_op := [change for change in changes if change.op == op]:
            # A delete writes no cell: its `after` is empty.
            cells = sum(len(change.after) for change in of_op)
            # Apart: the cells of an update are wrong now, those of an insert are not there yet.
            size = f" ({plural(cells, 'cell')})" if cells else ""
            parts.append(f"{plural(len(of_op), 'row')} to {op}{size}")
    return ", ".join(parts) or "no changes"


def summarize_plan(plan: PlanDocument) -> str:
    """Return in a line what *plan* writes: keys of manifests, rows and cells."""
    keys = sum(len(manifest.edits) for manifest in plan.manifests)
    return summarize_writes(plan.changes, keys, len(plan.manifests))


def summarize_writes(changes: Sequence[Change], keys: int, manifests: int) -> str:
    """Return in a line that so many *keys* of *manifests* are written, and *changes* of rows."""
    edits = f"{plural(keys, 'key')} of {plural(manifests, 'manifest')}" if keys else ""
    rows = summarize_changes(changes) if changes else ""
    return " · ".join(filter(None, (edits, rows))) or "no changes"


def size_of_writes(changes: Sequence[Change], keys: int) -> str:
    """Return in few words how much *changes* and so many *keys* are, empty for nothing."""
    rows = {op: [change for change in changes if change.op == op] for op in _OPS}
    cells, deleted = sum(len(change.cells) for change in rows["update"]), len(rows["delete"])
    counts = {
        plural(cells, "cell"): cells,
        plural(len(rows["insert"]), "new row"): len(rows["insert"]),
        f"{plural(deleted, 'row')} to delete": deleted,
        plural(keys, "key"): keys,
    }
    return ", ".join(words for words, count in counts.items() if count)


def effect_sentence(plan: PlanDocument) -> str:
    """Return in a sentence what applying *plan* does: what is filled, overwritten, inserted."""
    edits = [(m.path, edit.before) for m in plan.manifests for edit in m.edits]
    updates = [change for change in plan.changes if change.op == "update"]
    cells = [(change.key, value) for change in updates for value in change.before.values()]
    parts = [
        " and ".join(
            f"{plural(len(filled), noun)} {link} {plural(len(set(filled)), whole)}"
            for filled, noun, link, whole in (
                ([path for path, before in edits if before in _ABSENT], "key", "of", "manifest"),
                ([key for key, before in cells if before in _ABSENT], "cell", "in", "row"),
            )
            if filled
        )
    ]
    parts = [f"fills {part}" for part in parts if part]
    overwritten = sum(before not in _ABSENT for _, before in (*edits, *cells))
    ops = [change.op for change in plan.changes]
    counts = {op: ops.count(op) for op in ("insert", "delete") if op in ops}
    parts += [f"{op}s {plural(count, 'row')}" for op, count in counts.items()]
    return "; ".join((*parts, f"overwrites {plural(overwritten, 'value')}"))


def fading_cells(plan: PlanDocument) -> int:
    """Return how many cells *plan* writes that no manifest holds, before or after it.

    SkillMeat writes rows from manifests: its next restart or refresh blanks them again.
    """
    edited = {
        # By stem: a row and its entry may differ in a suffix such as .md.
        (stem_of(edit.artifact_id), edit.key)
        for manifest in plan.manifests
        for edit in manifest.edits
    }
    return sum(
        cell.evidence in (Evidence.FRONTMATTER, Evidence.CATALOG)
        and (stem_of(change.artifact_id), MANIFEST_KEYS.get(column)) not in edited
        for change in plan.changes
        for column, cell in change.cells.items()
    )


def fading_sentence(plan: PlanDocument) -> str:
    """Return which cells of *plan* will not last and what to do, empty if all will."""
    if not (count := fading_cells(plan)):
        return ""
    return (
        f"{plural(count, 'cell')} will not last: no manifest has the value, so SkillMeat's next "
        "restart or refresh that writes the row blanks it again."
    )


def outcome_words(run: RunOutcome) -> str:
    """Return what happened to the changes of *run* that were not skipped."""
    if run.rehearsed:
        return "rehearsed and rolled back"
    return "undone" if run.kind == "undo" else "applied"


def summarize_run(run: RunOutcome, delta: AuditDelta | None) -> str:
    """Return in a line what became of the changes of *run*, and of the findings."""
    conflicts = plural(len(run.conflicts) + len(run.edit_conflicts), "conflict")
    rechecked = "" if delta is None else f"; {delta_sentence(delta)}"
    return f"{written_sentence(run)}, {conflicts}{rechecked}"


def written_sentence(run: RunOutcome) -> str:
    """Return in a line how many changes of rows and keys of manifests *run* wrote."""
    return f"{_written(run)} {outcome_words(run)}"


def undo_sentence(run: RunOutcome) -> str:
    """Return in a line what an undo of *run* would put back."""
    return f"puts back {_written(run)}"


def _written(run: RunOutcome) -> str:
    changes = [outcome.change for outcome in run.applied]
    counts = [rows_and_cells(len(changes), sum(len(change.after) for change in changes))]
    if run.edits:
        counts.append(f"{plural(len(run.edits), 'key')} of manifests")
    return " and ".join(counts)


def rows_and_cells(rows: int, cells: int) -> str:
    """Return how many *rows* and *cells* are written: a delete writes no cell."""
    return f"{plural(rows, 'row')} ({plural(cells, 'cell')})" if cells else plural(rows, "row")


def unneeded_sentence(run: RunOutcome) -> str:
    """Return in a line what *run* did not need to write, empty for nothing."""
    rows = len(run.outcomes) - len(run.applied) - len(run.conflicts)
    skipped = sum(len(manifest.skipped) for manifest in run.manifests)
    keys = skipped - len(run.edit_conflicts)
    counts = [plural(number, noun) for number, noun in ((rows, "row"), (keys, "key")) if number]
    if not counts:
        return ""
    if run.applied or run.edits or run.has_conflicts:
        return f"{' and '.join(counts)} not needed: already so"
    return f"nothing to do: all {' and '.join(counts)} are already so"


def delta_sentence(delta: AuditDelta) -> str:
    """Return in a line how the audit after a run differs from the one before."""
    fixed = plural(len(delta.fixed), "finding")
    return (
        f"audited again: {fixed} fixed, {len(delta.remaining):,} remaining, {len(delta.new):,} new"
    )


def undone_runs(runs: Iterable[RunListing]) -> Mapping[str, str]:
    """Return the runs that another one has put back, with the id of that."""
    return {run.undoes: run.run for run in runs if run.undoes and run.state == "committed"}


_STATES = {
    "begun": "begun, nothing written",
    "failed": "failed, nothing written",
    "manifests-only": "manifests written, rows not",
    "interrupted": "interrupted, not settled",
    "damaged": "damaged, not readable",
}


def state_words(run: RunListing, undone_by: str | None) -> str:
    """Return the state of *run* in words, given the run that put it back."""
    return "undone" if undone_by is not None else _STATES.get(run.state, run.state)


def kind_words(run: RunListing) -> str:
    """Return what kind of run *run* is."""
    return f"undo of {run.undoes}" if run.undoes else run.kind


def describe_settled(run: RunListing) -> str:
    """Return in a line how an interrupted *run* ended, or why this is unknown."""
    if run.state == "damaged":
        return f"{_damage(run)}; all other runs work as before"
    ending = {
        "committed": "it had been committed",
        "failed": "nothing of it was written",
        "manifests-only": "its edits of manifests were written, its rows were not; undo it, or "
        "plan again",
    }.get(
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
