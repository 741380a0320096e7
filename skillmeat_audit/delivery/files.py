"""Delivers files: each whole or not at all."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from skillmeat_audit.base.atomic_write import write_whole
from skillmeat_audit.base.text import printable

STDOUT = "-"


@dataclass(frozen=True)
class OutputFile:
    """A file to be delivered: ``path`` (``-`` for standard output) and what it is to hold.

    With ``append_limit_bytes`` it is added to what the file holds already, up to that size. A file
    ``beside`` another is left out where that one is a stream.
    """

    path: str
    content: bytes
    append_limit_bytes: int | None = None
    beside: str | None = None


@dataclass(frozen=True)
class DeliveryResult:
    """What became of the files: those written with their sizes, and what went wrong."""

    files: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]


def deliver(files: Iterable[OutputFile]) -> DeliveryResult:
    """Write every one of *files*; one that fails does not keep the others back."""
    written, problems = [], []
    for file in files:
        if file.beside is not None and _is_stream(file.beside):
            continue
        try:
            _write(file)
            written.append((file.path, len(file.content)))
        except OSError as exc:
            reason = exc.strerror or exc
            problems.append(f"cannot write {printable(_spoken(file.path))}: {printable(reason)}")
    return DeliveryResult(tuple(written), tuple(problems))


def _is_stream(path: str) -> bool:
    """Tell whether *path* is standard output, a pipe or a device: nothing lies beside it."""
    return path == STDOUT or (os.path.exists(path) and not os.path.isfile(path))


def _write(file: OutputFile) -> None:
    path, content = file.path, file.content
    if path == STDOUT:
        _print(content)
        return
    real = os.path.realpath(os.path.expanduser(path))
    if file.append_limit_bytes is not None:
        _append(real, content, file.append_limit_bytes)
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


def _append(path: str, content: bytes, limit_bytes: int) -> None:
    """Add *content* to a step summary; a runner drops one that is larger than its limit."""
    with open(path, "ab") as file:
        if file.tell() + len(content) > limit_bytes:
            raise OSError(f"the step summary would be larger than {limit_bytes} bytes")
        file.write(content)


def _spoken(path: str) -> str:
    return "standard output" if path == STDOUT else path
