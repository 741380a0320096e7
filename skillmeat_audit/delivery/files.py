"""Delivers files: every file whole or not at all."""

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
    """A file to be delivered: ``path`` (``-`` for standard output) and ``content``.

    With ``append_limit_bytes`` the content is appended, up to that total size. ``beside`` names the
    file that this one accompanies: it is not written where that file is a stream, or failed.
    """

    path: str
    content: bytes
    append_limit_bytes: int | None = None
    beside: str | None = None


@dataclass(frozen=True)
class DeliveryResult:
    """The files that were written, with their sizes in bytes, and what failed."""

    files: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]


def deliver(files: Iterable[OutputFile]) -> DeliveryResult:
    """Write *files*; one that fails does not prevent the others."""
    delivered, problems = [], []
    failed: set[str] = set()
    for file in files:
        if file.beside is not None and (file.beside in failed or _is_stream(file.beside)):
            continue
        try:
            _write(file)
            delivered.append((file.path, len(file.content)))
        except OSError as exc:
            failed.add(file.path)
            reason = exc.strerror or exc
            problems.append(
                f"cannot write {printable(_display_path(file.path))}: {printable(reason)}"
            )
    return DeliveryResult(tuple(delivered), tuple(problems))


def _is_stream(path: str) -> bool:
    """Return whether *path* is standard output, a pipe or a device: no file can be beside it."""
    return path == STDOUT or (os.path.exists(path) and not os.path.isfile(path))


def _write(file: OutputFile) -> None:
    path, content = file.path, file.content
    if path == STDOUT:
        _print(content)
        return
    # A link stays a link; `write_whole` would replace it.
    real = os.path.realpath(os.path.expanduser(path))
    if file.append_limit_bytes is not None:
        _append(real, content, file.append_limit_bytes)
    elif _is_stream(real):
        Path(real).write_bytes(content)  # a pipe or a device cannot be replaced
    else:
        write_whole(Path(real), content, durable=True)


def _print(content: bytes) -> None:
    """Write *content* to standard output; ignore a reader that closed it."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    # `report -o- | head` is not a failed delivery.
    except BrokenPipeError:
        return


def _append(path: str, content: bytes, limit_bytes: int) -> None:
    """Append *content* to a step summary; a runner drops one that is larger than its limit."""
    with open(path, "ab") as file:
        if file.tell() + len(content) > limit_bytes:
            raise OSError(f"the step summary would be larger than {limit_bytes} bytes")
        file.write(content)


def _display_path(path: str) -> str:
    return "standard output" if path == STDOUT else path
