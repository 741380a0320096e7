"""Renders a plan for a terminal: every change, before → after, and the next commands."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import CellTexts, Change, PlanDocument
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.run_sentences import fading_sentence, summarize_plan
from skillmeat_audit.reports.facts.values import (
    display_value,
    fit_cells,
    plural,
    trim_common_prefix,
)

OP_STYLES = {"insert": "green", "update": "yellow", "delete": "red"}
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True)
class SavedPlan:
    """The file of a plan, None if it was not saved, and the names of its collections."""

    path: str | None
    names: Names


def plan_text(
    plan: PlanDocument,
    diffs: Sequence[ManifestDiff],
    saved: SavedPlan,
    width: int,
    limit: int = 0,
) -> Iterator[Text]:
    """Yield the lines of a plan: manifests as a diff, rows before → after, and the next commands.

    *limit* is how many changes of rows, and how many lines of each diff, are listed; 0 for all.
    """
    yield Text(f"{printable(plan.home)} · {summarize_plan(plan)}", "bold")
    if fading := fading_sentence(plan):
        yield Text(fading, "yellow")
    for diff in diffs:
        yield Text()
        yield from diff_text(diff, limit)
    listed = plan.changes[:limit] if limit else plan.changes
    for change in listed:
        yield Text()
        yield from change_text(change, saved.names, width)
    if len(listed) < len(plan.changes):
        yield Text(
            f"\n… and {len(plan.changes) - len(listed)} more changes (--limit 0 lists all)", "dim"
        )
    yield Text()
    yield from _next_commands(plan, saved)


def _next_commands(plan: PlanDocument, saved: SavedPlan) -> Iterator[Text]:
    if plan.is_empty:
        yield Text("Nothing to repair.", "bold green")
    elif saved.path is None:
        yield Text(f"next:  {TOOL} plan {shlex.quote(printable(plan.home))} -o plan.json", "cyan")
    else:
        path = shlex.quote(printable(saved.path))
        yield Text(
            f"next:  {TOOL} apply {path} --rehearse    write everything, then roll back", "cyan"
        )
        yield Text(f"       {TOOL} apply {path}", "cyan")


def diff_text(diff: ManifestDiff, limit: int = 0) -> Iterator[Text]:
    """Yield the unified diff of a manifest; edits that would be skipped, and why."""
    listed = diff.lines[: limit + 2] if limit else diff.lines  # the header has two lines
    for line in listed:
        style = "bold" if line.startswith(("---", "+++")) else _LINE_STYLES.get(line[:1], "")
        yield Text(printable(line), style)
    if len(listed) < len(diff.lines):
        hidden = len(diff.lines) - len(listed)
        yield Text(f"… and {plural(hidden, 'more line')} of the diff (--limit 0 lists all)", "dim")
    for skipped in diff.skipped:
        edit = f"{skipped.edit.artifact_id}, {skipped.edit.key or 'entry'}"
        yield Text(f"  cannot be edited: {printable(edit)}: {printable(skipped.reason)}", "yellow")


def change_text(change: Change, names: Names, width: int) -> Iterator[Text]:
    """Yield one change: its row, then a line per cell."""
    title = Text(f"{change.op} ", OP_STYLES[change.op]).append(
        printable(change.artifact_id), "bold"
    )
    title.append(f" · {printable(names.collection(change.collection_id))}", "default")
    yield title.append(f"  {change.disposition}  {' '.join(change.rules)}", "dim")
    yield from cell_lines(change.before, change.after, tuple(change.after), width)


def cell_lines(
    before: CellTexts, after: CellTexts, columns: Sequence[str], width: int
) -> Iterator[Text]:
    """Yield a line per column of a row: before → after."""
    for column in columns:
        yield change_line(column, _cell(before, column), _cell(after, column), width)


def change_line(label: str, before: str, after: str, width: int) -> Text:
    """Return a line with a label and two printable texts, cut to *width*: before → after."""
    label = f"  {label:<15} "
    half = max((width - len(label) - 5) // 2, 10)
    before, after = trim_common_prefix(before, after, half)
    return Text(f"{label}{fit_cells(before, half)}  →  {fit_cells(after, half)}".rstrip())


def _cell(values: CellTexts, column: str) -> str:
    return display_value(values[column]) if column in values else "(no row)"
