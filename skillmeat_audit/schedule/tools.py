"""Calls the platform's own tools, and writes the files they read."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from skillmeat_audit.model.errors import StateError
from skillmeat_audit.model.text import printable
from skillmeat_audit.schedule.job import MARK

_WAIT_SECONDS = 60


def call(tool: str, *arguments: str, given: str = "", fine: Sequence[int] = (0,)) -> str:
    """Return what *tool* printed; raise `StateError` where it is not there or fails.

    *given* is its standard input, *fine* the exit codes that are no failure.
    """
    path = shutil.which(tool)
    if path is None:
        raise StateError(f"{tool} is not installed here; choose another --kind, or print only")
    try:
        done = subprocess.run(
            [path, *arguments], input=given, capture_output=True, text=True, timeout=_WAIT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise StateError(f"{tool} cannot be run: {printable(exc)}") from exc
    if done.returncode not in fine:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise StateError(f"{tool} failed: {printable(said[-1] if said else done.returncode)}")
    return done.stdout


def is_ours(path: Path) -> bool:
    """Tell whether we wrote the file at *path*; raise `StateError` where it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return MARK in file.readline()
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise StateError(f"cannot read {printable(path)}: {exc.strerror or exc}") from exc


def put(path: Path, text: str) -> bool:
    """Write *text* to *path*; tell whether that changed it.

    Raises `StateError`, also where the file there is not ours.
    """
    if path.exists() and not is_ours(path):
        raise StateError(f"{printable(path)} is not ours; move it away first")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as exc:
        raise StateError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
    return True


def take_away(path: Path) -> bool:
    """Remove the file at *path* if it is ours; tell whether it was there. Raises `StateError`."""
    if not is_ours(path):
        return False
    try:
        path.unlink()
    except OSError as exc:
        raise StateError(f"cannot remove {printable(path)}: {exc.strerror or exc}") from exc
    return True
