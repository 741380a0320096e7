"""Loads the front matter of every manifest entry's files: what the author wrote about the artifact.

Which file is read, and how its fields are taken, follows SkillMeat's ``extract_artifact_metadata``.
Nothing outside the collection's folder is read: manifest paths are untrusted.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.loaders.artifact_files import Located, locate
from skillmeat_audit.loaders.parse_cache import STATE_COLUMNS, ParseCache, states_array, states_in
from skillmeat_audit.loaders.workers import ParsedFile, ParseTask, Record, parse_all
from skillmeat_audit.model.contracts import Table, text
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.tables import FRONTMATTER

Track = Callable[[Iterable[ParseTask]], Iterable[ParseTask]]
Positions = npt.NDArray[np.int_]


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
    home: Home, manifest: pd.DataFrame, cache: ParseCache | None = None, track: Track = iter
) -> pd.DataFrame:
    """Return ``FRONTMATTER``: one row per row of *manifest*, in its order.

    Files that are unchanged in *cache* are not read again; *track* wraps those that are (a progress
    bar).
    """
    cache = cache or ParseCache(None)
    cached = cache.load(FILES)
    if cached.empty:
        fresh = files = _read_all(home, manifest, track)
    else:
        located = _located(home, manifest)
        position = _positions(located, cached)
        changed = [file for file, row in zip(located, position, strict=True) if row < 0]
        fresh = _read(changed, track)
        files = _merged(cached, fresh, position)
    if cache.is_stored(len(files)) and fresh["place"].notna().any():
        cache.store(FILES, files[files["place"].notna()].drop_duplicates("place"))
    return FRONTMATTER.build(
        {name: manifest[name] if name == "entry" else files[name] for name in FRONTMATTER.columns}
    )


def _merged(cached: pd.DataFrame, fresh: pd.DataFrame, position: Positions) -> pd.DataFrame:
    """Return the rows of *cached* at each *position*, and those of *fresh* where it is negative."""
    if fresh.empty and len(cached) == len(position) and (np.diff(position) == 1).all():
        return cached
    order = np.where(position >= 0, position, len(cached) + np.cumsum(position < 0) - 1)
    return pd.concat([cached, fresh], ignore_index=True).take(order)


def _read_all(home: Home, manifest: pd.DataFrame, track: Track) -> pd.DataFrame:
    """Return ``FILES``, a row per entry; a file is looked for only where it cannot be read."""
    files = _read(_located(home, manifest, looking=False), track)
    failed = (files["state"] == "unreadable").to_numpy(dtype=bool)
    if not failed.any():
        return files
    position = np.where(failed, -1, np.arange(len(files)))
    return _merged(files, _read(_located(home, manifest[failed]), iter), position)


def _located(home: Home, manifest: pd.DataFrame, *, looking: bool = True) -> list[Located | Record]:
    """Return the file of each entry, or a record of why there is none to read; see `locate`."""
    columns = (to_objects(manifest[name]) for name in ("file_collection", "path", "type"))
    folders: dict[str, Confined] = {}
    located = []
    with Descent() as descent:
        for collection, path, kind in zip(*columns, strict=True):
            if collection not in folders:
                folders[collection] = Confined(
                    home.collections, collection, descent, home.link_roots
                )
            located.append(locate(folders[collection], path, kind, looking=looking))
    return located


def _positions(located: Sequence[Located | Record], cached: pd.DataFrame) -> Positions:
    """Return the row of *cached* that holds each file in its present state, -1 for none."""
    rows = {key: row for row, key in enumerate(to_objects(cached["place"]))}
    current = [
        (file.cache_key, file.state) if isinstance(file, Located) else (None, None)
        for file in located
    ]
    position = np.array([rows.get(key, -1) for key, _ in current])
    states = states_array([state for _, state in current])
    return np.where((states_in(cached)[position] == states).all(axis=1), position, -1)


def _read(located: Sequence[Located | Record], track: Track) -> pd.DataFrame:
    """Return ``FILES``: the records of *located*; ``place`` is null if one cannot be cached."""
    tasks = [file.task for file in located if isinstance(file, Located)]
    results = iter(parse_all(tasks, track))
    parsed = [next(results) if isinstance(file, Located) else ParsedFile(file) for file in located]
    records = [file.record for file in parsed]
    states = states_array([file.state for file in parsed])
    return FILES.build(
        {name: [record.get(name) for record in records] for name in FRONTMATTER.columns}
        | dict(zip(STATE_COLUMNS, states.T, strict=True))
        | {
            "file": [file.display_path if isinstance(file, Located) else None for file in located],
            "modified_at": [file.modified_at for file in parsed],
            "place": [
                file.cache_key if isinstance(file, Located) and content.state else None
                for file, content in zip(located, parsed, strict=True)
            ],
        }
    )
