"""Renders a run and the list of runs for a terminal: the outcome, and how to undo it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from skillmeat_audit.base.clock import iso_time
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.changes import RunListing, RunOutcome, Skipped
from skillmeat_audit.model.manifest_edits import (
    ALREADY_SO,
    ManifestEdit,
    PreparedManifest,
    cell_text,
)
from skillmeat_audit.model.run_details import RunDetail
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.recheck import (
    describe_fading,
    describe_new,
    lasting_sentence,
    plan_again_sentence,
)
from skillmeat_audit.reports.facts.run_sentences import (
    NOTED_STATES,
    delta_sentence,
    describe_settled,
    kind_words,
    rows_and_cells,
    state_words,
    undone_runs,
    unneeded_sentence,
    written_sentence,
)
from skillmeat_audit.reports.facts.values import display_value, plural
from skillmeat_audit.reports.terminal.plan import OP_STYLES, cell_value, change_lines
from skillmeat_audit.reports.terminal.wrapping import next_commands, wrapped

_LISTED = 12  # new findings, and cells that would not last
_WIDE = 140  # columns that a run of the list takes in one line, an undo with the run undone


def run_text(
    run: RunOutcome,
    delta: AuditDelta | None,
    names: Names,
    width: int,
    commands: Sequence[Command] = (),
) -> Iterator[Text]:
    """Yield the lines of a run: its changes, those skipped and why, and the *commands* after it."""
    unneeded = unneeded_sentence(run)
    if unneeded and not (run.applied or run.edits or run.has_conflicts):
        yield from wrapped(unneeded, width, 2, "bold")
        return
    yield Text(written_sentence(run), "bold")
    yield from wrapped(unneeded, width, 2)
    yield from (_skipped(outcome, names) for outcome in run.conflicts)
    for manifest in run.manifests:
        yield from _skipped_edits(manifest)
    for note in run.notes:
        yield from wrapped(f"  {printable(note)}", width, 4, "dim")
    if delta is not None:
        yield from _recheck_lines(delta, names, width)
    # A rehearsal, or a plan whose rows hold everything already.
    if run.run is None:
        yield Text("nothing was changed", "dim")
        return
    if run.backup is not None:
        yield Text(f"backup: {printable(run.backup)}", "dim")
    yield from next_commands(commands, width)


def _recheck_lines(delta: AuditDelta, names: Names, width: int) -> Iterator[Text]:
    """Yield the lines of the audit after a run; of long lists the first ones."""
    yield Text(delta_sentence(delta))
    yield from _first(list(describe_new(delta, names)), width)
    yield from wrapped(lasting_sentence(delta), width, 2, "yellow" if delta.fading else "")
    yield from _first(list(describe_fading(delta, names)), width)
    if again := plan_again_sentence(delta):
        yield from wrapped(again, width, 2, "yellow")


def _first(lines: Sequence[str], width: int) -> Iterator[Text]:
    for line in lines[:_LISTED]:
        yield from wrapped(f"  {printable(line)}", width, 6)
    if len(lines) > _LISTED:
        yield Text(f"  … and {len(lines) - _LISTED} more (--format json lists all)", "dim")


def _skipped(outcome: Skipped, names: Names) -> Text:
    change, reason = outcome.change, printable(outcome.reason)
    row = f"{change.artifact_id} · {names.collection(change.collection_id)}"
    return Text(f"  skipped {printable(row)}: {reason}", "yellow")


def _skipped_edits(manifest: PreparedManifest) -> Iterator[Text]:
    for skipped in manifest.skipped:
        if skipped.reason != ALREADY_SO:
            key = f"{skipped.edit.artifact_id}, {skipped.edit.key or 'entry'}, of {manifest.path}"
            yield Text(f"  skipped {printable(key)}: {printable(skipped.reason)}", "yellow")


def runs_text(runs: Sequence[RunListing], width: int) -> Iterator[Text]:
    """Yield the lines of the list of runs, the latest first."""
    if not runs:
        yield Text("no runs on this home yet")
    undone = undone_runs(runs)
    for run in runs:
        began, state = iso_time(run.started_at), state_words(run, undone.get(run.run))
        rows, keys = rows_and_cells(run.rows, run.cells), plural(run.keys, "key")
        written, kind = f"{rows:>21}  {keys:>9}", kind_words(run)
        if width >= _WIDE:
            yield Text(f"{run.run}  {began:<20}  {written}  {state:<24}  {kind}".rstrip())
        else:
            yield Text(f"{run.run}  {state}", "bold")
            yield Text(f"  {began}  {rows}  {keys}  {kind}".rstrip())
        if run.state in NOTED_STATES:
            yield from wrapped(f"    {describe_settled(run)}", width, 4)


def run_detail_text(
    run: RunDetail, names: Names, width: int, *, whole: bool = False
) -> Iterator[Text]:
    """Yield what a run changed: key by key of every manifest, then cell by cell of every row.

    Values are cut to a line, unless they are to be *whole*.
    """
    listing, state = run.listing, state_words(run.listing, run.undone_by)
    yield Text(f"run {listing.run} · {kind_words(listing)} · {state}", "bold")
    yield from wrapped(" · ".join(_facts(run)), width, 2)
    if listing.state in NOTED_STATES:
        yield from wrapped(describe_settled(listing), width, 0, "yellow")
    for manifest in run.manifests:
        yield Text()
        yield Text(f"edit {printable(manifest.path)}", "yellow")
        for artifact_id, edits in groupby(manifest.edits, lambda edit: edit.artifact_id):
            yield Text(f"  {printable(artifact_id)}", "bold")
            for edit in edits:
                yield from _key_lines(edit, width, whole=whole)
    for row in run.rows:
        yield Text()
        yield (
            Text(f"{row.op} ", OP_STYLES[row.op])
            .append(printable(row.artifact_id), "bold")
            .append(f" · {printable(names.collection(row.collection_id))}", "default")
        )
        for column in row.columns:
            texts = cell_value(row.before, column), cell_value(row.after, column)
            yield from change_lines(f"  {column:<15} ", *texts, width, whole=whole)


def _facts(run: RunDetail) -> Iterator[str]:
    yield iso_time(run.listing.started_at)
    yield rows_and_cells(len(run.rows), run.cells)
    yield f"{plural(run.keys, 'key')} of {plural(len(run.manifests), 'manifest')}"
    if run.undone_by is not None:
        yield f"undone by run {run.undone_by}"


def _key_lines(edit: ManifestEdit, width: int, *, whole: bool) -> Iterator[Text]:
    """Yield the lines of one key; of an entry that was dropped there is nothing else to show."""
    if not edit.key:
        yield Text("    the entry itself, which the manifest holds twice: dropped")
        return
    before, after = (
        "(no such key)" if value is None else display_value(cell_text(value))
        for value in (edit.before, edit.after)
    )
    label = f"    {printable(edit.key):<21} "
    yield from change_lines(label, before, after, width, whole=whole)
