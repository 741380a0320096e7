"""Calls the platform's own tools, and writes the files they read."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.job import OWNER_MARK

_WAIT_SECONDS = 60
_WAY_OUT = "choose another --kind, or print only"


def run_tool(tool: str, *arguments: str, given: str = "", harmless: str | None = None) -> str:
    """Return what *tool* printed; raise `StateError` where it is not there or fails.

    *given* is its standard input; a failure whose message matches *harmless* is none.
    """
    path = shutil.which(tool)
    if path is None:
        raise StateError(f"{tool} is not installed here; {_WAY_OUT}")
    try:
        done = subprocess.run(
            [path, *arguments], input=given, capture_output=True, timeout=_WAIT_SECONDS,
            encoding="utf-8", errors="surrogateescape", env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise StateError(f"{tool} cannot be run: {printable(exc)}") from exc
    if done.returncode and not (harmless and re.search(harmless, done.stderr)):
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = printable(said[-1] if said else done.returncode)
        raise StateError(f"{tool} failed: {reason}; {_WAY_OUT}")
    return done.stdout


def is_owned(path: Path) -> bool:
    """Tell whether we wrote the file at *path*; raise `StateError` where it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return OWNER_MARK in file.readline()
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise StateError(f"cannot read {printable(path)}: {exc.strerror or exc}") from exc


def write_owned(path: Path, text: str) -> bool:
    """Write *text* to *path*; tell whether that changed it.

    Raises `StateError`, also where the file there is not ours.
    """
    if path.exists() and not is_owned(path):
        raise StateError(f"{printable(path)} is not ours; move it away first")
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        make_folder(path.parent, durable=True)
        write_whole(path, text.encode(), durable=True)
    except OSError as exc:
        raise StateError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
    return True


def remove_owned(path: Path) -> bool:
    """Remove the file at *path* if it is ours; tell whether it was there. Raises `StateError`."""
    if not is_owned(path):
        return False
    try:
        path.unlink()
    except OSError as exc:
        raise StateError(f"cannot remove {printable(path)}: {exc.strerror or exc}") from exc
    return True
