"""Fleets of small homes: most of them sound, some damaged, out of reach, or hanging."""

import os
import shutil
import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import skillmeat_audit as sma

# The number of homes: 200 as a fleet has them, few in everyday's tests.
SIZE = int(os.environ.get("SKILLMEAT_AUDIT_FLEET", "0"))


@dataclass(frozen=True)
class MadeFleet:
    """A fleet's file, and the names of its homes by what is wrong with them."""

    file: Path
    homes: dict[str, list[str]]

    def path(self, name: str) -> Path:
        return self.file.parent / "homes" / name / ".skillmeat"

    @property
    def names(self) -> list[str]:
        return sorted(name for names in self.homes.values() for name in names)


@pytest.fixture
def silent_server():
    """Return the address of a database server that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield f"postgresql://audit@127.0.0.1:{server.getsockname()[1]}/skillmeat"


@pytest.fixture
def make_fleet(tmp_path, built_home):
    """Return a function that makes a fleet of so many homes of each kind."""
    return partial(_make, tmp_path, built_home("batch-import", "artifact_id"))


@pytest.fixture(scope="session")
def small_fleet(tmp_path_factory, built_home):
    """Return a fleet of a sound and a damaged home, for tests that write nothing to it."""
    built = built_home("batch-import", "artifact_id")
    return _make(tmp_path_factory.mktemp("fleet"), built, 1, damaged=1)


@pytest.fixture(scope="session")
def small_checked(small_fleet, tmp_path_factory):
    """Return the audits of `small_fleet`."""
    return sma.fleet(small_fleet.file, state_dir=tmp_path_factory.mktemp("state"))


def _make(
    folder: Path,
    built: Path,
    sound: int = 2,
    damaged: int = 0,
    unreachable: int = 0,
    hanging: str = "",
) -> MadeFleet:
    homes = {"sound": [], "damaged": [], "unreachable": [], "hanging": []}
    lines = ["time-limit = 60\n"]
    kinds = [*["damaged"] * damaged, *["unreachable"] * unreachable, *["sound"] * sound]
    kinds += ["hanging"] if hanging else []
    for number, kind in enumerate(kinds):
        name = f"{(number * 7919) % 1000:03d}-{kind}"  # the kinds take turns in the fleet
        homes[kind].append(name)
    for name in sorted(name for names in homes.values() for name in names):
        home = folder / "homes" / name / ".skillmeat"
        shutil.copytree(built, home)
        kind = name.partition("-")[2]
        lines.append(f'[[homes]]\nname = "{name}"\npath = "homes/{name}"\ngroup = "{kind}"\n')
        if kind == "damaged":
            database = home / "cache" / "cache.db"
            database.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
        elif kind == "unreachable":
            _make_unreachable(home, len(lines))
        elif kind == "hanging":
            lines.append(f'database = "{hanging}"\ntime-limit = 1\n')
    file = folder / "fleet.toml"
    file.write_text("".join(lines))
    return MadeFleet(file, homes)


def _make_unreachable(home: Path, number: int) -> None:
    """Take the home away, or put a pipe or a dead link in the place of its database."""
    database = home / "cache" / "cache.db"
    match number % 3:
        case 0:
            shutil.rmtree(home)
        case 1:
            database.unlink()
            os.mkfifo(database)
        case _:
            database.unlink()
            database.symlink_to(home / "not-mounted" / "cache.db")
