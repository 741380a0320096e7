"""Caches the answer of a check, which is given again while nothing that decides it has changed.

It is what the check of one home printed, or what a child process answered to a fleet.

Answering takes a tenth of a second, because neither pandas nor the home is loaded. An answer is
never evidence: a plan, an apply and a report read the home again. Its question holds everything
outside the home that can change a word of it: options, settings, terminal, code and packages, runs,
the accepted findings, and the header of the database. The states of all files that the audit looked
at, those of the database among them, are compared as the parse cache compares them, with the same
limits (`loaders.parse_cache`): an answer about files that changed just before is not cached, and
none is older than a week.
"""

import contextlib
import errno
import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeAlias

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.clock import today
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.files import READ_FLAGS, read_descriptor, read_regular, state_of
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.loaders.home import find_home

SCHEMA = "skillmeat-audit/answer/1"
KEEP_DAYS = 7
_SLOTS = 8  # answers to so many questions about a home: a terminal's, an editor's, a hook's
_LIMIT_BYTES = 256 * 1024 * 1024
_UNSETTLED_NS = 3_000_000_000  # as in `loaders.parse_cache`
_DAY_NS = 86_400_000_000_000
_HEADER_BYTES = 100  # of an SQLite file: its change counter among them (fileformat2.html, 1.3)
_DATABASE_FILES = ("", "-wal", "-journal")
_RUN_FILES = ("", "journal.json", "state")
# What changes the text, its width or its colours beside the options.
_VARIABLES = (
    "COLORTERM", "COLUMNS", "FORCE_COLOR", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LINES",
    "NO_COLOR", "SOURCE_DATE_EPOCH", "TERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "TZ",
)  # fmt: skip


ProgramState: TypeAlias = tuple[object, ...]


class Answer(NamedTuple):
    """What a check printed on stdout, or sent to a fleet, and its exit code."""

    content: bytes
    exit_code: int


