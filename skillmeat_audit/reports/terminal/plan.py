"""Renders a plan for a terminal: every change, before → after, and the next commands."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import Change, PlanDocument
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.run_sentences import summarize_changes
from skillmeat_audit.reports.facts.values import display_value, fit_cells, trim_common_prefix

_STYLES = {"insert": "green", "update": "yellow", "delete": "red"}


@dataclass(frozen=True)
class SavedPlan:
    """The file of a plan, None if it was not saved, and the names of its collections."""

    path: str | None
    names: Names


def plan_text(plan: PlanDocument, saved: SavedPlan, width: int, limit: int = 0) -> Iterator[Text]:
    """Yield the lines of a plan: every change, before → after, and the next commands."""
    yield Text(f"{printable(plan.home)} · {summarize_changes(plan.changes)}", "bold")
    listed = plan.changes[:limit] if limit else plan.changes
    for change in listed:
        yield Text()
        yield from change_text(change, saved.names, width)
    if len(listed) < len(plan.changes):
        yield Text(
            f"\n… and {len(plan.changes) - len(listed)} more changes (--limit 0 lists all)", "dim"
        )
    yield Text()
    if not plan.changes:
        yield Text("Nothing to repair.", "bold green")
    elif saved.path is None:
        yield Text(f"next:  {TOOL} plan {shlex.quote(printable(plan.home))} -o plan.json", "cyan")
    else:
        path = shlex.quote(printable(saved.path))
        yield Text(
            f"next:  {TOOL} apply {path} --rehearse    write everything, then roll back", "cyan"
        )
        yield Text(f"       {TOOL} apply {path}", "cyan")


def change_text(change: Change, names: Names, width: int) -> Iterator[Text]:
    """Yield one change: its row, then a line per cell."""
    title = Text(f"{change.op} ", _STYLES[change.op]).append(printable(change.artifact_id), "bold")
    title.append(f" · {printable(names.collection(change.collection_id))}", "default")
    yield title.append(f"  {change.disposition}  {' '.join(change.rules)}", "dim")
    # 18 for the column's name, 5 for the arrow.
    half = max((width - 18 - 5) // 2, 10)
    for column in change.after:
        before, after = trim_common_prefix(
            _cell(change.before, column), _cell(change.after, column), half
        )
        yield Text(f"  {column:<16}{fit_cells(before, half)}  →  {fit_cells(after, half)}".rstrip())


def _cell(values: dict[str, str | None], column: str) -> str:
    return display_value(values[column]) if column in values else "(no row)"
