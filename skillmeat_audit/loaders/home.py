"""Finds a SkillMeat home, its cache and its file collections."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes
from uuid import UUID

import tomli

from skillmeat_audit.base.confined import name_text
from skillmeat_audit.base.errors import HomeError, UsageError
from skillmeat_audit.base.files import SETTINGS_LIMIT_BYTES, path_exists, read_regular, reason_of
from skillmeat_audit.base.folders import PathLike, state_folder
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import (
    contains_secret,
    is_parseable,
    is_server,
    split_tenants,
    sqlite_url,
    with_tenant,
    without_password,
)
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, MANIFEST_NAME
from skillmeat_audit.model.home import Home

DEFAULT_HOME = "~/.skillmeat"
_WAY_OUT = "repair the link or the permissions"
# 00000000-0000-4000-a000-000000000001, or the same without hyphens
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_PARTS = ("collections", "cache/cache.db", "config.toml")


def find_home(
    path: PathLike = DEFAULT_HOME,
    database: PathLike | None = None,
    link_roots: Sequence[PathLike] = (),
) -> Home:
    """Return the home at *path*: a ``.skillmeat`` folder, or the folder that holds it.

    *database* names another cache than the home's: a file, or an SQLAlchemy URL (SQLite,
    PostgreSQL).
    *link_roots* are folders that links in a collection may lead to.
    Instead of a folder, *path* may be the address of an enterprise database and its tenant,
    ``postgresql://…?tenant=UUID``, that is read as `loaders.enterprise` says.
    Raises `HomeError` if there is no home, `UsageError` for an unusable database address, and for
    a *path* that is not text or a path, as a notebook's parameter may be.
    """
    if is_server(path):
        if database is not None:
            raise UsageError("the home is an enterprise database: it has no other cache")
        return _enterprise_home(str(path))
    try:
        given = Path(os.path.expanduser(path))
    # papermill passes None, a number or a list where a notebook's parameter was mistyped.
    except TypeError as exc:
        shown = printable(repr(path))
        raise UsageError(f"the home is {shown}; give a path as text, such as ~/.skillmeat") from exc
    root, exists = _root(given)
    if root is not None:
        active, problem = _active_collection(root)
        address = None if database is None else os.fspath(database)
        roots = tuple(Path(os.path.expanduser(each)) for each in link_roots)
        return Home(root, _database(root, address), active, problem, roots)
    if not exists:
        raise HomeError(
            f"no SkillMeat home at {printable(given)}: there is no such folder; "
            "give its path, or set SKILLMEAT_AUDIT_HOME"
        )
    lacks = "it holds neither collections/ nor cache/cache.db"
    why = lacks if given.is_dir() else "it is not a folder"
    raise HomeError(
        f"no SkillMeat home at {printable(given)}: {why}; "
        "give a .skillmeat folder or the folder that holds it"
    )


def _root(given: Path) -> tuple[Path | None, bool]:
    """Return the home at or in *given*, and whether *given* exists at all."""
    try:
        os.path.abspath(given)  # fails if the working folder was deleted
        for root in (given / ".skillmeat", given):
            if any(path_exists(root / part) for part in _PARTS):
                return root, True
        return None, path_exists(given)
    except OSError as exc:
        raise HomeError(
            f"cannot reach the home at {printable(given)}: {exc.strerror or exc}; {_WAY_OUT}"
        ) from exc


def home_folder(path: PathLike = DEFAULT_HOME) -> Path:
    """Return the folder of the home at *path*, or the folder it would have."""
    try:
        return find_home(path).root
    except HomeError:
        given = Path(os.path.expanduser(path))
        return given if given.name == ".skillmeat" else given / ".skillmeat"


def home_state_folder(home: PathLike, state_dir: PathLike | None = None) -> Path:
    """Return the folder of *home* in *state_dir*, by default in the platform's state folder."""
    parent = None if state_dir is None else Path(state_dir).expanduser()
    return state_folder(os.path.realpath(home_folder(home)), parent)


def _database(root: Path, given: str | None) -> str | None:
    if given is None:
        return _default_cache(root / "cache" / "cache.db")
    scheme, separator, rest = given.partition("://")
    if not separator and not contains_secret(given):
        return _existing_file(Path(os.path.expanduser(given)))
    if scheme == "sqlite":
        # sqlite:////abs and sqlite:///rel, as SQLAlchemy has it: three slashes, then the path.
        return _existing_file(Path(os.fsdecode(unquote_to_bytes(rest.removeprefix("/")))))
    if is_server(given):
        return _server(given)
    raise UsageError(
        f"cannot read a database of the kind {printable(scheme) if separator else 'key=value'}; "
        "give a file, sqlite:///… or postgresql+psycopg://…"
    )


