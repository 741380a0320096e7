"""Loads the cells that earlier repairs wrote into a cache, from their journals."""

from collections.abc import Mapping, Sequence

import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.text import as_text, printable
from skillmeat_audit.loaders.home import home_state_folder
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import REPAIRED
from skillmeat_audit.repair.run_folders import JournaledRun, read_run

_STAMP = "synced_at"
_CELLS = (*COLUMNS, _STAMP)
_OF_ENTRIES = ("run", "committed", "op", "collection_id", "artifact_id", "written_at")
_OF_CELLS = ("column", "before", "after")
# An interrupted run wrote all of its rows or none: one that holds its stamp was committed.
_STATES = ("committed", "interrupted", "manifests-only")

Records = Sequence[tuple[object, ...]]


def load_journals(snapshot: Snapshot, state_dir: PathLike | None) -> list[JournaledRun]:
    """Return the runs on the home of *snapshot* that may have written, the latest first.

    A journal that cannot be read is left out: an audit does not fail because of a journal.
    """
    folder = home_state_folder(snapshot.home.root, state_dir)
    journals = (read_run(path.parent) for path in folder.glob("*/journal.json"))
    written = (each for each in journals if each.state in _STATES)
    return sorted(written, key=lambda journal: str(journal.started_at), reverse=True)


def load_repaired(snapshot: Snapshot, journals: Sequence[JournaledRun]) -> pd.DataFrame:
    """Return as ``REPAIRED`` the cells that repairs wrote into the cache of *snapshot*.

    These are of the written rows that the cache may still hold as a repair left them: rows with the
    ``synced_at`` that a run stamped, and what runs before it stamped on them. An undo puts the time
    back, so undone rows are not among them.
    """
    # The latest run first: rows that it wrote may lie over those of an earlier one, whose stamp is
    # in its `before`.
    stamps = set(to_objects(snapshot.rows[_STAMP])) - {None}
    entries: list[tuple[object, ...]] = []
    cells: list[tuple[object, ...]] = []
    for journal in journals:
        is_repair = journal.kind == "apply" and journal.state != "manifests-only"
        if not is_repair or journal.identity != snapshot.cache.identity:
            continue
        run = printable(journal.run), journal.state == "committed"
        for entry in journal.entries:
            after = _texts(entry.after)
            stamp = after.get(_STAMP)
            if stamp is None or stamp not in stamps:
                continue
            before = _texts(entry.before)
            stamps.add(before.get(_STAMP))
            cells += [(len(entries), name, before.get(name), after[name]) for name in after]
            entries.append((*run, entry.op, *map(_text, entry.key), stamp))
    return _frame(entries, cells)


def _frame(entries: Records, cells: Records) -> pd.DataFrame:
    """Return ``REPAIRED`` of *cells*, each of which begins with the position of its entry."""
    if not cells:
        return REPAIRED.empty()
    entry, *values = zip(*cells, strict=True)
    by_entry = (pd.array(each).take(entry) for each in zip(*entries, strict=True))
    columns = dict(zip((*_OF_ENTRIES, *_OF_CELLS), (*by_entry, *values), strict=True))
    return REPAIRED.build({"entry": entry, **columns})


def _texts(row: Mapping[str, object] | None) -> dict[str, str | None]:
    """Return the audited cells of a journal's *row*, and its time."""
    return {name: _text(row[name]) for name in _CELLS if name in row} if row else {}


def _text(value: object) -> str | None:
    """Return a journal's value as a frame can hold it: JSON may spell lone surrogates."""
    text = value if value is None or type(value) is str else as_text(value)
    return text if text is None or text.isascii() else text.encode(errors="replace").decode()
