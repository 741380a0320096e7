"""The folders of runs: what a run was about to write, on disk before the first row is written.

Every run has its own folder in the home's state folder: ``journal.json`` (written once, fsynced,
before the first write), ``backup.db`` (SQLite), and ``state``, one line per step: see `State`.
A folder with other content is reported as damaged and does not affect other runs.
"""

import contextlib
import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from skillmeat_audit.base.atomic_write import fsync_folder, make_folder, write_whole
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.files import Unreadable, read_descriptor
from skillmeat_audit.base.text import printable
from skillmeat_audit.repair.journal import Journal, decode_journal, encode_journal

_RUN, _BEGAN_AT = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"), "%Y%m%dT%H%M%SZ"
_STATE_LIMIT_BYTES, _JOURNAL_LIMIT_BYTES = 1024 * 1024, 2 * 1024**3

# begun: the folder exists, nothing was written yet. prepared: backup and journal are on disk, rows
# and manifests may be written. committed, failed: how the run ended. manifests-only: its rows were
# not written, its edits of manifests were.
WrittenState = Literal["begun", "prepared", "committed", "failed", "manifests-only"]
# Only read, never written: interrupted (a run whose last step is prepared; `repair.settling` finds
# out whether it was committed) and damaged.
State = WrittenState | Literal["interrupted", "damaged"]
# The states of a run that wrote something that an undo can put back.
UNDOABLE: tuple[State, ...] = ("committed", "manifests-only")


class JournaledRun(Journal, frozen=True):
    """A run: its journal, its ``state``, and its ``folder``.

    A run that has only ``begun`` has no journal yet: only its time is known. A ``damaged`` run has
    none that can be used: ``damage`` says why.
    """

    state: State = "prepared"
    folder: Path = Path()
    damage: str = ""

    @property
    def backup(self) -> Path | None:
        """The copy of the database made before the run, None where it does not exist."""
        path = self.folder / "backup.db"
        return path if path.exists() else None


def create_run_folder(folder: Path) -> Path:
    """Create a new run's folder in *folder*, named by its id; raise `StateError`.

    Only its owner can read it.
    """
    run_folder = folder / f"{datetime.now(UTC):{_BEGAN_AT}}-{secrets.token_hex(3)}"
    try:
        make_folder(folder, mode=0o700, durable=True)
        run_folder.mkdir(mode=0o700)  # fails where it exists
        for parent in (folder, folder.parent):  # another process may not have fsynced them
            fsync_folder(parent)
    except OSError as exc:
        raise StateError(
            f"cannot make the state folder {printable(run_folder)}: {exc.strerror or exc}; "
            "name another with --state-dir"
        ) from exc
    return run_folder


def write_journal(run: JournaledRun) -> None:
    """Write the journal of *run*, fsynced, and mark the run prepared; raise `StateError`."""
    journal = Journal(**{name: getattr(run, name) for name in Journal.__struct_fields__})
    try:
        write_whole(run.folder / "journal.json", encode_journal(journal), mode=0o600, durable=True)
    except (OSError, UnicodeEncodeError) as exc:
        cause = exc.strerror if isinstance(exc, OSError) else None
        raise StateError(
            f"cannot write the journal: {cause or printable(exc)}; nothing was changed"
        ) from exc
    append_state(run.folder, "prepared")


def append_state(run_folder: Path, state: State) -> None:
    """Append *state* to the run in *run_folder* and fsync; raise `StateError`."""
    try:
        with (run_folder / "state").open("a", encoding="utf-8") as file:
            file.write(f"{state}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise StateError(
            f"cannot write {printable(run_folder / 'state')}: {exc.strerror or exc}"
        ) from exc


def read_runs(folder: Path) -> list[JournaledRun]:
    """Return the runs in *folder*, the latest first, damaged ones included."""
    try:
        run_folders = sorted(each for each in folder.iterdir() if _RUN.fullmatch(each.name))
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise StateError(f"cannot list {printable(folder)}: {exc.strerror or exc}") from exc
    return sorted(map(read_run, run_folders), key=lambda run: run.started_at, reverse=True)


