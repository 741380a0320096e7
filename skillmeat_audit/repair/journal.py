"""The journal: what every run was about to write, on disk before the first row is written.

A run has a folder of its own in the state folder: ``journal.json`` (written once, fsynced, before
the first write), ``backup.db`` (SQLite), and ``state``, a line per step. A run whose state ends in
``prepared`` was interrupted; the rows tell whether it had been committed. One without a journal has
written nothing yet, and if it was stopped, never will.
"""

import base64
import contextlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from skillmeat_audit.model.atomic_write import write_whole
from skillmeat_audit.model.changes import Key, Raw
from skillmeat_audit.model.errors import StateError
from skillmeat_audit.model.text import printable

JOURNAL_SCHEMA = "skillmeat-audit/journal/1"
_RUN, _BEGAN_AT = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}"), "%Y%m%dT%H%M%SZ"

State = Literal["begun", "prepared", "committed", "failed", "interrupted"]


@dataclass(frozen=True)
class Entry:
    """One row of a run: ``before`` and ``after`` as the driver has them, None where there was none.

    For an update both hold the columns that were written and ``synced_at``; else the whole row.
    """

    op: Literal["insert", "update", "delete"]
    key: Key
    before: Raw | None
    after: Raw | None


@dataclass(frozen=True)
class Journal:
    """What a run wrote, or was about to write; ``created`` are artifacts rows made for it.

    Of a run that has only ``begun`` no more is known than when.
    """

    run: str
    kind: Literal["apply", "undo", "unknown"]
    home: str
    database: str
    identity: str
    started_at: str
    entries: tuple[Entry, ...]
    created: tuple[str, ...] = ()
    made_sentinel: bool = False
    undoes: str | None = None
    state: State = "prepared"
    folder: Path = field(default=Path(), compare=False)

    @property
    def backup(self) -> Path | None:
        """The copy of the database made before the run, None where there is none."""
        path = self.folder / "backup.db"
        return path if path.exists() else None


def new_run(folder: Path) -> tuple[str, Path]:
    """Return a new run's id and its folder, made for nobody else to read; raise `StateError`."""
    run = f"{datetime.now(UTC):{_BEGAN_AT}}-{secrets.token_hex(3)}"
    place = folder / run
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.mkdir(mode=0o700)
    except OSError as exc:
        raise StateError(
            f"cannot make the state folder {printable(place)}: {exc.strerror or exc}; "
            "name another with --state-dir"
        ) from exc
    return run, place


def write(journal: Journal) -> None:
    """Put *journal* on disk to stay, and mark it prepared; raise `StateError`."""
    document = {
        "schema": JOURNAL_SCHEMA, "run": journal.run, "kind": journal.kind, "home": journal.home,
        "database": journal.database, "identity": journal.identity,
        "started_at": journal.started_at, "undoes": journal.undoes,
        "created": list(journal.created), "made_sentinel": journal.made_sentinel,
        "entries": [
            [entry.op, *entry.key, _packed(entry.before), _packed(entry.after)]
            for entry in journal.entries
        ],
    }  # fmt: skip
    try:
        content = json.dumps(document).encode()
        write_whole(journal.folder / "journal.json", content, mode=0o600, durable=True)
    except OSError as exc:
        raise StateError(
            f"cannot write the journal: {exc.strerror or exc}; nothing was changed"
        ) from exc
    mark(journal.folder, "prepared")


def mark(folder: Path, state: State) -> None:
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


def runs(folder: Path) -> list[Journal]:
    """Return the runs in *folder*, the latest first."""
    try:
        places = sorted(place for place in folder.iterdir() if _RUN.fullmatch(place.name))
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise StateError(f"cannot list {printable(folder)}: {exc.strerror or exc}") from exc
    return sorted(map(read, places), key=lambda journal: journal.started_at, reverse=True)


def drop_backups(folder: Path, keep: int) -> int:
    """Delete the backups in *folder* but the newest *keep*, journals stay; return how many."""
    dropped = 0
    with contextlib.suppress(OSError):  # one too many does no harm
        backups = sorted(folder.glob("*/backup.db"), key=lambda path: path.stat().st_mtime_ns)
        for backup in backups[: max(len(backups) - keep, 0)]:
            backup.unlink()
            dropped += 1
    return dropped


def read(place: Path) -> Journal:
    """Return what is known of the run in the folder *place*; raise `StateError`."""
    try:
        document = json.loads((place / "journal.json").read_bytes())
        state = place / "state"
        marks = state.read_text(encoding="utf-8").split() if state.exists() else []
    except FileNotFoundError:
        return _begun(place)
    except (OSError, ValueError) as exc:
        raise StateError(
            f"the journal in {printable(place)} cannot be read: {printable(exc)}"
        ) from exc
    if document.get("schema") != JOURNAL_SCHEMA:
        raise StateError(f"the journal in {printable(place)} is of another release")
    return Journal(
        **{name: document[name] for name in _PLAIN},
        entries=tuple(
            Entry(op, (collection_id, artifact_id), _unpacked(before), _unpacked(after))
            for op, collection_id, artifact_id, before, after in document["entries"]
        ),
        created=tuple(document["created"]),
        state=_STATES.get(marks[-1] if marks else "", "interrupted"),
        folder=place,
    )


def _begun(place: Path) -> Journal:
    began_at = str(datetime.strptime(place.name.partition("-")[0], _BEGAN_AT))
    return Journal(place.name, "unknown", "", "", "", began_at, (), state="begun", folder=place)


_JSON_TYPES = {str, int, float, type(None)}
_STATES: dict[str, State] = {"committed": "committed", "failed": "failed"}
_PLAIN = (
    "run", "kind", "home", "database", "identity", "started_at", "undoes", "made_sentinel",
)  # fmt: skip


def _packed(row: Raw | None) -> dict[str, object] | None:
    if row is None or set(map(type, row.values())) <= _JSON_TYPES:
        return row
    return {name: _pack(value) for name, value in row.items()}


def _pack(value: Any) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _unpacked(row: Mapping[str, Any] | None) -> Raw | None:
    if row is None:
        return None
    return {
        name: base64.b64decode(value["base64"]) if isinstance(value, dict) else value
        for name, value in row.items()
    }
