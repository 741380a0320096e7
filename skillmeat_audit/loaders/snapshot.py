"""Loads the layers of a home together."""

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

import pandas as pd

from skillmeat_audit.base.errors import HomeError
from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.base.text import printable
from skillmeat_audit.loaders.cache import load_cache, no_cache
from skillmeat_audit.loaders.disk import load_undeclared
from skillmeat_audit.loaders.frontmatter import load_frontmatter
from skillmeat_audit.loaders.home import find_home
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.loaders.parse_cache import ParseCache
from skillmeat_audit.model.snapshot import Home, Snapshot
from skillmeat_audit.model.tables import PROBLEMS

Step = TypeVar("Step")


class Reading(TypedDict, total=False):
    """How the files of a home are read.

    ``progress`` shows a bar when reading takes longer than a second; None means: where stderr is a
    terminal. ``parse_cache`` remembers what a large home's files hold, and only files that changed
    are read again; False reads them all and remembers nothing. ``state_dir`` is where that is kept,
    and where the journals of repairs are looked for, which tell the rows that a repair wrote: the
    platform's state folder unless named. ``allow_links`` are folders outside a collection that
    links in it may lead to (the setting ``allow-links``).
    """

    progress: bool | None
    parse_cache: bool
    state_dir: str | os.PathLike[str] | None
    allow_links: Sequence[str | os.PathLike[str]]


def load_snapshot(
    home: str | os.PathLike[str],
    database: str | os.PathLike[str] | None = None,
    **reading: Unpack[Reading],
) -> Snapshot:
    """Return the layers of *home*, loaded together and nothing of them judged.

    The arguments are those of `skillmeat_audit.api.audit.audit`.
    """
    place = find_home(home, database, reading.get("allow_links", ()))
    parse_cache = _parse_cache(place, reading)
    with _uncollected():
        return _load(place, parse_cache, reading.get("progress"))


def _load(place: Home, known: ParseCache, progress: bool | None) -> Snapshot:
    cache = load_cache(place.database) if place.database else no_cache()
    manifests = load_manifests(place, known)
    frontmatter = load_frontmatter(
        place,
        manifests.entries,
        known,
        lambda files: with_progress(files, progress, "reading artifacts"),
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
        from_parse_cache=known.is_used,
    )


def confirm_evidence(snapshot: Snapshot) -> None:
    """Raise `HomeError` unless the files hold what *snapshot* says.

    They are read again where it came from the parse cache, which can be wrong about a file
    (`loaders.parse_cache`); no plan may rest on it.
    """
    if snapshot.from_parse_cache and (changed := changed_evidence(snapshot)):
        raise HomeError(
            f"{printable(changed)} differs from what the audit read or remembered; "
            "audit again with parse_cache=False"
        )


def changed_evidence(snapshot: Snapshot) -> str | None:
    """Return the first artifact whose manifest entry or front matter is not as in *snapshot*.

    All files are read again for it; "the manifests" where the entries are others. None where all of
    them hold what *snapshot* says.
    """
    entries = load_manifests(snapshot.home).entries
    if not entries.equals(snapshot.manifest):
        return "the manifests"
    files = load_frontmatter(snapshot.home, entries).drop(columns="modified_at")
    before = snapshot.frontmatter.drop(columns="modified_at")
    if files.equals(before):
        return None
    same = (files == before).fillna(value=False) | (files.isna() & before.isna())
    return str(entries["artifact_id"][~same.all(axis=1)].iloc[0])


def with_progress(steps: Iterable[Step], progress: bool | None, said: str) -> Iterable[Step]:
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


def _parse_cache(home: Home, reading: Reading) -> ParseCache:
    if not reading.get("parse_cache", True):
        return ParseCache(None)
    given = reading.get("state_dir")
    return ParseCache(
        state_folder(str(home.root.resolve()), None if given is None else Path(given).expanduser())
    )
