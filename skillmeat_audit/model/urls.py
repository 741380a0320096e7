"""The addresses of databases: SQLAlchemy URLs of SQLite files and of servers."""

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

_SQLITE = "sqlite:///"


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite file that *path* really is: its logs lie beside that file."""
    return f"{_SQLITE}{quote(os.fsencode(os.path.realpath(path)))}"


def sqlite_path(url: str) -> Path | None:
    """Return the file behind an SQLite URL, None for a server's."""
    if not url.startswith("sqlite:"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(url.removeprefix(_SQLITE))))


def without_password(url: str) -> str:
    """Return a database *url* without the password in its authority or its query."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    login, at, host = parts.netloc.rpartition("@")
    query = "&".join(
        each for each in parts.query.split("&") if each.partition("=")[0].lower() != "password"
    )
    user = login.partition(":")[0]
    return parts._replace(netloc=f"{user}{at}{host}", query=query).geturl()
