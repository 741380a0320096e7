"""The addresses of databases: SQLAlchemy URLs of SQLite files and of servers."""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_SQLITE = "sqlite:///"


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite file at *path*."""
    return f"{_SQLITE}{quote(str(path.absolute()))}"


def sqlite_path(url: str) -> Path | None:
    """Return the file behind an SQLite URL, None for a server's."""
    return Path(unquote(url.removeprefix(_SQLITE))) if url.startswith("sqlite:") else None


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
