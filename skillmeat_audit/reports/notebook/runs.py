"""Renders the list of runs, and what one run changed, as static HTML for notebooks."""

from collections.abc import Iterator, Sequence
from itertools import islice

from skillmeat_audit.model.changes import RunListing
from skillmeat_audit.model.manifest_edits import cell_text
from skillmeat_audit.model.run_details import RunDetail
from skillmeat_audit.reports.facts.run_sentences import (
    NOTED_STATES,
    describe_settled,
    kind_words,
    state_words,
    undone_runs,
)
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import (
    ROW_LIMIT,
    fragment,
    join_parts,
    next_calls,
    paragraph,
    strong,
    table_html,
    text_html,
)
from skillmeat_audit.reports.notebook.word_diff import marked_difference

_RUNS = ("run", "began at (UTC)", "what", "state", "rows", "cells", "keys")
_CHANGES = ("artifact", "where", "column or key", "before", "after")


def runs_html(runs: Sequence[RunListing]) -> str:
    """Return the list of runs as an HTML fragment, the latest first."""
    visible, undone = runs[:ROW_LIMIT], undone_runs(runs)
    rows = (
        (
            run.run,
            run.started_at[:19],
            kind_words(run),
            state_words(run, undone.get(run.run)),
            run.rows,
            run.cells,
            run.keys,
        )
        for run in visible
    )
    notes = (paragraph(describe_settled(run)) for run in visible if run.state in NOTED_STATES)
    caption = f"{len(visible)} of {plural(len(runs), 'run')}"
    return fragment(table_html(caption, _RUNS, rows), *notes, next_calls("runs.show(run)"))


def run_detail_html(run: RunDetail) -> str:
    """Return what a run changed as an HTML fragment: a row per key and per cell."""
    total = run.keys + run.cells
    visible = list(islice(_changes(run), ROW_LIMIT))
    caption = f"{len(visible)} of {plural(total, 'change')}, before → after"
    return fragment(
        paragraph(
            strong(f"run {run.listing.run}"),
            kind_words(run.listing),
            state_words(run.listing, run.undone_by),
            f"undone by run {run.undone_by}" if run.undone_by else "",
        ),
        paragraph(describe_settled(run.listing) if run.listing.state in NOTED_STATES else ""),
        table_html(caption, _CHANGES, visible),
    )


def _changes(run: RunDetail) -> Iterator[tuple[object, ...]]:
    for manifest in run.manifests:
        for edit in manifest.edits:
            values = marked_difference(cell_text(edit.before), cell_text(edit.after))
            yield edit.artifact_id, manifest.path, edit.key or "the entry itself", *values
    for row in run.rows:
        where = join_parts(text_html(row.op), row.collection_id)
        for column in row.columns:
            values = marked_difference(row.before.get(column), row.after.get(column))
            yield row.artifact_id, where, column, *values
