"""What a child process of a fleet runs: it answers requests from its standard input.

Importing this loads no pandas: the answer of a home that has not changed is given without it.
"""

import gc
import os
import pickle
import sys
from functools import cache
from typing import IO, TYPE_CHECKING

from skillmeat_audit.api.answer_cache import (
    Answer,
    AnswerCache,
    CheckInputs,
    open_answer_cache,
    program_state,
)

if TYPE_CHECKING:
    from skillmeat_audit.fleets.requests import HomeRequest

_LENGTH_BYTES = 8


def write_message(stream: IO[bytes], content: bytes) -> None:
    """Write *content* with its length to *stream*."""
    stream.write(len(content).to_bytes(_LENGTH_BYTES))
    stream.write(content)
    stream.flush()


def read_message(stream: IO[bytes]) -> bytes:
    """Return the next content that `write_message` wrote; raise `EOFError` at the end."""
    length = int.from_bytes(_read_whole(stream, _LENGTH_BYTES))
    return _read_whole(stream, length)


def _read_whole(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


def serve() -> None:
    """Answer requests from standard input until it is closed: the parent closed it, or died.

    An empty message says that the process has started. `CheckInputs` are answered with the cached
    answer, empty without one; a request with an empty message once it is loaded, and its answer.
    A request that is being carried out is finished: a repair ends with its commit.
    """
    requests = sys.stdin.buffer
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    write_message(answers, b"")
    state, answer_cache = program_state(), None
    while True:
        try:
            # The only writer of this pipe is the parent, which is the same program. To load a
            # request imports the libraries.
            message = pickle.loads(read_message(requests))
            if isinstance(message, CheckInputs):
                answer_cache = open_answer_cache(message, state)
                cached = None if answer_cache is None else answer_cache.load()
                write_message(answers, b"" if cached is None else cached.content)
                continue
            write_message(answers, b"")
            write_message(answers, _answer(message, answer_cache))
            answer_cache = None
        except (EOFError, BrokenPipeError):
            os._exit(0)


@cache
def _exclude_libraries_from_gc() -> None:
    """Exclude what the libraries consist of from garbage collection.

    Scanning it with each home took 5 to 13 % of the time, measured twice on a busy machine.
    """
    gc.collect()
    gc.freeze()


def _answer(request: "HomeRequest", answer_cache: AnswerCache | None) -> bytes:
    """Return the packed answer to *request*, and cache it in *answer_cache*."""
    from skillmeat_audit.fleets.packing import packed  # noqa: PLC0415 - pandas, if one changed
    from skillmeat_audit.fleets.requests import answer_request  # noqa: PLC0415
    from skillmeat_audit.loaders.watched_paths import watched_paths  # noqa: PLC0415

    _exclude_libraries_from_gc()
    answer = answer_request(request)
    content = packed(answer)
    if answer_cache is not None and answer.snapshot is not None:
        paths = watched_paths(answer.snapshot)
        answer_cache.store(Answer(content, answer.facts.exit_code), paths)
    return content
