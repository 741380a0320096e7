"""Renders plans and runs as static HTML for notebooks: before → after, and the way back."""

from collections.abc import Sequence
from itertools import accumulate

from skillmeat_audit.model.changes import Change, Outcome, PlanDocument, RunOutcome, Skipped
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import (
    ROW_LIMIT,
    Markup,
    empty_sign,
    fragment,
    grouped_html,
    join_parts,
    next_calls,
    paragraph,
    strong,
    table_html,
    tag,
    text_html,
)
from skillmeat_audit.reports.notebook.word_diff import marked_difference
from skillmeat_audit.reports.terminal.runs import (
    AuditDelta,
    delta_sentence,
    outcome_words,
    summarize_changes,
)

_PLAN = ("column", "before", "after")
_RUN = ("outcome", "change", "artifact", "collection")

Cells = list[tuple[str, Markup, Markup]]


def plan_html(plan: PlanDocument, names: Names) -> str:
    """Return a plan as an HTML fragment: the first changes, cell by cell, before → after."""
    if not plan.changes:
        return fragment(paragraph(strong("Nothing to repair.")))
    shown = _first(plan.changes)
    caption = f"{len(shown)} of {plural(len(plan.changes), 'row')}, before → after"
    return fragment(
        paragraph(strong(summarize_changes(plan.changes)), "decided, nothing written yet"),
        grouped_html(caption, _PLAN, ((_title(each, names), _cells(each)) for each in shown)),
        next_calls("plan.changes", "plan.save('plan.json')", "plan.rehearse()", "plan.apply()"),
    )


def _first(changes: Sequence[Change]) -> Sequence[Change]:
    """Return the first changes: about as many as make `ROW_LIMIT` cells."""
    cells = accumulate(max(len(change.after), 1) for change in changes)
    return changes[: sum(1 for total in cells if total <= ROW_LIMIT) or 1]


def _title(change: Change, names: Names) -> Markup:
    place = names.collection(change.collection_id)
    why = f"{change.disposition}, mends {' '.join(change.rules)}"
    return join_parts(Markup(f"{tag(change.op)} {text_html(change.artifact_id)}"), place, why)


def _cells(change: Change) -> Cells:
    if change.op == "delete":
        return [("every column", *marked_difference("the whole row", None))]
    values = [
        (column, *marked_difference(change.before.get(column), after))
        for column, after in change.after.items()
    ]
    if change.op == "insert":
        return [(column, empty_sign("(no row)"), after) for column, _, after in values]
    return values


def run_html(run: RunOutcome, compared: AuditDelta | None, names: Names) -> str:
    """Return a run as an HTML fragment: what became of its changes, and how to go back."""
    conflicts = len(run.conflicts)
    shown = sorted(run.outcomes, key=lambda each: not isinstance(each, Skipped))[:ROW_LIMIT]
    skipped = any(isinstance(each, Skipped) for each in shown)
    rows = (
        _outcome(each, outcome_words(run), names)[: None if skipped else len(_RUN)]
        for each in shown
    )
    return fragment(
        paragraph(
            strong(f"{plural(len(run.applied), 'change')} {outcome_words(run)}"),
            "" if run.run else "nothing was changed",
            tag(plural(conflicts, "conflict"), "warning") if conflicts else "",
        ),
        "" if compared is None else paragraph(delta_sentence(compared)),
        *(paragraph(note) for note in run.notes),
        paragraph(f"backup: {run.backup}") if run.backup else "",
        table_html(
            f"{len(shown)} of {plural(len(run.outcomes), 'outcome')}",
            (*_RUN, "why") if skipped else _RUN, rows,
        ),
        next_calls("run.outcomes", *_next(run)),
    )  # fmt: skip


def _next(run: RunOutcome) -> tuple[str, ...]:
    if run.rehearsed:
        return ("plan.apply()",)
    return ("run.undo()",) if run.run else ()


def _outcome(outcome: Outcome, said: str, names: Names) -> tuple[object, ...]:
    """Return the cells of an outcome, last why it was skipped; *said* is what became of others."""
    reason = outcome.reason if isinstance(outcome, Skipped) else None
    change = outcome.change
    return (
        tag(said, "applied") if reason is None else tag("skipped"), change.op, change.artifact_id,
        names.collection(change.collection_id), reason,
    )  # fmt: skip
