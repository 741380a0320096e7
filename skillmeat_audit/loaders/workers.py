"""Reads the front matter of many files, in several processes where that is faster.

Parsing YAML takes nearly all of the time and holds the interpreter's lock, so several threads are
slower than one. The workers are plain child processes that exchange tasks and records through
files: `multiprocessing` would run the main module of a user's script again, or fork a process that
has threads.
"""

import gc
import os
import pickle
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise, takewhile
from subprocess import DEVNULL, Popen
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from skillmeat_audit.base.confined import Descent
from skillmeat_audit.base.files import FileState, Unreadable, modified_at, state_of
from skillmeat_audit.loaders.extraction import extract

Record = dict[str, object]

SIZE_LIMIT_BYTES = 16 * 1024 * 1024
# A worker takes as long to start as the parent to read 2,000 files: none is started for fewer than
# 4,000.
HEAD_START_FILES = 2_000
FILES_PER_WORKER = 2 * HEAD_START_FILES
_WORKERS_LIMIT = 7
# "---
# ", also after a byte order mark and with blanks: "\ufeff---  \r
# "
_FENCE = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n")
# The parent's own path: the package may be in a checkout or a zip that is not installed.
_START = "import sys; sys.path[:] = {path!r}; from {module} import run_worker; run_worker({pid})"


class ParseTask(NamedTuple):
    """A file to be read, by its real path: no link is followed on the way to it.

    With ``must_fence`` a file counts only if it opens with a front matter between ``---`` lines.
    """

    file: bytes
    must_fence: bool


class ParsedFile(NamedTuple):
    """What a file holds (``FRONTMATTER`` names), the state in which it was read, and its time."""

    record: Record
    state: FileState | None = None
    modified_at: str | None = None


Track = Callable[[Iterable[ParseTask]], Iterable[ParseTask]]


def parse_all(tasks: Sequence[ParseTask], track: Track = iter) -> list[ParsedFile]:
    """Return the parsed files of *tasks*, in their order.

    *track* wraps the tasks that this process reads itself (a progress bar).
    """
    readers = 1 + min(_WORKERS_LIMIT, _cpu_count() - 1, len(tasks) // FILES_PER_WORKER)
    if readers > 1:
        with suppress(OSError):  # no room for another process, or for its files
            return _parse_in_workers(tasks, readers, track)
    return parse_in_process(track(tasks))


def parse_in_process(tasks: Iterable[ParseTask]) -> list[ParsedFile]:
    """Return the parsed files of *tasks*, all of them read by this process."""
    with Descent() as descent:
        return [_parse_one(task, descent) for task in tasks]


def _parse_one(task: ParseTask, descent: Descent) -> ParsedFile:
    """Return the record of the file of *task*, or one with the reason why it cannot be read."""
    try:
        content, facts = descent.read(task.file, SIZE_LIMIT_BYTES)
    except OSError as exc:
        reason = f"cannot be read: {exc.strerror or exc}"
        return ParsedFile({"state": "unreadable", "reason": reason})
    except Unreadable as exc:
        return ParsedFile({"state": "unreadable", "reason": str(exc)})
    record = record_of(content, must_fence=task.must_fence)
    return ParsedFile(record, state_of(facts), modified_at(facts))


def run_worker(parent: int) -> None:
    """Read tasks from standard input, parse their files, and write the results to standard output.

    Stops when the *parent* process (its id) has died.
    """
    gc.disable()  # records contain no cycles, and scanning them costs a fifth of the time
    tasks: Sequence[ParseTask] = pickle.load(sys.stdin.buffer)
    while_parent_lives = takewhile(lambda _: os.getppid() == parent, tasks)
    pickle.dump(parse_in_process(while_parent_lives), sys.stdout.buffer)


def record_of(content: bytes, *, must_fence: bool) -> Record:
    """Return the record of a file with *content*; without a fence, none that *must_fence*."""
    if must_fence and not _FENCE.match(content):
        return {"state": "absent"}
    try:
        text = content.decode("utf-8")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        record = extract(text, body=not must_fence)
    except UnicodeDecodeError as exc:
        return {"state": "unreadable", "reason": f"is not UTF-8 (byte {exc.start})"}
    except Unreadable as exc:
        return {"state": "unreadable", "reason": str(exc)}
    record["state"] = "read"
    return record


def _cpu_count() -> int:
    """Return how many processors this process may use, 1 if it cannot start another Python."""
    if not sys.executable:
        return 1
    has_affinity = hasattr(os, "sched_getaffinity")  # Linux
    return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1


def _parse_in_workers(tasks: Sequence[ParseTask], readers: int, track: Track) -> list[ParsedFile]:
    # All readers should end together: the parent reads 2,000 files for each worker that starts.
    head_start = min(HEAD_START_FILES, len(tasks)) * (readers - 1)
    parents_share = (len(tasks) + head_start) // readers
    rest = len(tasks) - parents_share
    cuts = [parents_share + rest * number // (readers - 1) for number in range(readers)]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(_start_worker(tasks[start:end])) for start, end in pairwise(cuts)
        ]
        parsed = parse_in_process(track(tasks[:parents_share]))
        return parsed + [file for results in workers for file in results()]


@contextmanager
def _start_worker(tasks: Sequence[ParseTask]) -> Iterator[Callable[[], list[ParsedFile]]]:
    """Start a worker that reads *tasks*; yield a function that waits for its results.

    Tasks and results are passed in files, so that neither process waits for the other to listen.
    """
    code = _START.format(path=sys.path, module=__name__, pid=os.getpid())
    with TemporaryFile() as input_file, TemporaryFile() as output:
        pickle.dump(tasks, input_file)
        input_file.seek(0)
        command = [sys.executable, "-c", code]
        with Popen(command, stdin=input_file, stdout=output, stderr=DEVNULL) as process:
            try:
                yield lambda: _worker_results(process, output, tasks)
            finally:
                # Also after an exception here (Ctrl-C): the child has nothing to clean up.
                process.kill()


def _worker_results(
    process: Popen[bytes], output: IO[bytes], tasks: Sequence[ParseTask]
) -> list[ParsedFile]:
    """Return what the worker *process* parsed; if it failed, this process reads *tasks* itself."""
    process.wait()
    output.seek(0)
    try:
        # Written by our own child into a file without a name: no other program can change it.
        parsed: list[ParsedFile] = pickle.load(output)
    except (EOFError, pickle.UnpicklingError):
        parsed = []
    return parsed if len(parsed) == len(tasks) else parse_in_process(tasks)
