"""Renders plans, runs and journals: before → after, what became of it, and the way back."""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd
from rich.text import Text

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import Change, PlanDocument, RunOutcome
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import (
    display_value,
    fit_cells,
    plural,
    trim_common_prefix,
)

_VERBS = {"insert": "insert", "update": "update", "delete": "delete"}
_STYLES = {"insert": "green", "update": "yellow", "delete": "red"}
RUN_SCHEMA = "skillmeat-audit/run/1"
_WITH_WORDS = ("interrupted", "damaged")


class AuditDelta(Protocol):
    """An audit after a run against the one before."""

    @property
    def fixed(self) -> pd.DataFrame:
        """The findings that are gone."""

    @property
    def remaining(self) -> pd.DataFrame:
        """Those that are still there."""

    @property
    def new(self) -> pd.DataFrame:
        """Those that were not there before."""


class ListedRun(Protocol):
    """A run as its journal tells it."""

    @property
    def run(self) -> str:
        """Its id."""

    @property
    def kind(self) -> str:
        """Apply, undo, or unknown."""

    @property
    def state(self) -> str:
        """Begun, committed, failed, interrupted or damaged."""

    @property
    def started_at(self) -> str:
        """When it began (UTC)."""

    @property
    def entries(self) -> Sequence[object]:
        """One per row."""

    @property
    def undoes(self) -> str | None:
        """The run it undid."""

    @property
    def folder(self) -> Path:
        """The folder of its journal and backup."""

    @property
    def backup(self) -> Path | None:
        """The copy of the database made before it."""

    @property
    def damage(self) -> str:
        """What is wrong with a damaged one."""


