"""Renders plans and runs as static HTML for notebooks: before → after, and the next calls."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from markupsafe import Markup

from skillmeat_audit.model.changes import Change, Outcome, PlanDocument, RunOutcome, Skipped
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.recheck import (
    describe_fading,
    describe_new,
    lasting_sentence,
    plan_again_sentence,
)
from skillmeat_audit.reports.facts.run_sentences import (
    delta_sentence,
    fading_sentence,
    outcome_words,
    summarize_plan,
    written_sentence,
)
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.frames import frame_html
from skillmeat_audit.reports.notebook.html import (
    ROW_LIMIT,
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

_PLAN = ("column", "before", "after")
_PLAN_CALLS = ("plan.save('plan.json')", "plan.rehearse()", "plan.apply()")
_EDITS = ("outcome", "artifact", "key", "why")
_DIFF_LINES = 60
_RECHECKED = ["rule", "severity", "artifact_id", "column", "actual", "expected"]
_RUN = ("outcome", "change", "artifact", "collection")

Cells = list[tuple[str, Markup, Markup]]


def plan_html(plan: PlanDocument, diffs: Sequence[ManifestDiff], names: Names) -> str:
    """Return a plan as an HTML fragment: manifests as diffs, then rows cell by cell."""
    if plan.is_empty:
        return fragment(paragraph(strong("Nothing to repair.")))
    visible = _first(plan.changes)
    caption = f"{len(visible)} of {plural(len(plan.changes), 'row')}, before → after"
    return fragment(
        paragraph(strong(summarize_plan(plan)), "decided, nothing written yet"),
        paragraph(fading_sentence(plan)),
        diffs_html(diffs),
        grouped_html(caption, _PLAN, ((_title(each, names), _cells(each)) for each in visible))
        if visible
        else Markup(),
        next_calls(
            "plan.changes",
            "plan.edits",
            "plan.save('plan.json')",
            "plan.rehearse()",
            "plan.apply()",
        ),
    )


def diffs_html(diffs: Sequence[ManifestDiff]) -> Markup:
    """Return what a plan changes in each manifest, as unified diffs."""
    return Markup("\n").join(map(_diff_html, diffs))


def _diff_html(diff: ManifestDiff) -> Markup:
    """Return the first lines of a manifest's unified diff, marked as added or removed."""
    visible = diff.lines[:_DIFF_LINES]
    hidden = len(diff.lines) - len(visible)
    lines = [_diff_line(line) for line in visible]
    more = paragraph(f"{plural(hidden, 'more line')} of the diff: plan.diffs") if hidden else ""
    skipped = (
        paragraph(tag("skipped"), f"{each.edit.artifact_id}, {each.edit.key}: {each.reason}")
        for each in diff.skipped
    )
    block = Markup('<pre class="diff">{}</pre>').format(Markup("\n").join(lines))
    return Markup("").join((block, more, *skipped))


def _diff_line(line: str) -> Markup:
    """Return a line of a diff; a sign is before it, so it needs no colour."""
    element = {"+": "ins", "-": "del"}.get(line[:1])
    if element is None or line.startswith(("+++", "---")):
        return text_html(line)
    return Markup("<{0}>{1}</{0}>").format(Markup(element), text_html(line))


def _first(changes: Sequence[Change]) -> Sequence[Change]:
    """Return the first changes, with about `ROW_LIMIT` cells."""
    # Whole rows only: a row that is cut in the middle would look like all there is.
    cells = accumulate(max(len(change.after), 1) for change in changes)
    return changes[: sum(1 for total in cells if total <= ROW_LIMIT) or 1]


def _title(change: Change, names: Names) -> Markup:
    collection = names.collection(change.collection_id)
    reason = f"{change.disposition}, repairs {' '.join(change.rules)}"
    row = Markup("{} {}").format(tag(change.op), text_html(change.artifact_id))
    return join_parts(row, collection, reason)


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


def run_html(run: RunOutcome, delta: AuditDelta | None, names: Names, variable: str = "run") -> str:
    """Return a run as an HTML fragment: the outcome of its changes, and how to undo it.

    *variable* is the name that code has for it.
    """
    conflicts = len(run.conflicts) + len(run.edit_conflicts)
    return fragment(
        paragraph(
            strong(written_sentence(run)),
            "" if run.run else "nothing was changed",
            tag(plural(conflicts, "conflict"), "warning") if conflicts else "",
        ),
        *(() if delta is None else _recheck(delta, names)),
        *(paragraph(note) for note in run.notes),
        paragraph(f"backup: {run.backup}" if run.backup else ""),
        _outcomes(run, names) if run.outcomes else Markup(),
        _skipped_edits(run),
        next_calls(f"{variable}.outcomes", *_next(run, variable)),
    )


def recheck_html(delta: AuditDelta) -> str:
    """Return the audit after a run as an HTML fragment: what is fixed, remains, and is new."""
    parts = (("fixed", delta.fixed), ("remaining", delta.remaining), ("new", delta.new))
    return fragment(
        paragraph(strong(delta_sentence(delta)), lasting_sentence(delta)),
        *(
            paragraph(strong(name)) + frame_html(part[_RECHECKED])
            for name, part in parts
            if len(part)
        ),
    )


def _recheck(delta: AuditDelta, names: Names) -> Iterator[Markup]:
    """Yield the parts of the audit after a run."""
    yield paragraph(
        delta_sentence(delta),
        tag(lasting_sentence(delta), "warning") if delta.fading else lasting_sentence(delta),
    )
    if again := plan_again_sentence(delta):
        yield paragraph(tag(again, "warning"))
    for title, texts in (
        ("new findings", list(describe_new(delta, names))),
        ("cells that would not last", list(describe_fading(delta, names))),
    ):
        if texts:
            visible = [(text,) for text in texts[:ROW_LIMIT]]
            yield table_html(f"{len(visible)} of {len(texts)} lines", (title,), visible)


def _skipped_edits(run: RunOutcome) -> Markup:
    """Return the edits of manifests that were skipped, and why; nothing where none was."""
    skipped = run.edit_conflicts[:ROW_LIMIT]
    rows = ((tag("skipped"), each.edit.artifact_id, each.edit.key, each.reason) for each in skipped)
    caption = f"{len(skipped)} of {plural(len(run.edit_conflicts), 'skipped edit')}"
    return table_html(caption, _EDITS, rows) if skipped else Markup()


def _next(run: RunOutcome, variable: str) -> tuple[str, ...]:
    if run.rehearsed:  # a run of a panel is beside its plan: panel.run, panel.plan
        return (f"{variable.removesuffix('run')}plan.apply()",)
    return (f"{variable}.undo()",) if run.run else ()


def _outcomes(run: RunOutcome, names: Names) -> Markup:
    """Return the table of outcomes, skipped changes first; without any, it has no reasons."""
    visible = sorted(run.outcomes, key=lambda each: not isinstance(each, Skipped))[:ROW_LIMIT]
    header = (*_RUN, "why") if any(isinstance(each, Skipped) for each in visible) else _RUN
    rows = (_outcome(each, outcome_words(run), names)[: len(header)] for each in visible)
    return table_html(f"{len(visible)} of {plural(len(run.outcomes), 'outcome')}", header, rows)


def _outcome(outcome: Outcome, words: str, names: Names) -> tuple[object, ...]:
    """Return the cells of an outcome, *words* for a change that was not skipped."""
    change, reason = outcome.change, outcome.reason if isinstance(outcome, Skipped) else None
    sign = tag(words, "applied") if reason is None else tag("skipped")
    collection = names.collection(change.collection_id)
    return sign, change.op, change.artifact_id, collection, reason
