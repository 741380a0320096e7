"""The addresses of databases: SQLAlchemy URLs of SQLite files and of servers."""

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

_SQLITE = "sqlite:///"
_SERVERS = ("postgresql://", "postgresql+psycopg://")
_TENANT = "tenant="
# Keys that libpq marks as passwords (PQconninfoOption.dispchar is "*"), and those of other drivers.
# ``passfile`` and ``sslkey`` name files and are not secret.
_SECRET_KEY = re.compile(r"pass(?!file)|pwd|secret|token|scram_(client|server)_key", re.IGNORECASE)
_SECRET_PAIR = re.compile(
    r"(pass(?!file)|pwd|secret|token)\w*\s*=|://[^/@]*:[^/@]*@", re.IGNORECASE
)


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite file at *path*, resolved: its logs are beside that file."""
    return f"{_SQLITE}{quote(os.fsencode(os.path.realpath(path)))}"


def sqlite_uri(path: str | os.PathLike[str], mode: str) -> str:
    """Return the URI under which SQLite opens the file at *path*, whatever its name."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}"


def sqlite_path(url: str) -> Path | None:
    """Return the file behind an SQLite URL, None for a server's."""
    if not url.startswith("sqlite:"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(url.removeprefix(_SQLITE))))


def is_parseable(url: str) -> bool:
    """Return True if the parts of a server's *url*, the password among them, are unambiguous.

    An unescaped ``@``, ``/``, ``?`` or ``#`` in a password shifts everything after it.
    """
    try:
        parts = urlsplit(url)
        # urlsplit raises ValueError for a port that is not a number, when it is read.
        return parts.port != 0 and url.count("@") == parts.netloc.count("@") <= 1
    except ValueError:
        return False


def is_server(address: object) -> bool:
    """Return True if *address* is the URL of a PostgreSQL server."""
    return isinstance(address, str) and address.startswith(_SERVERS)


def with_tenant(url: str, tenant: str) -> str:
    """Return the database *url* with a *tenant* in its query."""
    return f"{url}{'&' if '?' in url else '?'}{_TENANT}{tenant}"


def split_tenants(url: str) -> tuple[str, list[str]]:
    """Return *url* without the tenants in its query, and these."""
    address, _, query = url.partition("?")
    pairs = query.split("&") if query else []
    rest = "&".join(pair for pair in pairs if not pair.startswith(_TENANT))
    tenants = [pair.removeprefix(_TENANT) for pair in pairs if pair.startswith(_TENANT)]
    return f"{address}?{rest}" if rest else address, tenants


def without_password(url: str) -> str:
    """Return a database *url* without the secrets in its authority and its query.

    Of a server's URL with ambiguous parts only the scheme is left.
    """
    if sqlite_path(url) is not None:
        return url
    if not is_parseable(url):
        return f"{url.partition('://')[0]}://…"
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    query = "&".join(pair for pair in parts.query.split("&") if not _is_secret(pair))
    user = login.partition(":")[0]
    shown = f"{parts.scheme}://{user}{at}{host}{parts.path}"  # urllib loses an empty host
    return f"{shown}?{query}" if query else shown


def secrets_in(text: str) -> set[str]:
    """Return the secrets in *text*, a URL or ``--option=URL``, as given and decoded."""
    if "://" not in text:
        return {text} if contains_secret(text) else set()
    login = text.partition("://")[2].rpartition("@")[0]
    pairs = text.partition("?")[2].split("&")
    values = [login.partition(":")[2], *(p.partition("=")[2] for p in pairs if _is_secret(p))]
    return {form for value in values for form in (value, _decoded(value)) if form}


def contains_secret(text: str) -> bool:
    """Return True if *text* is a connection string with a secret: ``host=h password=…``."""
    return _SECRET_PAIR.search(text) is not None


def _is_secret(pair: str) -> bool:
    """Return True if ``key=value`` is or contains a secret (``odbc_connect=…PWD=…``)."""
    key, _, value = pair.partition("=")
    return bool(_SECRET_KEY.search(_decoded(key))) or contains_secret(_decoded(value))


def _decoded(text: str) -> str:
    """Return *text* without percent-encoding, also if it was encoded several times."""
    # passwor%2564 is decoded twice by a URL inside of a URL: odbc_connect, dbname=postgresql://…
    while (decoded := unquote(text)) != text:
        text = decoded
    return text
