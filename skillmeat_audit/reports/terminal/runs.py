"""Renders a run and the list of runs for a terminal: the outcome, and how to undo it."""

import shlex
from collections.abc import Iterator, Sequence

from rich.text import Text

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.clock import iso_time
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import RunListing, RunOutcome, Skipped
from skillmeat_audit.model.manifest_edits import ALREADY_SO, PreparedManifest
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.run_sentences import (
    NOTED_STATES,
    delta_sentence,
    describe_settled,
    written_sentence,
)
from skillmeat_audit.reports.facts.values import plural

_STATES = {
    "begun": "begun, nothing written",
    "failed": "failed, nothing written",
    "manifests-only": "manifests written, rows not",
    "interrupted": "interrupted, not settled",
    "damaged": "damaged, not readable",
}


def run_text(
    run: RunOutcome, delta: AuditDelta | None, names: Names, state_dir: str | None = None
) -> Iterator[Text]:
    """Yield the lines of a run: its changes, those skipped and why, and the command to undo it.

    *state_dir* is the folder of its journal, None for the default one.
    """
    yield Text(written_sentence(run), "bold")
    unneeded = len(run.outcomes) - len(run.applied) - len(run.conflicts)
    if unneeded:
        yield Text(f"{plural(unneeded, 'change')} not needed: already so")
    yield from (_skipped(outcome, names) for outcome in run.conflicts)
    for manifest in run.manifests:
        yield from _skipped_edits(manifest)
    for note in run.notes:
        yield Text(f"  {printable(note)}", "dim")
    if delta is not None:
        yield Text(delta_sentence(delta))
    # A rehearsal, or a plan whose rows hold everything already.
    if run.run is None:
        yield Text("nothing was changed", "dim")
        return
    if run.backup is not None:
        yield Text(f"backup: {printable(run.backup)}", "dim")
    home = shlex.quote(printable(run.home))
    option = "" if state_dir is None else f" --state-dir {shlex.quote(printable(state_dir))}"
    if run.kind == "apply":
        yield Text(f"next:  {TOOL} undo {home} --run {run.run}{option}", "cyan")


def _skipped(outcome: Skipped, names: Names) -> Text:
    change, reason = outcome.change, printable(outcome.reason)
    row = f"{change.artifact_id} · {names.collection(change.collection_id)}"
    return Text(f"  skipped {printable(row)}: {reason}", "yellow")


def _skipped_edits(manifest: PreparedManifest) -> Iterator[Text]:
    for skipped in manifest.skipped:
        if skipped.reason != ALREADY_SO:
            key = f"{skipped.edit.artifact_id}, {skipped.edit.key or 'entry'}, of {manifest.path}"
            yield Text(f"  skipped {printable(key)}: {printable(skipped.reason)}", "yellow")


def runs_text(runs: Sequence[RunListing]) -> Iterator[str]:
    """Yield the lines of the list of runs, the latest first."""
    if not runs:
        yield "no runs on this home yet"
    undone = {run.undoes for run in runs if run.state == "committed"}
    for run in runs:
        state = _STATES.get(run.state, run.state)
        if run.state == "committed" and run.run in undone:
            state = "undone"
        kind = f"undo of {run.undoes}" if run.undoes else run.kind
        written = f"{run.rows:6} rows  {run.keys:5} keys"
        yield f"{run.run}  {iso_time(run.started_at):<20}  {written}  {state:<24}  {kind}"
        if run.state in NOTED_STATES:
            yield f"    {describe_settled(run)}"
