"""Loads the layers of a home together."""

import sys
from collections.abc import Iterable, Sequence
from typing import TypedDict, TypeVar, Unpack

import pandas as pd

from skillmeat_audit.base.arrow import release_memory
from skillmeat_audit.base.errors import HomeError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.base.text import printable
from skillmeat_audit.loaders.cache import load_cache
from skillmeat_audit.loaders.disk import load_absolute_paths, load_undeclared
from skillmeat_audit.loaders.enterprise import load_enterprise
from skillmeat_audit.loaders.frontmatter import load_frontmatter
from skillmeat_audit.loaders.home import find_home, home_state_folder
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.loaders.parse_cache import ParseCache
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.snapshot import Cache, Snapshot
from skillmeat_audit.model.tables import PROBLEMS

Step = TypeVar("Step")


class Reading(TypedDict, total=False):
    """How the files of a home are read.

    ``progress`` shows a bar when reading takes longer than a second; None: if stderr is a terminal.
    ``parse_cache`` keeps the parsed files of a large home, so that only changed files are read
    again; False reads all files and keeps nothing. ``state_dir`` is the folder of that cache and of
    the journals, which show the rows that repairs wrote; default: the platform's state folder.
    ``allow_links`` are folders outside a collection that links in it may lead to (the setting
    ``allow-links``).
    """

    progress: bool | None
    parse_cache: bool
    state_dir: PathLike | None
    allow_links: Sequence[PathLike]


def load_snapshot(
    home: PathLike, database: PathLike | None = None, **reading: Unpack[Reading]
) -> Snapshot:
    """Return the layers of *home*, loaded together and not compared.

    The arguments are those of `skillmeat_audit.api.audit.audit`.
    """
    resolved = find_home(home, database, reading.get("allow_links", ()))
    if resolved.tenant is not None:
        return load_enterprise(resolved)
    parsed = _parse_cache(resolved, reading)
    with without_gc():
        return _load(resolved, parsed, reading.get("progress"))


def _load(home: Home, parsed: ParseCache, progress: bool | None) -> Snapshot:
    # The cache first: an import writes the entry before the row, so a row that is read has its
    # entry in the manifests that are read afterwards.
    cache = load_cache(home.database) if home.database else Cache()
    release_memory()  # a manifest is the largest thing to come: 8 kB per entry
    manifests = load_manifests(home, parsed)
    frontmatter = load_frontmatter(
        home,
        manifests.entries,
        parsed,
        lambda files: with_progress(files, progress, "reading artifacts"),
    )
    problems = [
        manifests.problems,
        cache.problems,
        load_undeclared(home, manifests.entries),
        load_absolute_paths(home, manifests.entries),
    ]
    return Snapshot(
        home=home,
        cache=cache,
        manifest=manifests.entries,
        frontmatter=frontmatter,
        problems=_joined(problems),
        may_hide_entries=manifests.may_hide_entries,
        from_parse_cache=parsed.is_used,
    )


def _joined(problems: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return ``PROBLEMS`` of all loaders, in their order; nearly always there is none or few."""
    parts = [frame for frame in problems if not frame.empty]
    return PROBLEMS.conform(pd.concat(parts)) if parts else PROBLEMS.empty()


def confirm_evidence(snapshot: Snapshot) -> None:
    """Read files that came from the parse cache again; raise `HomeError` if one has changed.

    The parse cache can be wrong about a file (`loaders.parse_cache`), so no plan rests on it.
    """
    if snapshot.from_parse_cache and (changed := changed_evidence(snapshot)):
        raise HomeError(
            f"{printable(changed)} differs from what the audit read or took from its cache; "
            "audit again with parse_cache=False"
        )


def changed_evidence(snapshot: Snapshot) -> str | None:
    """Return the first artifact whose front matter differs from *snapshot*, None if none does.

    Reads all files again. Returns "the manifests" if the entries differ.
    """
    entries = load_manifests(snapshot.home).entries
    if not entries.equals(snapshot.manifest):
        return "the manifests"
    # A touch changes the time and nothing that a plan rests on.
    files = load_frontmatter(snapshot.home, entries).drop(columns="modified_at")
    before = snapshot.frontmatter.drop(columns="modified_at")
    if files.equals(before):
        return None
    # `==` gives <NA> where either is null.
    same = (files == before).fillna(value=False) | (files.isna() & before.isna())
    return str(entries["artifact_id"][~same.all(axis=1)].iloc[0])


def with_progress(steps: Iterable[Step], progress: bool | None, label: str) -> Iterable[Step]:
    """Return *steps* with a progress bar named *label*, shown after a second.

    *progress* is as in `audit`.
    """
    if not (sys.stderr.isatty() if progress is None else progress):
        return steps
    from tqdm.auto import tqdm  # noqa: PLC0415 - only if a bar is shown

    bar: Iterable[Step] = tqdm(steps, desc=label, unit="", delay=1, leave=False)
    return bar


def _parse_cache(home: Home, reading: Reading) -> ParseCache:
    if not reading.get("parse_cache", True):
        return ParseCache(None)
    return ParseCache(home_state_folder(home.root, reading.get("state_dir")))
