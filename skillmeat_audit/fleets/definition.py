"""Reads the file that defines a fleet: its homes, their groups, filters and limits.

::

    time-limit = 60

    [groups.servers]
    time-limit = 300
    ignore = ["F002"]

    [[homes]]
    glob = "/home/*/.skillmeat"

    [[homes]]
    path = "/srv/skillmeat"
    group = "servers"
    database = "postgresql://audit:${AUDIT_PASSWORD}@db.example.com/skillmeat"

    [[homes]]
    database = "postgresql://audit:${AUDIT_PASSWORD}@db.example.com/enterprise"
    tenant = "00000000-0000-4000-a000-000000000001"
"""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from skillmeat_audit.api.scope import Scope, find_rules
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.files import SETTINGS_LIMIT_BYTES, read_regular, reason_of
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.base.urls import with_tenant, without_password
from skillmeat_audit.fleets.addresses import check_address, is_path
from skillmeat_audit.loaders.home import canonical_tenant

TIME_LIMIT_SECONDS = 60.0

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Rows = Annotated[int, msgspec.Meta(ge=0)]


class FleetSettings(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", omit_defaults=True
):
    """What a group or an entry sets for its homes: the filters of `Scope`, and limits.

    ``time_limit`` is in seconds, for each home. ``max_overwrites`` caps the rows that one run may
    overwrite or delete. Of ``read_only`` homes, such as mounted snapshots, nothing is planned.
    ``allow_links`` are folders that links in a home may lead to.
    """

    select: list[str] = []
    ignore: list[str] = []
    collections: list[str] = []
    artifacts: list[str] = []
    writers: list[str] = []
    time_limit: _Seconds | None = None
    max_overwrites: _Rows | None = None
    read_only: bool | None = None
    allow_links: list[str] = []

    @property
    def scope(self) -> Scope:
        """The filters as the scope of an audit."""
        return Scope(self.select, self.ignore, self.collections, self.artifacts, self.writers)


class FleetEntry(FleetSettings, frozen=True, kw_only=True):
    """One ``[[homes]]``, with what differs from its group.

    It is a ``path``, a ``glob`` of paths, or a ``tenant`` of the enterprise database ``database``.
    """

    path: str | None = None
    glob: str | None = None
    name: str | None = None
    group: str | None = None
    database: str | None = None
    tenant: str | None = None


class _FleetFile(FleetSettings, frozen=True, kw_only=True):
    groups: dict[str, FleetSettings] = {}
    homes: list[dict[str, Any]] = []


class FleetHome(msgspec.Struct, frozen=True):
    """One home of a fleet: where it is, and how it is audited and repaired.

    ``database`` holds variables of the environment by name, ``${NAME}``, and no password. ``path``
    is only a name where a ``tenant`` is set: the home is that of an enterprise database.
    """

    name: str
    path: str
    group: str | None
    database: str | None
    settings: FleetSettings
    tenant: str | None = None

    @property
    def time_limit(self) -> float:
        """How many seconds one request on this home may take."""
        return self.settings.time_limit or TIME_LIMIT_SECONDS


@dataclass(frozen=True)
class FleetDefinition:
    """The homes of a fleet, in the order of the file at ``path``; of a glob, by path."""

    path: Path
    homes: tuple[FleetHome, ...] = field(repr=False)

    def in_groups(self, groups: Sequence[str]) -> "FleetDefinition":
        """Return the homes in *groups*, all where none is given; raise `UsageError`."""
        existing = {home.group for home in self.homes} - {None}
        if unknown := sorted(set(groups) - existing):
            listed = ", ".join(map(printable, sorted(filter(None, existing)))) or "none"
            raise UsageError(
                f"no home is in the group {printable(unknown[0])}; groups with homes: {listed}"
            )
        homes = tuple(home for home in self.homes if not groups or home.group in groups)
        return FleetDefinition(self.path, homes)


def load_definition(path: PathLike) -> FleetDefinition:
    """Return the fleet that the file at *path* defines; raise `UsageError`, one line per fault.

    Paths in it are relative to its folder. That a home exists is not checked here.
    """
    file = Path(os.path.expanduser(path))
    document = _read(file)
    faults: list[str] = []
    try:
        fleet = msgspec.convert(document, _FleetFile)
    except msgspec.ValidationError as exc:
        raise UsageError(f"{printable(file)}: {printable(exc)}") from exc
    for where, settings in _blocks(fleet):
        faults += [f"{where}: {reason}" for reason in _faults_of_settings(settings)]
    homes: list[FleetHome] = []
    for number, table in enumerate(fleet.homes, 1):
        try:
            homes += _homes(table, fleet, file.absolute().parent)
        except UsageError as exc:
            faults.append(f"homes[{number}]: {exc}")
    faults += _repeated(homes)
    if not faults and not homes:
        faults.append("no home is defined; add [[homes]] with a path or a glob that matches")
    if faults:
        raise UsageError(*(f"{printable(file)}: {fault}" for fault in faults))
    return FleetDefinition(file, tuple(homes))


