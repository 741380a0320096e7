"""The addresses of databases: SQLAlchemy URLs of SQLite files and of servers."""

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

_SQLITE = "sqlite:///"


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite file that *path* really is: its logs lie beside that file."""
    return f"{_SQLITE}{quote(os.fsencode(os.path.realpath(path)))}"


def sqlite_uri(path: str | os.PathLike[str], mode: str) -> str:
    """Return the URI under which SQLite itself opens the file at *path*, whatever its name."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}"


def sqlite_path(url: str) -> Path | None:
    """Return the file behind an SQLite URL, None for a server's."""
    if not url.startswith("sqlite:"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(url.removeprefix(_SQLITE))))


def is_sound(url: str) -> bool:
    """Tell whether the parts of a server's *url* can be told apart: only then its password can.

    An ``@``, ``/``, ``?`` or ``#`` that stands in a password unescaped moves all that follows it.
    """
    try:
        parts = urlsplit(url)
        return parts.port != 0 and url.count("@") == parts.netloc.count("@") <= 1
    except ValueError:
        return False


def without_password(url: str) -> str:
    """Return a database *url* without the password in its authority or its query."""
    if sqlite_path(url) is not None:
        return url
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    query = "&".join(
        each for each in parts.query.split("&") if each.partition("=")[0].lower() != "password"
    )
    user = login.partition(":")[0]
    shown = f"{parts.scheme}://{user}{at}{host}{parts.path}"  # urllib loses an empty host
    return f"{shown}?{query}" if query else shown
