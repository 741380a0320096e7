"""The state folder: journals, backups, history and parse cache, a folder per home."""

import hashlib
import os
import re
import stat
from pathlib import Path

import platformdirs

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import is_server

PathLike = str | os.PathLike[str]

_WAY_OUT = "remove it, or name another with --state-dir"


def short_path(path: PathLike) -> str:
    """Return *path* as people type it: ``~/…`` below the user's folder, else absolute.

    The address of a server is returned as it is.
    """
    if is_server(path):
        return str(path)
    try:
        # Not `Path.resolve`: a link stays as it was given.
        absolute = os.path.abspath(os.path.expanduser(path))
    except OSError:  # the working folder was deleted
        return os.fspath(path)
    user = os.path.expanduser("~").rstrip("/")
    below = bool(user) and absolute.startswith(f"{user}/")
    return f"~{absolute[len(user) :]}" if below else absolute


def default_state_folder() -> Path:
    """Return the platform's state folder for this program; `state_folder` is the one of a home.

    Raises `StateError` if other users can write to it.
    """
    folder = Path(platformdirs.user_state_dir(TOOL))
    _check_parent(folder)
    return folder


def state_folder(home: str, given: Path | None = None) -> Path:
    """Return the state folder of *home*, in *given* or in the platform's state folder.

    Its name is predictable. Raises `StateError` if another user may have prepared it: they could
    read and change what is written, and choose what is read.
    """
    base = default_state_folder() if given is None else given
    _check_parent(base)
    # The name is for people ("alice"), the digest keeps homes of the same name apart.
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(home).parent.name).strip("-.") or "home"
    folder = base / f"{name[:40]}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    _check_private(folder)
    return folder


def _check_private(folder: Path) -> None:
    """Refuse *folder* if it is a link, has another owner, or is writable by others."""
    status = _status(folder, follow=False)
    if status is None:
        return
    subject = f"the state folder {printable(folder)}"
    if stat.S_ISLNK(status.st_mode):
        raise StateError(f"{subject} is a link; {_WAY_OUT}")
    if not stat.S_ISDIR(status.st_mode):
        raise StateError(f"{subject} is not a folder; {_WAY_OUT}")
    if status.st_uid != os.geteuid():
        raise StateError(f"{subject} belongs to another user (uid {status.st_uid}); {_WAY_OUT}")
    if status.st_mode & 0o022:
        raise StateError(f"{subject} can be written by others; chmod go-w it, or {_WAY_OUT}")


def _check_parent(base: Path) -> None:
    """Refuse *base* if another user could replace what is in it.

    It may be a link, and belong to root; with the sticky bit only owners can rename (unlink(2)).
    """
    status = _status(base, follow=True)
    if status is None:
        return
    subject = f"the folder {printable(base)} for state"
    if status.st_uid not in (0, os.geteuid()):
        raise StateError(f"{subject} belongs to another user (uid {status.st_uid}); {_WAY_OUT}")
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        raise StateError(f"{subject} can be written by everybody; chmod o-w it, or {_WAY_OUT}")


def _status(path: Path, *, follow: bool) -> os.stat_result | None:
    """Return the status of *path*, None if it does not exist yet."""
    try:
        return os.stat(path, follow_symlinks=follow)
    except OSError:  # an unreachable path fails with its own reason when it is used
        return None