def _server(given: str) -> str:
    if not is_parseable(given):
        raise UsageError(
            "the parts of the database's address are ambiguous; its port is a number, "
            "and @ / ? # in a name or password are written %40 %2F %3F %23"
        )
    return f"postgresql+psycopg://{given.partition('://')[2]}"


def _enterprise_home(address: str) -> Home:
    """Return the home that is one tenant of the enterprise database at *address*."""
    given, tenants = split_tenants(address)
    url = _server(given)
    if len(set(tenants)) != 1:
        number = "several are given" if tenants else "none is given"
        raise UsageError(
            f"an enterprise database is audited tenant by tenant, and {number}: "
            "name one with --tenant UUID"
        )
    tenant = canonical_tenant(tenants[0])
    # No such folder exists: its path only tells the state folders of databases apart.
    root = Path("/", quote(with_tenant(without_password(url), tenant), safe=""), ".skillmeat")
    return Home(root, url, DEFAULT_COLLECTION, tenant=tenant)


def canonical_tenant(text: str) -> str:
    """Return the tenant in *text* as PostgreSQL writes a UUID; raise `UsageError` for another."""
    if not _UUID.fullmatch(text):
        raise UsageError(
            f"the tenant {printable(text)} is not a UUID, such as "
            "00000000-0000-4000-a000-000000000001"
        )
    return str(UUID(text))


def _default_cache(path: Path) -> str | None:
    """Return the URL of the home's own cache, None where it has none yet.

    A cache that is there and cannot be reached is not the same as none.
    """
    try:
        os.stat(path)
    except OSError as exc:
        # A link whose target is not mounted also raises FileNotFoundError: "no cache yet" would be
        # wrong, and every manifest entry would be reported as missing.
        if isinstance(exc, FileNotFoundError) and not _is_dead_link(path.parent, path):
            return None
        raise HomeError(
            f"cannot reach the cache at {printable(path)}: {exc.strerror or exc}; {_WAY_OUT}"
        ) from exc
    return sqlite_url(path)


def _is_dead_link(*paths: Path | bytes) -> bool:
    return any(os.path.islink(path) and not os.path.exists(path) for path in paths)


def _existing_file(path: Path) -> str:
    if not os.path.isfile(path):
        raise HomeError(f"no database at {printable(path)}: there is no such file")
    return sqlite_url(path)


def _active_collection(root: Path) -> tuple[str, str | None]:
    """Return the active file collection (``settings.default-collection``) and why it is unknown."""
    try:
        content, _ = read_regular(root / "config.toml", SETTINGS_LIMIT_BYTES)
        settings = tomli.loads(content.decode("utf-8"))
    except FileNotFoundError:
        return DEFAULT_COLLECTION, None
    except (OSError, ValueError, RecursionError) as exc:
        return DEFAULT_COLLECTION, f"config.toml cannot be read ({reason_of(exc)})"
    section = settings.get("settings")
    name = section.get("default-collection") if isinstance(section, dict) else None
    return (name if isinstance(name, str) and name else DEFAULT_COLLECTION), None


def file_collections(home: Home) -> list[str]:
    """Return the names of the file collections (the folders that hold a manifest), sorted."""
    try:
        # As bytes: in the C locale os.listdir of a text path decodes names as ASCII.
        names = os.listdir(os.fsencode(home.collections))
    except OSError as exc:
        # As above: a dead link is not an empty home.
        if isinstance(exc, FileNotFoundError) and not _is_dead_link(home.collections):
            return []
        raise HomeError(
            f"cannot list {printable(home.collections)}: {exc.strerror or exc}; {_WAY_OUT}"
        ) from exc
    folders = os.path.join(os.fsencode(home.collections), b"")
    return sorted(name_text(name) for name in names if _holds_manifest(folders + name))


def _holds_manifest(folder: bytes) -> bool:
    try:
        os.lstat(os.path.join(folder, MANIFEST_NAME.encode()))
    except (FileNotFoundError, NotADirectoryError):
        return _is_dead_link(folder)
    except OSError:
        return True
    return True  # the loader of manifests reports whether it can be read


def home_name(home: Home) -> str:
    """Return what *home* is called where it is stored and sent."""
    return absolute_home(home.root) if home.tenant is None else home.name


def located_name(path: PathLike) -> str:
    """Return what the home at *path* is called, or would be where it does not exist."""
    if not is_server(path):
        return absolute_home(home_folder(path))
    try:
        return find_home(path).name
    except UsageError:
        return without_password(str(path))


def absolute_home(root: Path) -> str:
    """Return the absolute path of the home at *root* as text that can be stored and sent."""
    # Reports are sent elsewhere and are UTF-8: bytes that are not are spelled out (\xff).
    return os.fsencode(os.path.realpath(root)).decode("utf-8", "backslashreplace")
