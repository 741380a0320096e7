"""Reports an unexpected exception: one line, and the traceback in a file."""

import hashlib
import os
import platform
import re
import sys
import traceback
from collections.abc import Callable, Sequence

from skillmeat_audit import __version__
from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.folders import default_state_folder
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import secrets_in
from skillmeat_audit.ui.cli.streams import print_error

# postgresql://user:S3CRET@host/db, json://token@host; a file's URL has no secret and helps
_URL = re.compile(r"(?!sqlite|file)\b([a-z][a-z0-9+.-]{0,40})://[^\s'\"]+", re.IGNORECASE)
_SHORTEST_SECRET = 4  # masking a shorter one would reveal it
# Called with the line that reports a crash: reports and notices contain it too.
on_crash: list[Callable[[str], None]] = []


def report_crash(exc: Exception, arguments: Sequence[str]) -> None:
    """Print in one line what happened and where the traceback is; then call `on_crash`.

    The traceback is in a file that only its owner can read, on stderr with ``--traceback`` or where
    no file can be written. Neither holds a URL or a secret of *arguments*.
    """
    secrets = _secrets(arguments)
    reason = masked("".join(traceback.format_exception_only(exc)).strip(), secrets)
    reason = f"{_kind(exc)}: {reason.splitlines()[0]}"
    text = traceback_of(exc, arguments)
    path = None if "--traceback" in arguments else _saved(text)
    where = f"; the traceback is in {path}" if path else "; the traceback follows"
    print_error(f"skillmeat-audit: {printable(reason + where)}")
    for note in getattr(exc, "__notes__", ()):
        print_error(f"skillmeat-audit: {printable(note)}")
    if path is None:
        print_error(text)
    for act in on_crash:
        act("; ".join([reason, *(masked(note, secrets) for note in getattr(exc, "__notes__", ()))]))


def _kind(exc: Exception) -> str:
    match exc:
        case MemoryError():
            return "not enough memory"
        case ImportError():
            return "a library cannot be loaded, for lack of memory or by a broken installation"
        case _:
            return "unexpected error, a bug of skillmeat-audit"


def traceback_of(exc: Exception, arguments: Sequence[str]) -> str:
    """Return the traceback of *exc*, with versions and *arguments*, without secrets."""
    text = (
        f"skillmeat-audit {__version__}, Python {sys.version.split()[0]}, {platform.platform()}\n"
        f"arguments: {printable(list(arguments))}\n\n{''.join(traceback.format_exception(exc))}"
    )
    return masked(text.rstrip(), _secrets(arguments))


def masked(text: str, secrets: set[str]) -> str:
    """Return *text* without *secrets* and with no more of a server's URL than its scheme."""
    text = _URL.sub(r"\1://…", text)
    # The longest first: a shorter one may be a part of it, and would leave the rest readable.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _secrets(arguments: Sequence[str]) -> set[str]:
    named = [value for name, value in os.environ.items() if name == "PGPASSWORD"]
    secrets = set(named).union(*map(secrets_in, arguments))
    return {each for each in secrets if len(each) >= _SHORTEST_SECRET}


def _saved(text: str) -> str | None:
    """Write *text* to a file in the state folder; return its path, None where that fails.

    Its name is a digest: a crash that recurs every night leaves one file.
    """
    try:
        folder = default_state_folder()
        # A message may hold lone surrogates: of names that are not UTF-8.
        content = text.encode("utf-8", "backslashreplace")
        path = folder / f"crash-{hashlib.sha256(content).hexdigest()[:12]}.log"
        make_folder(folder, mode=0o700)
        write_whole(path, content, mode=0o600)
    # Reporting a crash must not fail: then the traceback goes to stderr.
    except (OSError, AuditError):
        return None
    return str(path)
