"""Waits for changes of a home's files and cache (extra ``watch``)."""

import os
from collections.abc import Iterator
from pathlib import Path

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.extras import install_command
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.loaders.home import find_home, home_state_folder

# SQLite's index of the log: readers write it too, and it holds no data.
_IGNORED_SUFFIXES = ("-shm",)
_QUIET_MS, _LONGEST_MS, _POLL_MS = 400, 3000, 200
_DATABASE_FILES = ("", "-wal", "-journal")


def require_watchfiles() -> None:
    """Raise `UsageError` where the extra ``watch`` is not installed."""
    try:
        import watchfiles  # noqa: F401, PLC0415 - an extra
    except ModuleNotFoundError as exc:
        raise UsageError(
            f"--watch needs watchfiles, which is not installed; run: {install_command('watch')}"
        ) from exc


def changed_paths(
    home: PathLike, database: PathLike | None, state_dir: PathLike | None
) -> Iterator[list[str]]:
    """Yield the paths that changed, each time that *home* or its cache was quiet again.

    The first list comes when watching has begun, and may be empty: what changes from then on is in
    one of the next, also while the caller is busy.
    Paths are relative to the home, or absolute where the database is elsewhere. A cache on a server
    is not watched. Ends with `KeyboardInterrupt` at any signal that Python handles.
    """
    from watchfiles import watch  # noqa: PLC0415 - an extra

    found_home = find_home(home, database)
    if found_home.tenant is not None:
        raise UsageError("an enterprise database cannot be watched: a server does not tell changes")
    root = found_home.root.resolve()
    state = str(home_state_folder(home, state_dir).resolve())
    outside = _database_outside(root, found_home.database)
    before = _states(outside)
    changes = watch(
        root,
        watch_filter=lambda _, path: (
            not path.endswith(_IGNORED_SUFFIXES) and not path.startswith(state)
        ),
        debounce=_LONGEST_MS,
        step=_QUIET_MS,
        rust_timeout=_POLL_MS,
        yield_on_timeout=True,
    )
    for number, batch in enumerate(changes):
        paths = sorted({os.path.relpath(path, root) for _, path in batch})
        if (after := _states(outside)) != before:
            before = after
            paths += outside[:1]
        if paths or number == 0:
            yield paths


def _database_outside(root: Path, url: str | None) -> list[str]:
    """Return the files of a database that is not below *root*: they are looked at, not watched."""
    path = None if url is None else sqlite_path(url)
    if path is None or Path(path).resolve().is_relative_to(root):
        return []
    return [f"{path}{suffix}" for suffix in _DATABASE_FILES]


def _states(paths: list[str]) -> list[tuple[int, int, int] | None]:
    return [_state(path) for path in paths]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
