"""Decides which commands come next, and counts what each would write, by drafting it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from skillmeat_audit.api.planning import PlanScope
from skillmeat_audit.api.values import Audit, Run
from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import DatabaseError, HomeError
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Disposition
from skillmeat_audit.repair.overwrites import count_losses, overwrite_limit
from skillmeat_audit.reports.facts.headline import FAILS
from skillmeat_audit.reports.facts.next_commands import Command, NextCommands, Option
from skillmeat_audit.reports.facts.ordering import worst_first
from skillmeat_audit.reports.facts.recheck import plan_again_sentence
from skillmeat_audit.reports.facts.run_sentences import (
    size_of_writes,
    summarize_plan,
    summarize_writes,
    undo_sentence,
)
from skillmeat_audit.reports.facts.values import plural

_FILL, _REVIEW = ("--disposition", "fill"), ("--disposition", "review")
_REVIEWED: tuple[Option, ...] = (_REVIEW, ("--deletes", None))


def repair_steps(
    audited: Audit, commands: NextCommands, artifact_id: str | None = None
) -> tuple[Command, ...]:
    """Return the plans that repair *audited*, or one artifact of it, with what they write.

    The second one is of what needs review. Neither is returned if it would write nothing.
    """
    part: tuple[Option, ...] = () if artifact_id is None else (("--artifact", artifact_id),)
    artifacts = () if artifact_id is None else (artifact_id,)
    planned = (
        (PlanScope(), (*part, ("-o", "plan.json")), ""),
        (PlanScope((Disposition.REVIEW,), deletes=True), _review_options(part), ": needs review"),
    )
    return tuple(_drafted(audited, commands, planned, artifacts))


def artifact_steps(audited: Audit, artifact_id: str, commands: NextCommands) -> tuple[Command, ...]:
    """Return the plans that repair one artifact; where none does, the page of its worst rule."""
    if steps := repair_steps(audited, commands, artifact_id):
        return steps
    findings = audited.findings[is_true(audited.findings["artifact_id"] == artifact_id)]
    worst = records(worst_first(findings).head(1))
    why = "explains the rule and what to do"
    return tuple(Command(f"{TOOL} rules {each['rule']}", why) for each in worst)


def left_out_steps(audited: Audit, commands: NextCommands, scope: PlanScope) -> tuple[Command, ...]:
    """Return the plans of what a plan in *scope* leaves out, with what they would write."""
    taken = scope.dispositions
    planned: list[tuple[PlanScope, Sequence[Option], str]] = []
    if Disposition.SAFE in taken and Disposition.FILL not in taken:
        fills = PlanScope((Disposition.FILL,), targets=scope.targets)
        planned.append((fills, (_FILL, ("-o", "fill.json")), ": left out"))
    if Disposition.REVIEW not in taken:
        review = PlanScope((Disposition.REVIEW,), not scope.deletes, scope.targets)
        options = (_REVIEW, ("-o", "review.json")) if scope.deletes else _review_options()
        planned.append((review, options, ": left out"))
    elif not scope.deletes and (orphans := audited.summary.orphan_rows):
        ending = f"; with {plural(orphans, 'orphan')} that --deletes takes in"
        options = (("--deletes", None), ("-o", "review.json"))
        planned.append((replace(scope, deletes=True), options, ending))
    # Orphans that this plan deletes already are not left out.
    others = commands.without("--deletes") if scope.deletes else commands
    return tuple(_drafted(audited, others, planned))


def plan_steps(
    commands: NextCommands, document: PlanDocument, path: Path | None, rows: int
) -> tuple[Command, ...]:
    """Return what to do with a plan for a cache of *rows*: save it, or apply it from *path*."""
    if document.is_empty:
        return ()
    size = summarize_plan(document)
    if path is None:
        line = commands.line("plan", options=[("-o", "plan.json")])
        return () if line is None else (Command(line, f"saves the plan: {size}"),)
    losses, limit = count_losses(document.changes), overwrite_limit(rows)
    allowed: tuple[Option, ...] = ()
    if losses > limit:
        allowed = (("--max-overwrites", f"{losses}"),)
        size += f"; overwrites or deletes {losses} of {plural(rows, 'row')}, more than {limit}"
    steps = [
        # The rehearsal first: people copy the first line.
        ([*allowed, ("--rehearse", None)], "writes everything, then rolls it back"),
        ([*allowed], size),
    ]
    if any(each.disposition == Disposition.REVIEW.value for each in document.changes):
        steps.insert(1, ([*allowed, ("--interactive", None)], "asks for each artifact"))
    lines = ((commands.line("apply", [str(path)], options), why) for options, why in steps)
    return tuple(Command(line, why) for line, why in lines if line is not None)


def run_steps(run: Run, commands: NextCommands) -> tuple[Command, ...]:
    """Return what lists the findings after *run*, undoes it, and plans what can be repaired now."""
    outcome = run.outcome
    if outcome.run is None or outcome.kind != "apply":
        return ()
    line = commands.line("undo", options=[("--run", outcome.run)])
    undo = () if line is None else (Command(line, undo_sentence(outcome)),)
    if run.after is None or run.recheck is None:
        return undo
    again = repair_steps(run.after, commands)[:1] if plan_again_sentence(run.recheck) else ()
    return (*_remaining(run.after, commands), *undo, *again)


def _remaining(after: Audit, commands: NextCommands) -> tuple[Command, ...]:
    """Return what lists the errors and warnings that a run has left, if any."""
    counts = {noun: after.summary.counts[noun] for noun in ("error", "warning")}
    left = ", ".join(plural(number, noun) for noun, number in counts.items() if number)
    line = commands.line("check")
    return (Command(line, f"{left} left"),) if left and line is not None else ()


def failing_steps(audited: Audit, commands: NextCommands) -> tuple[Command, ...]:
    """Return what lists why pages fail, where the findings that were asked for do not."""
    if not audited.headline.failing or (audited.findings["rule"] == FAILS).any():
        return ()
    line = commands.line("check", options=[("--select", FAILS)])
    return () if line is None else (Command(line, "why pages answer error 500"),)


def notes_of(audited: Audit) -> tuple[str, ...]:
    """Return what a plan of *audited* cannot repair because it cannot be read."""
    unreadable = audited.headline.unreadable
    if unreadable is None:
        return ()
    return (unreadable.sentence,)


def _review_options(part: Sequence[Option] = ()) -> tuple[Option, ...]:
    return (*part, *_REVIEWED, ("-o", "review.json"))


def _drafted(
    audited: Audit,
    commands: NextCommands,
    planned: Collection[tuple[PlanScope, Sequence[Option], str]],
    artifacts: Sequence[str] = (),
) -> Iterator[Command]:
    """Yield a command for each of *planned* (scope, options, what becomes of it) that writes."""
    for scope, options, ending in planned:
        if Disposition.REVIEW in scope.dispositions and not _needs_review(audited):
            continue
        try:
            changes, edits = draft = audited.draft(scope, artifacts)
        except (DatabaseError, HomeError):  # without a cache or a readable manifest: no plan
            return
        line = commands.line("plan", options=options)
        if (changes or edits) and line is not None:
            is_review = Disposition.REVIEW in scope.dispositions
            review = _review_words(len(changes), len(edits)) if is_review else ""
            why = f"{summarize_writes(changes, len(edits), len(draft.manifests))}{ending}"
            yield Command(line, why, size_of_writes(changes, len(edits)), review)


def _review_words(rows: int, keys: int) -> str:
    """Return how many *rows* a person has to decide about, or *keys* where there are no rows."""
    number, noun = (rows, "more row") if rows else (keys, "more key")
    return f"{plural(number, noun)} {'needs' if number == 1 else 'need'} review"


def _needs_review(audited: Audit) -> bool:
    """Whether a finding needs review: else a draft of a large home is spared."""
    return bool((audited.findings["disposition"] == Disposition.REVIEW).any())
