"""Delivers reports: each output in its format, a file whole or not at all."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skillmeat_audit.base.atomic_write import write_whole
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.report import Failure, Report
from skillmeat_audit.reports.files.formats import NAMES, Format, format_called, format_of
from skillmeat_audit.reports.files.github import SUMMARY_LIMIT_BYTES
from skillmeat_audit.reports.files.tabular import findings_csv

STDOUT = "-"
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Output:
    """Where a report goes (a file, or ``-`` for standard output), and in which format."""

    path: str
    format: Format


@dataclass(frozen=True)
class Delivery:
    """What became of the outputs: files written with their sizes, and what went wrong."""

    written: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]


def outputs_of(paths: Sequence[str], named: str | None, *, github: bool = False) -> list[Output]:
    """Return the outputs at *paths*, formats by suffix or *named*; raise `UsageError` if unclear.

    Without any path the report goes to standard output, as Markdown unless *named*. *github* adds
    what a GitHub runner shows.
    """
    found = [Output(path, _format(path, named)) for path in paths]
    if github:
        found += [Output(STDOUT, format_called("github-annotations"))]
        if summary := os.environ.get(SUMMARY_VARIABLE):
            found.append(Output(summary, format_called("github-summary")))
    return found or [Output(STDOUT, format_called(named or "markdown"))]


def deliver(document: Report | Failure, outputs: Sequence[Output]) -> Delivery:
    """Write *document* to every output; one that fails does not keep the others back."""
    written, problems = [], []
    for path, content, appends in _contents(document, outputs):
        try:
            _write(path, content, appends=appends)
            written.append((path, len(content)))
        except OSError as exc:
            reason = exc.strerror or exc
            problems.append(f"cannot write {printable(_spoken(path))}: {printable(reason)}")
    return Delivery(tuple(written), tuple(problems))


def _format(path: str, named: str | None) -> Format:
    if path == STDOUT:
        return format_called(named or "markdown")
    found = format_of(os.path.basename(path), named)
    if found is None:
        raise UsageError(
            f"cannot tell the format of {printable(path)} by its name; "
            f"say --format {'|'.join(NAMES)}"
        )
    return found


def _contents(
    document: Report | Failure, outputs: Sequence[Output]
) -> Iterator[tuple[str, bytes, bool]]:
    """Yield path, content, and whether it is appended, of every file to be written."""
    for output in outputs:
        form = output.format
        if isinstance(document, Failure):
            if form.failed is not None:
                yield output.path, form.failed(document), form.appends
            continue
        yield output.path, form.render(document), form.appends
        if form.beside is not None and not _is_stream(output.path):
            beside = os.path.splitext(output.path)[0] + form.beside
            yield beside, findings_csv(document.findings).encode(), False


def _is_stream(path: str) -> bool:
    """Tell whether *path* is standard output, a pipe or a device: nothing lies beside it."""
    return path == STDOUT or (os.path.exists(path) and not os.path.isfile(path))


def _write(path: str, content: bytes, *, appends: bool) -> None:
    if path == STDOUT:
        _print(content)
        return
    real = os.path.realpath(os.path.expanduser(path))
    if appends:
        _append(real, content)
    elif _is_stream(real):
        Path(real).write_bytes(content)  # a pipe or a device cannot be replaced
    else:
        write_whole(Path(real), content, durable=True)


def _print(content: bytes) -> None:
    """Write *content* to standard output; a reader that went away has read enough."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        return


def _append(path: str, content: bytes) -> None:
    """Add *content* to a step summary; a runner drops one that is larger than its limit."""
    with open(path, "ab") as file:
        if file.tell() + len(content) > SUMMARY_LIMIT_BYTES:
            raise OSError(f"the step summary would be larger than {SUMMARY_LIMIT_BYTES} bytes")
        file.write(content)


def _spoken(path: str) -> str:
    return "standard output" if path == STDOUT else path
