"""Renders a plan for a terminal: every change, before → after, and the next commands."""

import re
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
from skillmeat_audit.reports.facts.rule_tally import repair_legend
from skillmeat_audit.reports.facts.run_sentences import fading_sentence, summarize_plan
from skillmeat_audit.reports.facts.values import display_value, plural
from skillmeat_audit.reports.terminal.finding import difference_line, whole_lines
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

OP_STYLES = {"insert": "green", "update": "yellow", "delete": "red"}
# A line of a diff with which a key, a table or a hunk begins; a value of many lines goes on.
_BEGINNING = re.compile(r"@@|[ +-](\[|$|[\w\"'.-]+ *=)")
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True)
class SavedPlan:
    """What is printed beside a plan: the names of its collections, notes, the next commands.

    *whole* says that values are not cut to a line.
    """

    names: Names
    commands: Sequence[Command] = ()
    notes: Sequence[str] = ()
    whole: bool = False


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
        yield from change_text(change, saved.names, width, whole=saved.whole)
    if len(listed) < len(plan.changes):
        more = plural(len(plan.changes) - len(listed), "more change")
        yield Text(f"\n… and {more} (--limit 0 lists all)", "dim")
    yield Text()
    if listed:
        used = {cell.disposition for change in listed for cell in change.cells.values()}
        yield from wrapped(repair_legend(used), width, 2, "dim")
    for note in saved.notes:
        yield from wrapped(note, width, 2, "yellow")
    if plan.is_empty:
        nothing = "Nothing else to repair." if saved.commands else "Nothing to repair."
        yield Text(nothing, "" if saved.notes or saved.commands else "bold green")
    yield from next_commands(saved.commands, width)


def diff_text(diff: ManifestDiff, limit: int = 0) -> Iterator[Text]:
    """Yield the unified diff of a manifest; edits that would be skipped, and why."""
    listed = diff.lines[: _cut(diff.lines, limit + 2)] if limit else diff.lines  # 2 for the header
    for line in listed:
        style = "bold" if line.startswith(("---", "+++")) else _LINE_STYLES.get(line[:1], "")
        yield Text(printable(line), style)
    if len(listed) < len(diff.lines):
        hidden = len(diff.lines) - len(listed)
        yield Text(f"… and {plural(hidden, 'more line')} of the diff (--limit 0 lists all)", "dim")
    for skipped in diff.skipped:
        edit = f"{skipped.edit.artifact_id}, {skipped.edit.key or 'entry'}"
        yield Text(f"  cannot be edited: {printable(edit)}: {printable(skipped.reason)}", "yellow")


def _cut(lines: Sequence[str], least: int) -> int:
    """Return where to cut a diff: after *least* lines and a change, and never within a value."""
    # The header has two lines, which begin with the signs of changes.
    changed = (n for n, line in enumerate(lines) if n > 1 and line.startswith(("+", "-")))
    ends = range(max(least, next(changed, 0) + 1), len(lines))
    return next((n for n in ends if _BEGINNING.match(lines[n])), len(lines))


def change_text(change: Change, names: Names, width: int, *, whole: bool = False) -> Iterator[Text]:
    """Yield one change: its row, then before → after of each cell, with its disposition."""
    title = Text(f"{change.op} ", OP_STYLES[change.op]).append(
        printable(change.artifact_id), "bold"
    )
    title.append(f" · {printable(names.collection(change.collection_id))}", "default")
    rules = f"  {' '.join(change.rules)}"
    if cell_len(title.plain) + len(rules) <= width:
        yield title.append(rules, "dim")
    else:
        yield title
        yield from wrapped(f"  {rules}", width, 4, "dim")
    for column in change.after:
        label = f"  {column:<15} {change.cells[column].disposition:<6}  "
        texts = cell_value(change.before, column), cell_value(change.after, column)
        yield from change_lines(label, *texts, width, whole=whole)


def change_lines(
    label: str, before: str, after: str, width: int, *, whole: bool = False
) -> Iterator[Text]:
    """Yield *label* and before → after, cut to the line; if they are to be *whole*, below it."""
    line = difference_line(before, after, width - len(label), whole=whole)
    if line is not None:
        yield Text(f"{label}{line}")
        return
    yield Text(label.rstrip())
    yield from (Text(f"    {each}") for each in whole_lines(before, after, width - 4))


def cell_value(values: CellTexts, column: str) -> str:
    """Return the value of *column* as one printable line, or that there is no row."""
    return display_value(values[column]) if column in values else "(no row)"