class AnswerCache:
    """The cached answer to one question about a home; `open_answer_cache` makes it."""

    def __init__(self, file: Path, question: str, watched: Sequence[bytes]) -> None:
        self._file = file
        self._question = question
        self._watched = watched
        self._began_ns = time.time_ns()

    def load(self) -> Answer | None:
        """Return the answer if nothing has changed since it was given, else None."""
        try:
            content = _read_own(self._file)
            digest, _, rest = content.partition(b"\n")
            if digest != _digest(rest):
                return None
            head, _, payload = rest.partition(b"\n")
            header = json.loads(head)
            age_days = (self._began_ns - header["since_ns"]) / _DAY_NS
            if header["question"] != self._question or not 0 <= age_days < KEEP_DAYS:
                return None
            answer, paths = payload[: header["bytes"]], payload[header["bytes"] :].split(b"\0")
            if _observe(paths).digest != header["states"]:
                return None
            return Answer(answer, header["exit_code"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def store(self, answer: Answer, paths: Sequence[bytes] | None) -> None:
        """Cache *answer*, which rests on the files and folders *paths*; None: it is not cached.

        Nor is it where one of them is a link, or changed since or just before the audit began.
        """
        if paths is None:
            return
        paths = [*self._watched, *paths]
        seen = _observe(paths)
        if seen.has_link or seen.latest_ns >= self._began_ns - _UNSETTLED_NS:
            return
        header = {
            "question": self._question,
            "since_ns": self._began_ns,
            "exit_code": int(answer.exit_code),
            "states": seen.digest,
            "bytes": len(answer.content),
        }
        content = json.dumps(header).encode() + b"\n" + answer.content + b"\0".join(paths)
        with contextlib.suppress(OSError):
            make_folder(self._file.parent, mode=0o700)
            write_whole(self._file, _digest(content) + b"\n" + content, mode=0o600)


class _Observation(NamedTuple):
    """The states of several paths: a digest, the latest of their times, whether one is a link."""

    digest: str
    latest_ns: int
    has_link: bool


def _observe(paths: Iterable[bytes]) -> _Observation:
    """Return the present states of *paths*; that nothing is at a path is a state as well."""
    digest, latest_ns, has_link = hashlib.sha256(), 0, False
    for path in paths:
        try:
            facts = os.lstat(path)
        except OSError as exc:
            digest.update(b"%d;" % (exc.errno or 0))
            continue
        state = state_of(facts)
        digest.update(b"%d,%d,%d,%d,%d;" % state)
        latest_ns = max(latest_ns, state.mtime_ns, state.ctime_ns)
        has_link |= stat.S_ISLNK(facts.st_mode)
    return _Observation(digest.hexdigest(), latest_ns, has_link)


class CheckInputs(NamedTuple):
    """What a check reads, and ``details``: all else that decides its answer, with a whole repr."""

    home: str
    database: str | None
    state_dir: Path | None
    link_roots: Sequence[Path]
    baseline: Path | None
    details: object


def open_answer_cache(
    inputs: CheckInputs, child_state: ProgramState | None = None
) -> AnswerCache | None:
    """Return the cache of the answer to a check of *inputs*; None where none can be used.

    A child process of a fleet gives its *child_state*: its `program_state`, observed once.
    """
    # The database's header is read outside SQLite, which a process with a connection must not do:
    # POSIX would drop its locks (`loaders.sqlite_readonly`). Without this module there is none, and
    # a child of a fleet has closed all connections before its next request.
    if child_state is None and "sqlite3" in sys.modules:
        return None
    try:
        home = find_home(inputs.home, inputs.database, inputs.link_roots)
        root = os.path.realpath(home.root)
        folder = state_folder(root, inputs.state_dir and inputs.state_dir.expanduser())
        database = None if home.database is None else sqlite_path(home.database)
        if database is None and home.database is not None:
            return None  # a server's state cannot be seen
        runs = _run_folders(folder)
        header = None if database is None else _start_of(database)
        state = child_state or program_state()
        parts = (inputs, os.getcwd(), root, home, home.database, runs, header, state)
        question = _digest(
            repr((parts, _accepted(inputs.baseline))).encode(errors="replace")
        ).decode()
    except (AuditError, OSError, ValueError):
        return None
    logs = [] if database is None else [Path(f"{database}{end}") for end in _DATABASE_FILES]
    files = [folder / run / name for run in runs for name in _RUN_FILES]
    kind = "check" if child_state is None else "fleet"
    file = folder / f"{kind}-{int(question[:8], 16) % _SLOTS}.answer"
    return AnswerCache(file, question, [os.fsencode(path) for path in (*logs, *files)])


def _run_folders(folder: Path) -> list[str]:
    """Return the names of the folders in the state folder: runs, whose journals name writers."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except FileNotFoundError:
        return []


def _start_of(database: Path) -> bytes:
    # READ_FLAGS: to open a pipe in the place of the database must not wait for a writer.
    with open(os.open(database, READ_FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return file.read(_HEADER_BYTES)


def _accepted(baseline: Path | None) -> tuple[date, bytes] | None:
    """Return today's date, by which an acceptance expires, and a digest of *baseline*."""
    if baseline is None:
        return None
    return today(), _digest(read_regular(baseline, _LIMIT_BYTES).data)


def program_state() -> ProgramState:
    """Return what this process runs as, and the states of its code and of all packages."""
    package = os.walk(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    code = [os.path.join(at, name) for at, _, names in package for name in names]
    sources = sorted(os.fsencode(file) for file in code if not file.endswith(".pyc"))
    folders = [folder for folder in sys.path if os.path.isdir(folder)]
    packages = sorted(
        name for folder in folders for name in os.listdir(folder) if name.endswith(".dist-info")
    )
    streams = [(stream.isatty(), stream.encoding) for stream in (sys.stdout, sys.stderr)]
    variables = [os.environ.get(name) for name in _VARIABLES]
    users = (os.geteuid(), os.getegid(), os.getgroups())
    return SCHEMA, sys.version, _observe(sources).digest, packages, streams, variables, users


def _read_own(file: Path) -> bytes:
    """Return the content of *file*; raise `OSError` for a link and for what others can write."""
    content, facts = read_descriptor(os.open(file, READ_FLAGS | os.O_NOFOLLOW), _LIMIT_BYTES)
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    return content


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
