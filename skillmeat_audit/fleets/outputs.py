"""The files that the report of a fleet is delivered in, and their formats."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skillmeat_audit.api.outputs import SUMMARY_VARIABLE
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.delivery.files import STDOUT, OutputFile
from skillmeat_audit.reports.facts.fleet import FleetFacts
from skillmeat_audit.reports.files.fleet_files import (
    FLEET_FORMATS,
    FleetFormat,
    fleet_format_of,
)
from skillmeat_audit.reports.files.github import SUMMARY_LIMIT_BYTES


@dataclass(frozen=True)
class FleetOutput:
    """Where the report of a fleet goes (a file, or ``-`` for standard output), and its format."""

    path: str
    format: FleetFormat


def fleet_outputs(
    paths: Sequence[str], named: str | None, *, github: bool = False
) -> list[FleetOutput]:
    """Return the outputs at *paths*, formats by suffix or *named*; raise `UsageError` if unclear.

    Without any path the report goes to standard output, as Markdown unless *named*; *github* adds
    the step summary and annotations of a GitHub runner.
    """
    outputs = [FleetOutput(path, _format(path, named)) for path in paths]
    if github:
        outputs.append(FleetOutput(STDOUT, FLEET_FORMATS["github-annotations"]))
        if summary := os.environ.get(SUMMARY_VARIABLE):
            outputs.append(FleetOutput(summary, FLEET_FORMATS["github-summary"]))
    return outputs or [FleetOutput(STDOUT, FLEET_FORMATS[named or "markdown"])]


def _format(path: str, named: str | None) -> FleetFormat:
    if path == STDOUT:
        return FLEET_FORMATS[named or "markdown"]
    form = fleet_format_of(os.path.basename(path), named)
    if form is None:
        raise UsageError(
            f"a fleet's report has no format for {printable(path)}; "
            f"give --format {'|'.join(FLEET_FORMATS)}"
        )
    return form


def rendered(fleet: FleetFacts, outputs: Sequence[FleetOutput]) -> Iterator[OutputFile]:
    """Yield the files that *fleet* is delivered in, rendered one after the other."""
    for output in outputs:
        # A runner drops a step summary that is larger, without an error.
        limit = SUMMARY_LIMIT_BYTES if output.format.appends else None
        yield OutputFile(output.path, output.format.render(fleet), limit)