@dataclass(frozen=True)
class SavedPlan:
    """Where a plan was saved, for the commands to go on with."""

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
    half = max((width - 18 - 5) // 2, 10)
    for column in change.after:
        before, after = trim_common_prefix(
            _shown(change.before, column), _shown(change.after, column), half
        )
        yield Text(f"  {column:<16}{fit_cells(before, half)}  →  {fit_cells(after, half)}".rstrip())


def _shown(values: dict[str, str | None], column: str) -> str:
    return display_value(values[column]) if column in values else "(no row)"


def summarize_changes(changes: Iterable[Change]) -> str:
    """Return in a line how many rows and cells *changes* write."""
    ops = [change.op for change in changes]
    cells = sum(len(change.after) for change in changes)
    parts = [f"{plural(ops.count(op), 'row')} to {_VERBS[op]}" for op in _VERBS if op in ops]
    return f"{', '.join(parts)} · {plural(cells, 'cell')}" if parts else "no changes"


def run_text(
    run: RunOutcome, compared: AuditDelta | None, names: Names, state_dir: str | None = None
) -> Iterator[Text]:
    """Yield the lines of a run: what was written, what was not and why, and the way back.

    *state_dir* is where its traces are, if not in the usual place.
    """
    yield Text(f"{plural(len(run.applied), 'change')} {outcome_words(run)}", "bold")
    already = len(run.outcomes) - len(run.applied) - len(run.conflicts)
    if already:
        yield Text(f"{plural(already, 'change')} not needed: already so")
    for skipped in run.conflicts:
        change = skipped.change
        place = (
            f"{printable(change.artifact_id)} · {printable(names.collection(change.collection_id))}"
        )
        yield Text(f"  skipped {place}: {printable(skipped.reason)}", "yellow")
    for note in run.notes:
        yield Text(f"  {printable(note)}", "dim")
    if compared is not None:
        yield Text(delta_sentence(compared))
    if run.run is None:
        yield Text("nothing was changed", "dim")
        return
    if run.backup is not None:
        yield Text(f"backup: {printable(run.backup)}", "dim")
    home = shlex.quote(printable(run.home))
    where = "" if state_dir is None else f" --state-dir {shlex.quote(printable(state_dir))}"
    if run.kind == "apply":
        yield Text(f"next:  {TOOL} undo {home} --run {run.run}{where}", "cyan")


def outcome_words(run: RunOutcome) -> str:
    """Return what became of the changes that were not skipped."""
    if run.rehearsed:
        return "rehearsed and rolled back"
    return "undone" if run.kind == "undo" else "applied"


def delta_sentence(compared: AuditDelta) -> str:
    """Return in a line what the audit after a run says."""
    fixed = plural(len(compared.fixed), "finding")
    left, new = len(compared.remaining), len(compared.new)
    return f"audited again: {fixed} fixed, {left} remaining, {new} new"


def run_json(run: RunOutcome, compared: AuditDelta | None) -> str:
    """Return a run as ``skillmeat-audit/run/1``: ASCII, one outcome per change."""
    report = {
        "schema": RUN_SCHEMA,
        "kind": run.kind,
        "run": run.run,
        "home": run.home,
        "rehearsed": run.rehearsed,
        "backup": None if run.backup is None else str(run.backup),
        "outcomes": [
            {
                "op": each.change.op,
                "collection_id": each.change.collection_id,
                "artifact_id": each.change.artifact_id,
                "outcome": type(each).__name__.lower(),
                "reason": getattr(each, "reason", None),
            }
            for each in run.outcomes
        ],
        "recheck": None
        if compared is None
        else {name: len(getattr(compared, name)) for name in ("fixed", "remaining", "new")},
        "notes": list(run.notes),
    }
    return json.dumps(report, indent=1)


def runs_text(listed: Sequence[ListedRun]) -> Iterator[str]:
    """Yield the lines of the list of runs, the latest first."""
    if not listed:
        yield "no runs on this home yet"
    undone = {each.undoes for each in listed if each.state == "committed"}
    for each in listed:
        said = {
            "committed": "undone" if each.run in undone else "committed",
            "begun": "begun, nothing written",
            "failed": "failed, nothing written",
            "interrupted": "interrupted, not settled",
            "damaged": "damaged, not readable",
        }.get(each.state, each.state)
        what = f"undo of {each.undoes}" if each.undoes else each.kind
        at = f"{each.started_at[:19]:<19}"
        yield f"{each.run}  {at}  {len(each.entries):6} rows  {said:<24}  {what}"
        if each.state in _WITH_WORDS:
            yield f"    {settled_text(each)}"


def settled_text(run: ListedRun) -> str:
    """Return in a line what became of a *run* that was interrupted, or why nobody knows."""
    if run.state == "damaged":
        return f"{_damage(run)}; all other runs work as before"
    fate = {
        "committed": "it had been committed",
        "failed": "nothing of it was written",
    }.get(
        run.state,
        "the cache cannot tell whether it was written (it is locked, another one, or changed "
        f"since){_before(run)}",
    )
    return f"run {run.run} was interrupted; {fate}"


def why_no_undo(run: ListedRun) -> str:
    """Return why *run*, which is not known to be committed, cannot be undone."""
    if run.state == "damaged":
        return _damage(run)
    if run.state == "interrupted":
        return (
            f"run {run.run} cannot be undone: it was interrupted, and the cache cannot tell "
            f"whether it was written{_before(run)}"
        )
    return f"run {run.run} wrote nothing ({run.state}): nothing to undo"


def _damage(run: ListedRun) -> str:
    return (
        f"run {run.run} is damaged ({printable(run.damage)}) and cannot be undone{_before(run)}; "
        f"restore {printable(run.folder)} from a copy, or delete that folder"
    )


def _before(run: ListedRun) -> str:
    """Return where the cache from before *run* is, as the end of a sentence."""
    return f"; the cache before it is {printable(run.backup)}" if run.backup else ""


def runs_json(listed: Sequence[ListedRun]) -> str:
    """Return the list of runs as JSON, the latest first."""
    names = ("run", "kind", "state", "started_at", "undoes")
    return json.dumps(
        [
            {name: getattr(each, name) for name in names}
            | {"rows": len(each.entries)}
            | ({"note": settled_text(each)} if each.state in _WITH_WORDS else {})
            for each in listed
        ],
        indent=1,
    )
