"""Calls the platform's schedulers, and writes and removes the files that they read."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.job import OWNER_MARK

_WAIT_SECONDS = 60
_WAY_OUT = "choose another --kind, or print the schedule without --install"


def run_tool(tool: str, *arguments: str, stdin: str = "", ok_errors: str | None = None) -> str:
    """Return the output of *tool*; raise `StateError` where it is missing or fails.

    A failure whose message matches the pattern *ok_errors* counts as success.
    """
    path = shutil.which(tool)
    if path is None:
        raise StateError(f"{tool} is not installed; {_WAY_OUT}")
    try:
        result = subprocess.run(
            [path, *arguments],
            input=stdin,
            capture_output=True,
            timeout=_WAIT_SECONDS,
            encoding="utf-8",
            errors="surrogateescape",
            # The messages are compared with English ones.
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise StateError(f"{tool} cannot be run: {printable(exc)}") from exc
    if result.returncode and not (ok_errors and re.search(ok_errors, result.stderr)):
        lines = (result.stderr or result.stdout).strip().splitlines()
        reason = printable(lines[-1] if lines else f"exit code {result.returncode}")
        raise StateError(f"{tool} failed: {reason}; {_WAY_OUT}")
    return result.stdout


def is_owned(path: Path) -> bool:
    """Return whether this program wrote the file at *path* (its first line); raise `StateError`."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return OWNER_MARK in file.readline()
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise StateError(f"cannot read {printable(path)}: {exc.strerror or exc}") from exc


def write_owned(path: Path, text: str) -> bool:
    """Write *text* to *path*; return whether that changed the file.

    Raises `StateError`, also where the existing file is not owned.
    """
    if path.exists() and not is_owned(path):
        raise StateError(f"{printable(path)} was not written by {TOOL}; move it away first")
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        make_folder(path.parent, durable=True)
        write_whole(path, text.encode(), durable=True)
    except OSError as exc:
        raise StateError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
    return True


def remove_owned(path: Path) -> bool:
    """Remove the file at *path* if it is owned; return whether it was. Raises `StateError`."""
    if not is_owned(path):
        return False
    try:
        path.unlink()
    except OSError as exc:
        raise StateError(f"cannot remove {printable(path)}: {exc.strerror or exc}") from exc
    return True
