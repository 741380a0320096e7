"""Writes to stdout and stderr; a closed reader does not change the exit code."""

import io
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_NARROWEST = 20  # columns
# Streams over the raw stream of another one: collected as garbage, they would close that.
_buffered: list[io.TextIOWrapper] = []
_transcripts: list[list[str]] = []


def prepare_streams() -> None:
    """Replace closed streams by the null device; escape what a stream cannot encode."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        # `>&-` closes a stream; Python then sets it to None, and the next file that is opened gets
        # its descriptor.
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for the process's life
        elif isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _escaping(stream))


def _escaping(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return *stream* as one that escapes, and that writes all of a text or raises.

    Where Python is told not to buffer, a write that ends half way drops the rest without a word.
    """
    raw: object = stream.buffer
    if isinstance(raw, io.RawIOBase):
        # PYTHONUNBUFFERED or python -u: a raw stream, whose write may take a part of the bytes
        # only.
        stream = io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, line_buffering=True)
        _buffered.append(stream)
    # In a Latin-1 or C locale "→" cannot be encoded: escaped is better than a traceback.
    stream.reconfigure(errors="backslashreplace")
    return stream


def emit(text: str, pager: Callable[[str], bool] | None = None) -> None:
    """Write *text* to stdout; a reader that closed the pipe is not an error.

    Nothing is written where *pager* shows it and returns True.

    Raises `OSError` where the text cannot be written: the user would not get the result.
    """
    for transcript in _transcripts:
        transcript.append(text)
    if pager is not None and pager(text):
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _mute(sys.stdout)
    except OSError as exc:
        _mute(sys.stdout)
        raise OSError(f"cannot write the output: {exc.strerror or exc}") from exc


@contextmanager
def recorded_output() -> Iterator[list[str]]:
    """Yield a list to which `emit` also appends what it writes."""
    transcript: list[str] = []
    _transcripts.append(transcript)
    try:
        yield transcript
    finally:
        _transcripts.remove(transcript)


def print_error(message: str) -> None:
    """Write *message* to stderr as a line; a stderr that cannot be written is ignored.

    In a terminal a long message is broken between words; elsewhere it stays one line.
    """
    try:
        if sys.stderr.isatty():
            width = os.get_terminal_size(sys.stderr.fileno()).columns
            lines = message.splitlines() if width >= _NARROWEST else []
            message = "\n".join(_broken(line, width) for line in lines) or message
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
    except OSError:
        _mute(sys.stderr)


def _broken(line: str, width: int) -> str:
    """Return *line* broken between words; a command or a path in it stays whole."""
    return textwrap.fill(
        line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _mute(stream: TextIO) -> None:
    """Discard what *stream* still holds, and what is written to it later."""
    # What the stream still holds would raise again at the next flush.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
