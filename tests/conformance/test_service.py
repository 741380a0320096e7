"""Our upsert against SkillMeat's own service: the same plan through both leaves equal rows."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from conftest import SHARED, build

from skillmeat_audit.model.exits import ExitCode

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

# What each run sets by its own clock, or by chance.
OWN = {"synced_at", "artifact_uuid"}
REAL = sorted(
    home.relative_to(SHARED / "homes")
    for home in (SHARED / "homes").glob("*/home*")
    if (home / ".skillmeat/cache/cache.db").exists()
)
SMALL = [Path("data") / name for name in ("batch-import", "reimport", "clean")]


@pytest.fixture
def two_homes(tmp_path):
    """Return a function that makes two copies of a home, at the same place one after the other."""

    def make(name: Path, at: str) -> Path:
        target = tmp_path / at
        if name.parts[0] == "data":
            return build.build_home(name.name, target, "artifact_uuid") / ".skillmeat"
        shutil.copytree(SHARED / "homes" / name, target, symlinks=True)
        return target / ".skillmeat"

    return make


def rows(home: Path) -> dict[tuple[str, str], dict[str, object]]:
    """Return the rows of a home's cache by collection and artifact, without what is a run's own."""
    connection = sqlite3.connect(home / "cache" / "cache.db")
    connection.row_factory = sqlite3.Row
    query = (
        "SELECT c.*, a.id AS artifact FROM collection_artifacts c "
        "JOIN artifacts a ON a.uuid = c.artifact_uuid"
    )
    return {
        (row["collection_id"], row["artifact"]): {
            name: value for name, value in dict(row).items() if name not in OWN
        }
        for row in connection.execute(query)
    }


def repaired(cli, home: Path, service: str, state: Path) -> tuple[int, str, set[str]]:
    """Repair *home* through *service*; return exit code, stderr and the artifacts inserted."""
    plan = state.with_suffix(".json")
    assert cli("plan", home, "-o", plan)[0] == ExitCode.CLEAN
    changes = json.loads(plan.read_text())["changes"]
    inserted = {change["artifact_id"] for change in changes if change["op"] == "insert"}
    traces = ("--state-dir", state, "--max-overwrites", 50)
    code, _, err = cli("apply", plan, "--service", service, *traces)
    return code, err, inserted


def keyed_by_uuid(home: Path) -> bool:
    columns = sqlite3.connect(home / "cache/cache.db").execute(
        "SELECT name FROM pragma_table_info('collection_artifacts')"
    )
    return ("artifact_uuid",) in columns.fetchall()


@pytest.mark.parametrize("name", [*SMALL, *REAL], ids=str)
def test_both_services_leave_equal_rows(cli, two_homes, tmp_path, name, tally):
    ours, theirs = two_homes(name, "ours"), two_homes(name, "theirs")
    code, err, inserted = repaired(cli, ours, "embedded", tmp_path / "state-ours")
    assert code == ExitCode.CLEAN, err

    code, err, _ = repaired(cli, theirs, "skillmeat", tmp_path / "state-theirs")

    if code == ExitCode.FAILED:  # a schema that this SkillMeat cannot write: said, nothing changed
        assert "cannot write" in err
        return
    assert code == ExitCode.CLEAN, err
    left, right = rows(ours), rows(theirs)
    for found in (left, right):
        for (_, artifact), row in found.items():
            if artifact in inserted:
                row.pop("added_at")
    assert left == right
    tally["cells that a repair through both services leaves equal"] += sum(map(len, left.values()))


def test_an_older_schema_is_refused_and_left_alone(cli, tmp_path):
    home = build.build_home("batch-import", tmp_path / "home", "artifact_id") / ".skillmeat"
    before = (home / "cache/cache.db").read_bytes()

    code, err, _ = repaired(cli, home, "skillmeat", tmp_path / "state")

    assert code == ExitCode.FAILED
    assert "keyed by artifact_id" in err
    assert (home / "cache/cache.db").read_bytes() == before


def test_what_skillmeat_wrote_can_be_undone(cli, two_homes, tmp_path):
    home = two_homes(Path("data/batch-import"), "home")
    before = rows(home)
    code, err, _ = repaired(cli, home, "skillmeat", tmp_path / "state")
    assert code == ExitCode.CLEAN, err

    code, _, _ = cli("undo", home, "--state-dir", tmp_path / "state")

    assert code == ExitCode.CLEAN
    assert rows(home) == before
