"""Loads the front matter of every manifest entry's files: what the author wrote about the artifact.

Which file is read, and how its fields are taken, follows SkillMeat's ``extract_artifact_metadata``.
Nothing outside the collection's folder is ever read: manifest paths are untrusted.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.loaders.artifact_files import Located, locate
from skillmeat_audit.loaders.parse_cache import STATE_COLUMNS, ParseCache, states_array, states_in
from skillmeat_audit.loaders.workers import ParseTask, Record, parse_all
from skillmeat_audit.model.contracts import Table, text
from skillmeat_audit.model.snapshot import Home
from skillmeat_audit.model.tables import FRONTMATTER

Track = Callable[[Iterable[ParseTask]], Iterable[ParseTask]]
Positions = npt.NDArray[np.int_]

_NOWHERE = (None, None)


FILES = Table(
    "files",
    "What the parse cache keeps of artifact files: one row per file.",
    {
        "place": text("its path below the file collections, null for a file that is not kept"),
        **STATE_COLUMNS,
        **{name: column for name, column in FRONTMATTER.columns.items() if name != "entry"},
    },
)


def load_frontmatter(
    home: Home, manifest: pd.DataFrame, index: ParseCache | None = None, track: Track = iter
) -> pd.DataFrame:
    """Return ``FRONTMATTER``: one row per row of *manifest*, in its order.

    Files that *index* knows are not read again; *track* wraps those that are (a progress bar).
    """
    index = index or ParseCache(None)
    located = _located(home, manifest)
    known = index.remembered(FILES)
    position = _positions(located, known)
    unknown = [each for each, row in zip(located, position, strict=True) if row < 0]
    fresh = _read(unknown, track)
    if fresh.empty and len(known) == len(located) and (np.diff(position) == 1).all():
        found = known
    else:
        order = np.where(position >= 0, position, len(known) + np.cumsum(position < 0) - 1)
        found = pd.concat([known, fresh], ignore_index=True).take(order)
    if fresh["place"].notna().any():
        index.keep(FILES, found[found["place"].notna()].drop_duplicates("place"))
    return FRONTMATTER.conform(found.assign(entry=to_objects(manifest["entry"])))


def _located(home: Home, manifest: pd.DataFrame) -> list[Located | Record]:
    """Return where each entry's file is, or what is to be said where there is none to read."""
    columns = (to_objects(manifest[name]) for name in ("file_collection", "path", "type"))
    folders: dict[str, Confined] = {}
    found = []
    with Descent() as descent:
        for collection, path, kind in zip(*columns, strict=True):
            if collection not in folders:
                folders[collection] = Confined(
                    home.collections, collection, descent, home.link_roots
                )
            found.append(locate(folders[collection], path, kind))
    return found


def _positions(located: Sequence[Located | Record], known: pd.DataFrame) -> Positions:
    """Return where *known* has each file in the state that it is in now, -1 for nowhere."""
    position = np.full(len(located), -1)
    if known.empty:
        return position
    places = {place: row for row, place in enumerate(to_objects(known["place"]))}
    now = [(each.place, each.seen) if isinstance(each, Located) else _NOWHERE for each in located]
    position = np.array([places.get(place, -1) for place, _ in now])
    same = (states_in(known)[position] == states_array([seen for _, seen in now])).all(axis=1)
    return np.where(same, position, -1)


def _read(located: Sequence[Located | Record], track: Track) -> pd.DataFrame:
    """Return ``FILES``: what each of *located* says; without a place where it is not to be kept."""
    files = [each for each in located if isinstance(each, Located)]
    read = iter(parse_all([each.task for each in files], track))
    found = []
    for each in located:
        if not isinstance(each, Located):
            found.append(each)
            continue
        record, state = next(read)
        record["file"] = each.shown
        if each.place is not None and state is not None:
            record |= {"place": each.place, **state._asdict()}
        found.append(record)
    return FILES.from_records(found)
