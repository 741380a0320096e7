"""Examines the installation: versions, extras, settings, home, state folder, schedule."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from skillmeat_audit import __version__
from skillmeat_audit.api.report import LOCK_NAME
from skillmeat_audit.api.schedule import default_kind, status
from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.extras import extras, install_command, installed_version
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.loaders.home import (
    DEFAULT_HOME,
    file_collections,
    find_home,
    home_state_folder,
)
from skillmeat_audit.loaders.settings import default_settings_file, load_settings
from skillmeat_audit.model.condition import Condition
from skillmeat_audit.repair.run_folders import read_runs

_LIBRARIES = ("pandas", "pyarrow", "SQLAlchemy", "msgspec", "click", "rich", "tomlkit")


def examine(
    home: PathLike = DEFAULT_HOME,
    *,
    database: str | None = None,
    state_dir: PathLike | None = None,
    config: Path | None = None,
) -> list[Condition]:
    """Return the condition of every part that a verb on *home* depends on; nothing is written."""
    return [
        *_software(),
        *_extras(),
        _settings(config),
        _home(home, database),
        *_state(home, state_dir),
        _schedule(home),
        _skillmeat(),
    ]


def _software() -> Iterator[Condition]:
    yield Condition(TOOL, "ok", f"{__version__}, in {Path(__file__).parent.parent}")
    yield Condition("Python", "ok", f"{sys.version.split()[0]}, {sys.executable}")
    versions = {name: installed_version(name) for name in _LIBRARIES}
    detail = ", ".join(f"{name} {number or 'missing'}" for name, number in versions.items())
    yield Condition("libraries", "ok" if all(versions.values()) else "fault", detail)


def _extras() -> Iterator[Condition]:
    for extra, packages in sorted(extras().items()):
        missing = [name for name, number in packages.items() if number is None]
        if missing:
            detail = f"not installed: {', '.join(missing)}"
            yield Condition(f"extra {extra}", "note", detail, install_command(extra))
        else:
            detail = ", ".join(f"{name} {number}" for name, number in packages.items())
            yield Condition(f"extra {extra}", "ok", detail)


def _settings(config: Path | None) -> Condition:
    path = config or default_settings_file()
    try:
        load_settings(config)
    except AuditError as exc:
        return Condition("settings", "fault", str(exc))
    if path.exists():
        return Condition("settings", "ok", str(path))
    return Condition("settings", "ok", f"defaults; there is no {path}")


def _home(home: PathLike, database: str | None) -> Condition:
    try:
        found_home = find_home(home, database)
        if found_home.tenant is not None:
            return Condition("home", "ok", f"{found_home.name}, an enterprise database")
        collections = len(file_collections(found_home))
    except AuditError as exc:
        return Condition("home", "fault", str(exc))
    cache = found_home.database
    detail = f"{found_home.root}, file collections: {collections}"
    if cache is None:
        return Condition("home", "note", f"{detail}, no cache yet", "start SkillMeat once")
    return Condition("home", "ok", f"{detail}, cache: {without_password(cache)}")


def _state(home: PathLike, state_dir: PathLike | None) -> Iterator[Condition]:
    try:
        folder = home_state_folder(home, state_dir)
        runs = read_runs(folder)
    except AuditError as exc:
        yield Condition("state folder", "fault", str(exc))
        return
    # The folder is made with the first run: until then its parent decides.
    parent = next(each for each in (folder, *folder.parents) if each.exists())
    is_writable = os.access(parent, os.W_OK)
    detail = f"{folder}, runs: {len(runs)}" + ("" if folder.exists() else ", not created yet")
    way_out = "" if is_writable else "name another with --state-dir"
    yield Condition("state folder", "ok" if is_writable else "fault", detail, way_out)
    unsettled = [run.run for run in runs if run.state in ("interrupted", "damaged")]
    if unsettled:
        advice = f"{TOOL} runs HOME settles and explains them"
        yield Condition("runs", "fault", f"interrupted or damaged: {', '.join(unsettled)}", advice)
    yield _lock(folder / LOCK_NAME)


def _lock(path: Path) -> Condition:
    """Return whether a scheduled report holds the lock file at *path*, which is not created."""
    try:
        with path.open() as file:
            # Shared, as two doctors at a time must not take each other for a report.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return Condition("lock", "ok", "free")
    except BlockingIOError:
        return Condition("lock", "note", f"a report is in progress: it holds {path}")
    except OSError as exc:
        return Condition("lock", "fault", f"cannot read {path}: {exc.strerror or exc}")
    return Condition("lock", "ok", "free")


def _schedule(home: PathLike) -> Condition:
    kind = default_kind()
    try:
        lines = status(home, kind).splitlines()
    except AuditError as exc:
        return Condition("schedule", "note", f"{kind}: {exc}")
    return Condition("schedule", "ok", f"{kind}: {lines[0] if lines else 'none'}")


def _skillmeat() -> Condition:
    if number := installed_version("skillmeat"):
        return Condition("SkillMeat", "ok", f"{number}, in this environment")
    if path := shutil.which("skillmeat"):
        return Condition("SkillMeat", "ok", path)
    return Condition("SkillMeat", "note", "not found; only --service skillmeat requires it")
