"""The files that a report is delivered in, and their formats."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.delivery.files import STDOUT, OutputFile
from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files.formats import NAMES, Format, format_called, format_of
from skillmeat_audit.reports.files.github import SUMMARY_LIMIT_BYTES
from skillmeat_audit.reports.files.tabular import findings_csv

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Output:
    """Where a report goes (a file, or ``-`` for standard output), and in which format."""

    path: str
    format: Format


def outputs_of(paths: Sequence[str], named: str | None, *, github: bool = False) -> list[Output]:
    """Return the outputs at *paths*, formats by suffix or *named*; raise `UsageError` if unclear.

    Without any path the report goes to standard output, as Markdown unless *named*; *github* adds
    the step summary and annotations of a GitHub runner.
    """
    outputs = [Output(path, _format(path, named)) for path in paths]
    # The runner reads annotations from the standard output of a step, and the summary from a file.
    if github:
        outputs += [Output(STDOUT, format_called("github-annotations"))]
        if summary := os.environ.get(SUMMARY_VARIABLE):
            outputs.append(Output(summary, format_called("github-summary")))
    return outputs or [Output(STDOUT, format_called(named or "markdown"))]


def _format(path: str, named: str | None) -> Format:
    if path == STDOUT:
        return format_called(named or "markdown")
    form = format_of(os.path.basename(path), named)
    if form is None:
        raise UsageError(
            f"cannot tell the format of {printable(path)} by its name; "
            f"give --format {'|'.join(NAMES)}"
        )
    return form


def render_outputs(document: Report | Failure, outputs: Sequence[Output]) -> Iterator[OutputFile]:
    """Yield the files that *document* is delivered in, rendered one after the other."""
    for output in outputs:
        form = output.format
        limit = SUMMARY_LIMIT_BYTES if form.appends else None
        if isinstance(document, Failure):
            # CSV and Parquet cannot say that a home was not checked: an empty table would read as
            # "clean".
            if form.failed is not None:
                yield OutputFile(output.path, form.failed(document), limit)
            continue
        beside = tuple(_names_beside(output, outputs))
        yield OutputFile(output.path, form.render(replace(document, beside=beside)), limit)
        if form.beside is not None:
            # report.html → report.findings.csv
            content = findings_csv(document.findings).encode()
            yield OutputFile(_path_beside(output), content, beside=output.path)


def _path_beside(output: Output) -> str:
    return os.path.splitext(output.path)[0] + (output.format.beside or "")


def _names_beside(output: Output, outputs: Sequence[Output]) -> Iterator[str]:
    """Yield the names of the files in the folder of *output* that are delivered with it."""
    if output.path == STDOUT:
        return
    if output.format.beside is not None:
        yield os.path.basename(_path_beside(output))
    folder = os.path.dirname(output.path)
    for other in outputs:
        if other.path not in (output.path, STDOUT) and os.path.dirname(other.path) == folder:
            yield os.path.basename(other.path)
