"""Writes to the process's streams; that nobody reads them changes no exit code."""

import io
import os
import sys
from typing import TextIO


def prepare_streams() -> None:
    """Make streams that are closed swallow, and streams that cannot encode escape."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for the process's life
        elif isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _whole(stream))


def _whole(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return *stream* as one that escapes, and that writes all of a text or raises.

    Where Python is told not to buffer, a write that ends half way drops the rest without a word.
    """
    raw: object = stream.buffer
    if isinstance(raw, io.RawIOBase):
        stream = io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, line_buffering=True)
    stream.reconfigure(errors="backslashreplace")
    return stream


def emit(text: str) -> None:
    """Write *text* to stdout; a reader that went away has read enough.

    Raises `OSError` where it cannot be written: then nobody is told what was asked for.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _mute(sys.stdout)
    except OSError as exc:
        _mute(sys.stdout)
        raise OSError(f"cannot write the output: {exc.strerror or exc}") from exc


def print_error(message: str) -> None:
    """Write *message* to stderr as a line; where nobody can read it, it is not missed."""
    try:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
    except OSError:
        _mute(sys.stderr)


def _mute(stream: TextIO) -> None:
    """Send to nowhere what *stream* still holds, and what comes after it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
