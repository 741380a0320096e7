"""Renders a plan for a terminal: every change, before → after, and the next commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.base.folders import short_path
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import CellTexts, Change, PlanDocument
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.run_sentences import fading_sentence, summarize_plan
from skillmeat_audit.reports.facts.values import (
    display_value,
    fit_cells,
    plural,
    trim_common_prefix,
)
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

OP_STYLES = {"insert": "green", "update": "yellow", "delete": "red"}
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True)
class SavedPlan:
    """What is printed beside a plan: the names of its collections, notes, the next commands."""

    names: Names
    commands: Sequence[Command] = ()
    notes: Sequence[str] = ()


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
    title = f"{printable(short_path(plan.home))} · {summarize_plan(plan)}"
    yield from wrapped(title, width, 2, "bold")
    yield from wrapped(fading_sentence(plan), width, 2, "yellow")
    for diff in diffs:
        yield Text()
        yield from diff_text(diff, limit)
    listed = plan.changes[:limit] if limit else plan.changes
    for change in listed:
        yield Text()
        yield from change_text(change, saved.names, width)
    if len(listed) < len(plan.changes):
        more = plural(len(plan.changes) - len(listed), "more change")
        yield Text(f"\n… and {more} (--limit 0 lists all)", "dim")
    yield Text()
    for note in saved.notes:
        yield from wrapped(note, width, 2, "yellow")
    if plan.is_empty:
        nothing = "Nothing else to repair." if saved.commands else "Nothing to repair."
        yield Text(nothing, "" if saved.notes or saved.commands else "bold green")
    yield from next_commands(saved.commands, width)


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
    rules = f"  {change.disposition}  {' '.join(change.rules)}"
    if cell_len(title.plain) + len(rules) <= width:
        yield title.append(rules, "dim")
    else:
        yield title
        yield from wrapped(f"  {rules}", width, 4, "dim")
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
