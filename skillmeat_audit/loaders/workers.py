"""Reads the front matter of many files, in several processes where that pays.

Parsing YAML takes nearly all of the time and holds the interpreter's lock, so threads are slower
than one. The processes are plain children that take tasks and give records through files:
`multiprocessing` would run the main module of a user's script anew, or fork a process with threads.
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
# A child is ready to read when its parent has read so many files; below twice that none pays.
HEAD_START_FILES = 2_000
FILES_PER_CHILD = 2 * HEAD_START_FILES
_CHILDREN = 7
_FENCE = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n")
_SERVE = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve({pid})"


class ParseTask(NamedTuple):
    """A file to be read, by its real path: no link is followed on the way to it.

    With ``must_fence`` it is believed only where it opens with a fence.
    """

    file: bytes
    must_fence: bool


class Read(NamedTuple):
    """What a file says (``FRONTMATTER`` names), and which state of the file said so."""

    record: Record
    seen: FileState | None


Track = Callable[[Iterable[ParseTask]], Iterable[ParseTask]]


def parse_all(tasks: Sequence[ParseTask], track: Track = iter) -> list[Read]:
    """Return what each of *tasks* reads, in their order.

    *track* wraps the tasks that this process reads itself (a progress bar).
    """
    readers = 1 + min(_CHILDREN, _processors() - 1, len(tasks) // FILES_PER_CHILD)
    if readers > 1:
        with suppress(OSError):  # no room for another process, or for its files
            return _read_together(tasks, readers, track)
    return read_here(track(tasks))


def read_here(tasks: Iterable[ParseTask]) -> list[Read]:
    """Return what each of *tasks* reads, all of them read by this process."""
    with Descent() as descent:
        return [_read_one(task, descent) for task in tasks]


def _read_one(task: ParseTask, descent: Descent) -> Read:
    """Return what the file of *task* says; why it cannot be read is a record too."""
    try:
        content, facts = descent.read(task.file, SIZE_LIMIT_BYTES)
    except OSError as exc:
        reason = f"cannot be read: {exc.strerror or exc}"
        return Read({"state": "unreadable", "reason": reason}, None)
    except Unreadable as exc:
        return Read({"state": "unreadable", "reason": str(exc)}, None)
    record = _record(content, must_fence=task.must_fence)
    return Read(record | {"modified_at": modified_at(facts)}, state_of(facts))


def serve(asked_by: int) -> None:
    """Read the tasks that come through standard input, and write what they say to the output.

    It ends early where the process *asked_by* is gone.
    """
    gc.disable()  # records hold no garbage, and looking for it among them costs
    tasks: Sequence[ParseTask] = pickle.load(sys.stdin.buffer)
    wanted = takewhile(lambda _: os.getppid() == asked_by, tasks)
    pickle.dump(read_here(wanted), sys.stdout.buffer)


def _record(content: bytes, *, must_fence: bool) -> Record:
    if must_fence and not _FENCE.match(content):
        return {"state": "absent"}
    try:
        text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        return {"state": "read"} | extract(text, body=not must_fence)
    except UnicodeDecodeError as exc:
        return {"state": "unreadable", "reason": f"is not UTF-8 (byte {exc.start})"}
    except Unreadable as exc:
        return {"state": "unreadable", "reason": str(exc)}


def _processors() -> int:
    """Return how many processors this process may use; one where it cannot start another."""
    if not sys.executable:
        return 1
    known = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1


def _read_together(tasks: Sequence[ParseTask], readers: int, track: Track) -> list[Read]:
    late = min(HEAD_START_FILES, len(tasks)) * (readers - 1)
    begin = (len(tasks) + late) // readers
    rest = len(tasks) - begin
    cuts = [begin + rest * number // (readers - 1) for number in range(readers)]
    own, others = tasks[:begin], [tasks[start:end] for start, end in pairwise(cuts)]
    with ExitStack() as stack:
        answers = [stack.enter_context(_child(other)) for other in others]
        found = read_here(track(own))
        return found + [read for answer in answers for read in answer()]


@contextmanager
def _child(tasks: Sequence[ParseTask]) -> Iterator[Callable[[], list[Read]]]:
    """Start a process that reads *tasks*, and yield what waits for its answer.

    Both are passed in files: neither waits for the other to start or to listen.
    """
    code = _SERVE.format(path=sys.path, module=__name__, pid=os.getpid())
    with TemporaryFile() as asked, TemporaryFile() as answer:
        pickle.dump(tasks, asked)
        asked.seek(0)
        command = [sys.executable, "-c", code]
        with Popen(command, stdin=asked, stdout=answer, stderr=DEVNULL) as process:
            try:
                yield lambda: _answer(process, answer, tasks)
            finally:
                process.kill()


def _answer(process: Popen[bytes], answer: IO[bytes], tasks: Sequence[ParseTask]) -> list[Read]:
    """Return what *process* read; where it failed, the files of *tasks* are read here."""
    process.wait()
    answer.seek(0)
    try:
        found: list[Read] = pickle.load(answer)
    except (EOFError, pickle.UnpicklingError):
        found = []
    return found if len(found) == len(tasks) else read_here(tasks)