def _read(file: Path) -> Mapping[str, object]:
    try:
        return parse_toml(read_regular(file, SETTINGS_LIMIT_BYTES).data.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        reason = printable(reason_of(exc))
        raise UsageError(f"cannot read the fleet file {printable(file)}: {reason}") from exc


def _blocks(fleet: _FleetFile) -> Iterable[tuple[str, FleetSettings]]:
    yield "the file", fleet
    for name, settings in fleet.groups.items():
        yield f"groups.{printable(name)}", settings


def _faults_of_settings(settings: FleetSettings) -> Iterable[str]:
    try:
        find_rules([*settings.select, *settings.ignore])
    except UsageError as exc:
        yield str(exc)
    for folder in settings.allow_links:
        if not os.path.isabs(os.path.expanduser(folder)):
            yield f"allow-links {printable(folder)} is neither absolute nor below ~"


def _homes(table: Mapping[str, object], fleet: _FleetFile, folder: Path) -> list[FleetHome]:
    """Return the homes of one ``[[homes]]``; raise `UsageError` with the reason."""
    entry = _entry(table)
    if entry.group is not None and fleet.groups and entry.group not in fleet.groups:
        raise UsageError(f"no group is called {printable(entry.group)}; add [groups.…] for it")
    settings = _settings(fleet, fleet.groups.get(entry.group or "", FleetSettings()), entry)
    if entry.tenant is not None and entry.database is not None:
        tenant = canonical_tenant(entry.tenant)
        is_url = "://" in entry.database  # a variable may hold all of it
        shown = without_password(entry.database) if is_url else entry.database
        path = with_tenant(shown, tenant)
        name = entry.name or printable(path)
        return [FleetHome(name, path, entry.group, entry.database, settings, tenant)]
    paths = [_absolute(entry.path, folder)] if entry.path else _matches(entry.glob, folder)
    database = entry.database
    if database is not None and is_path(database):
        database = _absolute(database, folder)
    return [
        FleetHome(entry.name or printable(path), path, entry.group, database, settings)
        for path in paths
    ]


def _entry(table: Mapping[str, object]) -> FleetEntry:
    try:
        entry = msgspec.convert(table, FleetEntry)
    except msgspec.ValidationError as exc:
        raise UsageError(printable(exc)) from exc
    if [entry.path, entry.glob, entry.tenant].count(None) != 2:
        raise UsageError("give either a path or a glob, or a database and its tenant")
    if entry.tenant is not None and (entry.database is None or is_path(entry.database)):
        raise UsageError("a tenant requires the address of an enterprise database as database")
    if entry.glob is not None and (entry.name is not None or entry.database is not None):
        raise UsageError("a name or a database is for one home: give a path, not a glob")
    check_address(entry.database or "")
    for reason in _faults_of_settings(entry):
        raise UsageError(reason)
    return entry


def _settings(*layers: FleetSettings) -> FleetSettings:
    """Return the settings of *layers*, of which a later one overrides an earlier one."""
    values: dict[str, Any] = {}
    for layer in layers:
        for name in FleetSettings.__struct_fields__:
            value = getattr(layer, name)
            if value is not None and value != []:
                values[name] = value
    return FleetSettings(**values)


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath(folder / os.path.expanduser(path))


def _matches(pattern: str | None, folder: Path) -> list[str]:
    # Sorted: the order of a folder is another one on every file system.
    return sorted(glob.glob(_absolute(pattern or "", folder), include_hidden=True))


def _repeated(homes: Sequence[FleetHome]) -> Iterable[str]:
    """Yield the names and the homes that are in the fleet twice: a home is reported once."""
    names = Counter(home.name for home in homes)
    yield from (f"two homes are called {printable(n)}" for n, count in names.items() if count > 1)
    places = Counter((os.path.realpath(home.path), home.database) for home in homes)
    for (path, _), count in places.items():
        if count > 1:
            yield f"{printable(path)} is listed {count} times"
