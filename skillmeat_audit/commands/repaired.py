"""Loads what repairs of this project wrote into a cache, from the journals in its state folder."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

import pandas as pd

from skillmeat_audit.model.errors import StateError
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.state import state_folder
from skillmeat_audit.model.tables import REPAIRED, plain
from skillmeat_audit.model.text import as_text, printable
from skillmeat_audit.repair.journal import Entry, Journal, read

_STAMP = "synced_at"
_CELLS = (*COLUMNS, _STAMP)
# An interrupted run wrote all of its rows or none: one that holds its stamp was committed.
_STATES = ("committed", "interrupted")
# What is raised by a journal that is no JSON, or JSON of another shape.
_DAMAGE = (StateError, ValueError, TypeError, KeyError, AttributeError, RecursionError)

Texts = dict[str, str | None]


def load_repaired(snapshot: Snapshot, state_dir: str | os.PathLike[str] | None) -> pd.DataFrame:
    """Return as ``REPAIRED`` the cells that repairs wrote into the cache of *snapshot*.

    These are of the written rows that the cache may still hold as a repair left them: rows with the
    ``synced_at`` that a run stamped, and what runs before it stamped on them. An undo puts the time
    back, so undone rows are not among them. A journal that cannot be read is left out: an audit
    does not fail because of a journal.
    """
    given = None if state_dir is None else Path(state_dir).expanduser()
    folder = state_folder(str(snapshot.home.root.resolve()), given)
    stamps = set(plain(snapshot.rows[_STAMP])) - {None}
    numbers = count()
    cells = [
        (number, printable(journal.run), journal.state == "committed", *cell)
        for journal in _journals(folder, snapshot.identity)
        for number, entry in zip(numbers, journal.entries, strict=False)
        for cell in _cells(entry, stamps)
    ]
    columns = zip(*cells, strict=True) if cells else ((),) * len(REPAIRED.columns)
    return REPAIRED.build(dict(zip(REPAIRED.columns, columns, strict=True)))


def _journals(folder: Path, identity: str | None) -> list[Journal]:
    """Return the repairs of the cache called *identity*, the latest first, where readable."""
    journals = []
    for path in folder.glob("*/journal.json"):
        with contextlib.suppress(*_DAMAGE):
            journals.append(read(path.parent))
    repairs = (each for each in journals if each.kind == "apply" and each.state in _STATES)
    ours = (each for each in repairs if each.identity == identity)
    return sorted(ours, key=lambda journal: str(journal.started_at), reverse=True)


def _cells(entry: Entry, stamps: set[str | None]) -> Iterator[tuple[str | None, ...]]:
    """Yield the cells of *entry* where it wrote one of *stamps*, to which it adds the one before.

    Each is the last seven columns of ``REPAIRED``.
    """
    after = _texts(entry.after)
    stamp = after.get(_STAMP)
    if stamp not in stamps or stamp is None:
        return
    before = _texts(entry.before)
    stamps.add(before.get(_STAMP))
    row = (entry.op, *map(_text, entry.key), stamp)
    yield from ((*row, name, before.get(name), value) for name, value in after.items())


def _texts(row: Mapping[str, object] | None) -> Texts:
    return {name: _text(row[name]) for name in _CELLS if name in row} if row else {}


def _text(value: object) -> str | None:
    """Return a journal's value as a frame can hold it: JSON may spell lone surrogates."""
    text = as_text(value)
    return text if text is None or text.isascii() else text.encode(errors="replace").decode()
