"""The folder of a fleet's plans: a plan per home, and which home each of them is for."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.errors import PlanError, StateError, UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.fleets.definition import FleetHome

INDEX_NAME = "fleet-plans.json"


class PlannedHome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One home of a fleet: the ``file`` of its plan, or why there is none.

    Both are null where nothing is to be repaired.
    """

    home: FleetHome
    file: str | None
    error: str | None


class PlansIndex(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="schema",
    tag="skillmeat-audit/fleet-plans/1",
):
    """The homes of a fleet in the order of its file; it holds no credentials."""

    homes: list[PlannedHome]


def require_new(folder: Path) -> None:
    """Raise `UsageError` where *folder* holds files: plans of two days must not be mixed."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"the folder {printable(folder)} is not empty; give a new one")
    except OSError as exc:
        raise UsageError(f"cannot use {printable(folder)}: {exc.strerror or exc}") from exc


def plan_name(number: int, home: FleetHome) -> str:
    """Return the file name of the plan of *home*: its number in the fleet, and its name."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", home.name).strip("-").lower()
    return f"{number:04d}-{words[-40:].lstrip('-') or 'home'}.json"


def write_plans(folder: Path, homes: Sequence[PlannedHome], contents: Sequence[bytes]) -> None:
    """Write the plans of *homes* to *folder*, and at last the index; raise `StateError`."""
    try:
        make_folder(folder)
        for planned, content in zip(homes, contents, strict=True):
            if planned.file is not None:
                write_whole(folder / planned.file, content)
        index = msgspec.json.format(msgspec.json.encode(PlansIndex(list(homes))), indent=1)
        write_whole(folder / INDEX_NAME, index + b"\n")
    except OSError as exc:
        raise StateError(
            f"cannot write the plans to {printable(folder)}: {exc.strerror or exc}"
        ) from exc


def read_plans(folder: Path) -> list[tuple[PlannedHome, bytes]]:
    """Return the homes of the fleet, each with the content of its plan; raise `PlanError`.

    A plan whose file was removed by hand is left out: its home has none.
    """
    try:
        index = msgspec.json.decode((folder / INDEX_NAME).read_bytes(), type=PlansIndex)
        return [_with_content(folder, planned) for planned in index.homes]
    except OSError as exc:
        raise PlanError(
            f"cannot read the plans in {printable(folder)}: {exc.strerror or exc}; "
            "'skillmeat-audit fleet plan' makes such a folder"
        ) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise PlanError(f"{printable(folder / INDEX_NAME)}: {printable(exc)}") from exc


def _with_content(folder: Path, planned: PlannedHome) -> tuple[PlannedHome, bytes]:
    if planned.file is None:
        return planned, b""
    # A name, not a path: an index from elsewhere must not lead out of its folder.
    path = folder / Path(planned.file).name
    return (planned, path.read_bytes()) if path.exists() else (planned, b"")
