"""Fixtures: homes built from data/, the command line, and the real homes where they are at hand."""

import gc
import hashlib
import importlib.util
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import msgspec
import pytest

from skillmeat_audit.api import sample as build

# The real application is at hand in the conformance environment only.
_CONFORMANCE = ["conformance.plugin"] if importlib.util.find_spec("skillmeat") else []
pytest_plugins = ["postgres_server", "enterprise_server", "forked", "made_fleets", *_CONFORMANCE]

# What a test starts must hear these, even where the tests themselves were started to ignore them
# (in the background, or by nohup).
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# jsonschema would build 38 grammars with it while it is imported, in three seconds, for the formats
# `iri` and `iri-reference`, which no schema has. Jupyter's own processes are not affected.
sys.modules.setdefault("rfc3987_syntax", None)

# Audits make many objects and little garbage; looking for it takes a tenth of the suite's time.
gc.set_threshold(100_000, 20, 20)

PROJECT = Path(__file__).parent.parent
SHARED = PROJECT.parent / "shared"
# Homes that SkillMeat releases wrote: all their states with ALL_HOMES=1, else the last of each.
REAL_HOMES = sorted(
    path
    for path in SHARED.glob("homes/*/home*" if "ALL_HOMES" in os.environ else "homes/*/home")
    if path.is_dir()
)


@pytest.fixture(scope="session")
def state_folders(tmp_path_factory):
    """The folder in which every test has its state folder."""
    return tmp_path_factory.mktemp("state"), count()


@pytest.fixture(autouse=True)
def _own_state(state_folders, monkeypatch):
    """Keep what outlives a run away from who runs the tests."""
    folder, numbers = state_folders
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / str(next(numbers))))


@pytest.fixture(params=build.ERAS)
def era(request):
    """Each era of the cache's key."""
    return request.param


@pytest.fixture(scope="session")
def built_home(tmp_path_factory) -> Callable[[str, str], Path]:
    """Return a function that builds a home of data/ once; to be read or copied, never changed."""

    @cache
    def build_once(name: str, era: str) -> Path:
        return build.build_home(name, tmp_path_factory.mktemp("built"), era) / ".skillmeat"

    return build_once


@pytest.fixture
def make_home(tmp_path, built_home) -> Callable[..., Path]:
    """Return a function that puts a home of data/ below the test's folder; it replaces another."""

    def make(name: str = "batch-import", era: str = "artifact_id", at: str = "home") -> Path:
        home = tmp_path / at / ".skillmeat"
        shutil.rmtree(home, ignore_errors=True)
        return shutil.copytree(built_home(name, era), home)

    return make


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run the real main; return its exit code, what it printed, and what it said on stderr."""
    from skillmeat_audit.ui.cli.main import main

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@dataclass(frozen=True)
class Planned:
    """A home whose repair was planned: the plan's file, and where runs leave their traces."""

    home: Path
    file: Path
    state: Path

    @property
    def database(self) -> Path:
        """The cache."""
        return self.home / "cache" / "cache.db"


_PLANS = {}  # by era: planning takes half a second, its result differs by paths only


@pytest.fixture
def planned(make_home, tmp_path) -> Callable[..., Planned]:
    """Build the home batch-import and plan its repair: an insert and three updates."""
    from skillmeat_audit.api import audit
    from skillmeat_audit.base.urls import sqlite_url
    from skillmeat_audit.repair.plan import encode_plan

    def make(era: str = "artifact_id", at: str = "home") -> Planned:
        case = Planned(make_home(era=era, at=at), tmp_path / f"{at}.json", tmp_path / "state")
        if era not in _PLANS:
            _PLANS[era] = audit.audit(case.home, progress=False).plan().document
        address = sqlite_url(case.database)
        plan = msgspec.structs.replace(_PLANS[era], home=str(case.home), database=address)
        case.file.write_bytes(encode_plan(plan))
        return case

    return make


@pytest.fixture
def planned_rows(planned: Callable[..., Planned]) -> Callable[..., Planned]:
    """Return plans as `planned` does, of rows alone: for tests of what becomes of rows."""

    def make(era: str = "artifact_id", at: str = "home") -> Planned:
        case = planned(era, at)
        plan = msgspec.json.decode(case.file.read_bytes()) | {"manifests": []}
        case.file.write_bytes(msgspec.json.encode(plan))
        return case

    return make


@pytest.fixture(autouse=True)
def no_second_look_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read edited manifests again at once: in most tests nobody else saves them."""
    monkeypatch.setattr("skillmeat_audit.repair.manifests.REREAD_AFTER_SECONDS", 0.0)


def dump(database: Path) -> dict[str, list[str]]:
    """Return every row of every table, as text that tells values of different types apart."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        tables = [name for (name,) in connection.execute(query)]
        return {
            table: sorted(map(repr, connection.execute(f'SELECT * FROM "{table}"')))
            for table in tables
        }


def cache_rows(database: Path) -> dict[tuple[str, str], dict[str, object]]:
    """Return the cache rows by collection and artifact id, whatever the era of the key."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
        names = [each[1] for each in connection.execute("PRAGMA table_info(collection_artifacts)")]
        named = (
            "artifact_id"
            if "artifact_id" in names
            else "(SELECT id FROM artifacts WHERE uuid = artifact_uuid)"
        )
        rows = connection.execute(f"SELECT {named} AS named, * FROM collection_artifacts")
        return {(row["collection_id"], row["named"]): dict(row) for row in rows}


def digest(folder: Path) -> str:
    """Return a digest of every file's name and bytes below *folder*."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(str(path.relative_to(folder)).encode())
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()


def is_root() -> bool:
    """Tell whether permissions bind us."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
