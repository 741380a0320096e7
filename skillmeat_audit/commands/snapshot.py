"""Loads the layers of a home together."""

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pandas as pd

from skillmeat_audit.loaders.cache import load_cache, no_cache
from skillmeat_audit.loaders.disk import load_undeclared
from skillmeat_audit.loaders.frontmatter import load_frontmatter
from skillmeat_audit.loaders.home import find_home
from skillmeat_audit.loaders.index import Index
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.model.snapshot import Home, Snapshot
from skillmeat_audit.model.state import state_folder
from skillmeat_audit.model.tables import PROBLEMS

Step = TypeVar("Step")


def load_snapshot(
    home: str | os.PathLike[str],
    database: str | os.PathLike[str] | None = None,
    *,
    progress: bool | None = None,
    index: bool | str | os.PathLike[str] = True,
) -> Snapshot:
    """Return the layers of *home*, loaded together and nothing of them judged.

    The arguments are those of `skillmeat_audit.commands.audit.audit`.
    """
    place = find_home(home, database)
    with _uncollected():
        return _load(place, _index(place, index), progress)


def _load(place: Home, known: Index, progress: bool | None) -> Snapshot:
    cache = load_cache(place.database) if place.database else no_cache()
    manifests = load_manifests(place, known)
    frontmatter = load_frontmatter(
        place, manifests.entries, known, lambda files: tracked(files, progress, "reading artifacts")
    )
    problems = [manifests.problems, cache.problems, load_undeclared(place, manifests.entries)]
    return Snapshot(
        home=place,
        era=cache.era,
        identity=cache.identity,
        columns=cache.columns,
        manifest=manifests.entries,
        frontmatter=frontmatter,
        rows=cache.rows,
        collections=cache.collections,
        catalog=cache.catalog,
        sources=cache.sources,
        problems=PROBLEMS.conform(pd.concat(problems, ignore_index=True)),
        catalog_known=cache.catalog_known,
        may_hide_entries=manifests.may_hide_entries,
    )


def tracked(steps: Iterable[Step], progress: bool | None, said: str) -> Iterable[Step]:
    """Return *steps* with a bar that says *said*, where they take longer than a second.

    *progress* is as in `audit`.
    """
    if not (sys.stderr.isatty() if progress is None else progress):
        return steps
    from tqdm.auto import tqdm  # noqa: PLC0415 - only where somebody looks

    bar: Iterable[Step] = tqdm(steps, desc=said, unit="", delay=1, leave=False)
    return bar


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: a hundred thousand records hold none, and looking costs."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _index(home: Home, wanted: bool | str | os.PathLike[str]) -> Index:
    if wanted is False:
        return Index(None)
    given = None if wanted is True else Path(wanted).expanduser()
    return Index(state_folder(str(home.root.resolve()), given))
