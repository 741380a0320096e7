"""Where what outlives a run is kept: journals, backups, history and index, a folder per home."""

import hashlib
import os
import re
import stat
from pathlib import Path

import platformdirs

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable

_WAY_OUT = "remove it, or name another with --state-dir"


def default_state_folder() -> Path:
    """Return the platform's state folder for this program; raise `StateError` if others can write.

    `state_folder` is the folder of a home in it.
    """
    folder = Path(platformdirs.user_state_dir(TOOL))
    _check_parent(folder)
    return folder


def state_folder(home: str, given: Path | None = None) -> Path:
    """Return the folder of a home's state, in *given* or in the platform's state folder.

    Its name can be predicted. Raises `StateError` where somebody else prepared it: what is written
    would be theirs to read or change, and what is read would be theirs.
    """
    base = default_state_folder() if given is None else given
    _check_parent(base)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(home).parent.name).strip("-.") or "home"
    folder = base / f"{name[:40]}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    _check_private(folder)
    return folder


def _check_private(folder: Path) -> None:
    """Refuse *folder* where it is a link, of another owner, or writable by others."""
    found = _status(folder, follow=False)
    if found is None:
        return
    place = f"the state folder {printable(folder)}"
    if stat.S_ISLNK(found.st_mode):
        raise StateError(f"{place} is a link; {_WAY_OUT}")
    if not stat.S_ISDIR(found.st_mode):
        raise StateError(f"{place} is not a folder; {_WAY_OUT}")
    if found.st_uid != os.geteuid():
        raise StateError(f"{place} belongs to another user (uid {found.st_uid}); {_WAY_OUT}")
    if found.st_mode & 0o022:
        raise StateError(f"{place} can be written by others; chmod go-w it, or {_WAY_OUT}")


def _check_parent(base: Path) -> None:
    """Refuse *base* where another user could exchange what lies in it.

    It may be a link, and a folder of root's; with the sticky bit only owners rename (unlink(2)).
    """
    found = _status(base, follow=True)
    if found is None:
        return
    place = f"the folder {printable(base)} for state"
    if found.st_uid not in (0, os.geteuid()):
        raise StateError(f"{place} belongs to another user (uid {found.st_uid}); {_WAY_OUT}")
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise StateError(f"{place} can be written by everybody; chmod o-w it, or {_WAY_OUT}")


def _status(path: Path, *, follow: bool) -> os.stat_result | None:
    """Return the status of *path*, None where there is none: it is made when it is needed."""
    try:
        return os.stat(path, follow_symlinks=follow)
    except OSError:  # what is out of reach fails with its own reason when it is used
        return None