def run_ids(folder: Path) -> list[str]:
    """Return the ids of the runs in *folder*, the latest first, without reading a journal."""
    names = (each.name for each in folder.iterdir()) if folder.is_dir() else ()
    return sorted(filter(_RUN.fullmatch, names), reverse=True)


def find_run(folder: Path, suffix: str) -> JournaledRun | None:
    """Return the run in *folder* whose id ends in *suffix*, None if no id does."""
    run_folders = sorted(each for each in folder.glob(f"*-{suffix}") if _RUN.fullmatch(each.name))
    return read_run(run_folders[-1]) if run_folders else None


def drop_backups(folder: Path, keep: int) -> int:
    """Delete all but the newest *keep* backups in *folder*; return how many. Journals stay."""
    dropped = 0
    with contextlib.suppress(OSError):  # a backup too many does no harm
        backups = sorted(folder.glob("*/backup.db"), key=lambda path: path.stat().st_mtime_ns)
        for backup in backups[: max(len(backups) - keep, 0)]:
            backup.unlink()
            dropped += 1
    return dropped


def read_run(run_folder: Path) -> JournaledRun:
    """Return the run in *run_folder*; one without a usable journal is begun or damaged."""
    try:
        # The state is read first: a run writes its journal before the state "prepared".
        state = _last_state(_read_file(run_folder / "state", _STATE_LIMIT_BYTES))
        content = _read_file(run_folder / "journal.json", _JOURNAL_LIMIT_BYTES)
        if state in (None, "begun") and content is None:
            return _without_journal(run_folder, "begun")
        if state is None or content is None:
            raise ValueError(f"{'state' if state is None else 'journal.json'} is missing")
        journal = decode_journal(content, run_folder.name)
    except (OSError, ValueError, RecursionError) as exc:
        cause = exc.strerror if isinstance(exc, OSError) else None
        return _without_journal(run_folder, "damaged", cause or printable(exc))
    fields = {name: getattr(journal, name) for name in Journal.__struct_fields__}
    state = "interrupted" if state in ("begun", "prepared") else state
    return JournaledRun(**fields, state=state, folder=run_folder)


def _read_file(path: Path, limit_bytes: int) -> bytes | None:
    """Return the content of the regular file at *path*, None where it does not exist."""
    try:
        # O_NONBLOCK: a pipe in its place would block.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        return read_descriptor(handle, limit_bytes).data
    except Unreadable as exc:
        raise ValueError(f"{path.name} {exc}") from exc


# On a full disk a line may be truncated ("begun\nprepared\ncom"): its first letter is enough, as
# a state is written after the step that it names.
_STATES = re.compile(
    rb"(?:begun\n)?(?P<prepared>p[repad]*\n?)?"
    rb"(?:(?P<committed>c[comited\n]*)|(?P<failed>f[failed\n]*)|(?P<manifests>m[anifestoly\n-]*))?"
)


def _last_state(content: bytes | None) -> State | None:
    """Return the last step in a file ``state``; raise `ValueError` where no run wrote it."""
    if content is None:
        return None
    match = _STATES.fullmatch(content)
    if match is None:
        raise ValueError("state holds what no run wrote")
    states: tuple[State, ...] = ("committed", "failed", "prepared")
    if match["manifests"]:
        return "manifests-only"
    return next((state for state in states if match[state]), "begun")


def _without_journal(run_folder: Path, state: State, damage: str = "") -> JournaledRun:
    began_at = ""
    with contextlib.suppress(ValueError):  # the name matches _RUN, its day may be 99
        began_at = str(datetime.strptime(run_folder.name.partition("-")[0], _BEGAN_AT))
    return JournaledRun(
        run=run_folder.name,
        kind="unknown",
        home="",
        database="",
        identity="",
        started_at=began_at,
        entries=(),
        state=state,
        folder=run_folder,
        damage=damage,
    )
