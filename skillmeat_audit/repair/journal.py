"""The journal: what every run was about to write, on disk before the first row is written.

A run has a folder of its own in the state folder: ``journal.json`` (written once, fsynced, before
the first write, with its own SHA-256), ``backup.db`` (SQLite), and ``state``, a line per step. A
run whose state ends in ``prepared`` was interrupted; `repair.settling` finds out whether it had
been committed. One without a journal has written nothing yet, and if it was stopped, never will.

A folder that says anything else is damaged: it is listed as that, and is in nobody's way.
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
from skillmeat_audit.repair.record import JournalRecord, decode_record, encode_record

_RUN, _BEGAN_AT = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"), "%Y%m%dT%H%M%SZ"
_STATE_LIMIT_BYTES, _JOURNAL_LIMIT_BYTES = 1024 * 1024, 2 * 1024**3

State = Literal["begun", "prepared", "committed", "failed", "interrupted", "damaged"]


class Journal(JournalRecord, frozen=True):
    """What a run wrote, or was about to write, and what became of it.

    Of a run that has only ``begun`` no more is known than when; of a ``damaged`` one, no more than
    its ``folder``, and ``damage`` says what is wrong with it.
    """

    state: State = "prepared"
    folder: Path = Path()
    damage: str = ""

    @property
    def backup(self) -> Path | None:
        """The copy of the database made before the run, None where there is none."""
        path = self.folder / "backup.db"
        return path if path.exists() else None


def create_run_folder(folder: Path) -> tuple[str, Path]:
    """Return a new run's id and its folder, made for nobody else to read; raise `StateError`."""
    run = f"{datetime.now(UTC):{_BEGAN_AT}}-{secrets.token_hex(3)}"
    place = folder / run
    try:
        make_folder(folder, mode=0o700, durable=True)
        place.mkdir(mode=0o700)
        for parent in (folder, folder.parent):  # whoever made them may not have fsynced
            fsync_folder(parent)
    except OSError as exc:
        raise StateError(
            f"cannot make the state folder {printable(place)}: {exc.strerror or exc}; "
            "name another with --state-dir"
        ) from exc
    return run, place


def write_journal(journal: Journal) -> None:
    """Put *journal* on disk to stay, and mark it prepared; raise `StateError`."""
    record = JournalRecord(
        **{name: getattr(journal, name) for name in JournalRecord.__struct_fields__}
    )
    try:
        write_whole(
            journal.folder / "journal.json", encode_record(record), mode=0o600, durable=True
        )
    except (OSError, UnicodeEncodeError) as exc:
        cause = exc.strerror if isinstance(exc, OSError) else None
        raise StateError(
            f"cannot write the journal: {cause or printable(exc)}; nothing was changed"
        ) from exc
    append_state(journal.folder, "prepared")


def append_state(folder: Path, state: State) -> None:
    """Add *state* to the run in *folder*, to stay; raise `StateError`."""
    try:
        with (folder / "state").open("a", encoding="utf-8") as file:
            file.write(f"{state}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise StateError(
            f"cannot write {printable(folder / 'state')}: {exc.strerror or exc}"
        ) from exc


def read_runs(folder: Path) -> list[Journal]:
    """Return the runs in *folder*, the latest first, those that are damaged included."""
    try:
        places = sorted(place for place in folder.iterdir() if _RUN.fullmatch(place.name))
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise StateError(f"cannot list {printable(folder)}: {exc.strerror or exc}") from exc
    return sorted(map(read_journal, places), key=lambda journal: journal.started_at, reverse=True)


def find_run(folder: Path, suffix: str) -> Journal | None:
    """Return the run in *folder* whose id ends in *suffix*, None where there is none."""
    places = sorted(place for place in folder.glob(f"*-{suffix}") if _RUN.fullmatch(place.name))
    return read_journal(places[-1]) if places else None


def drop_backups(folder: Path, keep: int) -> int:
    """Delete the backups in *folder* but the newest *keep*, journals stay; return how many."""
    dropped = 0
    with contextlib.suppress(OSError):  # one too many does no harm
        backups = sorted(folder.glob("*/backup.db"), key=lambda path: path.stat().st_mtime_ns)
        for backup in backups[: max(len(backups) - keep, 0)]:
            backup.unlink()
            dropped += 1
    return dropped


def read_journal(place: Path) -> Journal:
    """Return the run in the folder *place*: as its journal has it, or begun, or damaged."""
    try:
        state = _state(
            _content(place / "state", _STATE_LIMIT_BYTES)
        )  # first: the journal is there before "prepared"
        content = _content(place / "journal.json", _JOURNAL_LIMIT_BYTES)
        if state in (None, "begun") and content is None:
            return _without_journal(place, "begun")
        if state is None or content is None:
            raise ValueError(f"{'state' if state is None else 'journal.json'} is missing")
        record = decode_record(content, place.name)
    except (OSError, ValueError, RecursionError) as exc:
        cause = exc.strerror if isinstance(exc, OSError) else None
        return _without_journal(place, "damaged", cause or printable(exc))
    fields = {name: getattr(record, name) for name in JournalRecord.__struct_fields__}
    state = "interrupted" if state in ("begun", "prepared") else state
    return Journal(**fields, state=state, folder=place)


def _content(path: Path, limit_bytes: int) -> bytes | None:
    """Return what is in the file at *path*, None where there is none; a pipe would never end."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        return read_descriptor(handle, limit_bytes).data
    except Unreadable as exc:
        raise ValueError(f"{path.name} {exc}") from exc


# A line may be cut short where the disk was full: its first letter was written after the fact.
_STATES = re.compile(
    rb"(?:begun\n)?(?P<prepared>p[repad]*\n?)?"
    rb"(?:(?P<committed>c[comited\n]*)|(?P<failed>f[failed\n]*))?"
)


def _state(content: bytes | None) -> State | None:
    """Return what the file ``state`` says; raise `ValueError` where no run wrote it so."""
    if content is None:
        return None
    match = _STATES.fullmatch(content)
    if match is None:
        raise ValueError("state holds what no run wrote")
    states: tuple[State, ...] = ("committed", "failed", "prepared")
    return next((state for state in states if match[state]), "begun")


def _without_journal(place: Path, state: State, damage: str = "") -> Journal:
    moment = place.name.partition("-")[0]
    began_at = ""
    with contextlib.suppress(ValueError):  # a name can say the 99th day of a month
        began_at = str(datetime.strptime(moment, _BEGAN_AT))
    return Journal(
        place.name, "unknown", "", "", "", began_at, (), state=state, folder=place, damage=damage
    )
