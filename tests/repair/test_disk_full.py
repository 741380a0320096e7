"""No room, no permission, another database: what cannot be done is said, and nothing is changed."""

import json
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, contextmanager

import msgspec
import pytest
from conftest import PROJECT, cache_rows, digest, dump, is_root

import skillmeat_audit as sma
from skillmeat_audit.api import repair
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

TOOL = [sys.executable, "-m", "skillmeat_audit"]
LONG = "long " * 60_000


@contextmanager
def files_up_to(size, monkeypatch):
    """Have the kernel refuse to let any file of this process grow beyond *size* bytes."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))  # Python ignores SIGXFSZ
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def lengthen(case):
    """Have the plan write more than the database holds."""
    document = json.loads(case.file.read_text())
    document["changes"][3]["cells"]["description"]["after"] = LONG
    case.file.write_text(json.dumps(document))


def failed(told, said):
    code, out, err = told
    assert (code, out) == (ExitCode.FAILED, "")
    assert len(err.splitlines()) == 1
    assert said in err


def states(case):
    return [each.state for each in repair.runs(case.home, options=repair.Options(case.state))]


def apply_again(case):
    """Apply the plan now that there is room again."""
    options = repair.Options(case.state)
    return repair.apply(repair.Plan.load(case.file), options=options, recheck=False)


def test_the_disk_is_full_at_the_backup(cli, planned, monkeypatch, era):
    case = planned(era)
    before = digest(case.home)

    with files_up_to(50_000, monkeypatch):
        told = cli("apply", case.file, "--state-dir", case.state)

    failed(told, "cannot back up the cache to ")
    assert "nothing was changed" in told[2]
    assert digest(case.home) == before
    assert not list(case.state.glob("*/*"))
    assert len(apply_again(case).outcome.applied) == 4


def test_the_disk_is_full_at_the_journal(cli, planned, monkeypatch, era):
    case = planned(era)
    lengthen(case)
    before = digest(case.home)
    size = case.database.stat().st_size
    assert size + 8192 < len(LONG)

    with files_up_to(size + 8192, monkeypatch):
        told = cli("apply", case.file, "--state-dir", case.state)

    failed(told, "cannot write the journal: File too large; nothing was changed")
    assert digest(case.home) == before
    assert not list(case.state.glob("*/*"))
    assert len(apply_again(case).outcome.applied) == 4


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_disk_is_full_at_the_rows(cli, planned, monkeypatch, era, mode):
    case = planned(era)
    with closing(sqlite3.connect(case.database)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    lengthen(case)
    start = dump(case.database)
    limit = len(LONG) + 16_384
    assert case.database.stat().st_size < limit  # the backup and the journal fit

    with files_up_to(limit, monkeypatch):
        told = cli("apply", case.file, "--state-dir", case.state)

    failed(told, "cannot write /")
    assert dump(case.database) == start
    assert states(case) == ["failed"]
    assert len(apply_again(case).outcome.applied) == 4


def mounting(size, case, place):
    """Apply the plan where *place* is a file system of *size*; copy what is left there."""
    script = (
        'cp -a "$1" "$2" && mount -t tmpfs -o size="$3" tmpfs "$1" && cp -a "$2/." "$1" && shift 3 '
        '&& "$@"; code=$?; cp -a "$PLACE/." "$KEPT"; exit $code'
    )
    kept = case.file.with_name("kept")
    command = [*TOOL, "apply", case.file, "--state-dir", case.state]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", place, kept, str(size), *command],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | {"PLACE": str(place), "KEPT": str(kept)},
    )
    return (done.returncode, done.stdout, done.stderr), kept


def may_mount():
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


full_disks = pytest.mark.skipif(
    not may_mount(), reason="needs to mount a small file system: run as root with unshare"
)


@full_disks
def test_a_full_disk_at_the_backup(planned):
    case = planned()
    case.state.mkdir()
    before = digest(case.home)

    told, kept = mounting(64 * 1024, case, case.state)

    failed(told, "cannot back up the cache to ")
    assert "full" in told[2]
    assert digest(case.home) == before
    assert not list(kept.glob("*/*"))


@full_disks
def test_a_full_disk_at_the_rows(planned):
    case = planned()
    lengthen(case)
    start = dump(case.database)
    size = case.database.stat().st_size + 100_000

    told, kept = mounting(size, case, case.database.parent)

    failed(told, "no space left to write /")
    assert dump(kept / "cache.db") == start
    assert states(case) == ["failed"]


def bound(*command):
    """Run *command* such that permissions bind it, even where root runs the tests."""
    capabilities = ["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]
    prefix = ["setpriv", *capabilities, "--"] if is_root() else []
    done = subprocess.run(
        [*prefix, *TOOL, *map(str, command)], capture_output=True, text=True, cwd=PROJECT
    )
    return done.returncode, done.stdout, done.stderr


needs_setpriv = pytest.mark.skipif(
    is_root() and not shutil.which("setpriv"),
    reason="root may write everything: run as another user, or install setpriv",
)


@needs_setpriv
def test_a_read_only_database_is_reported(planned):
    case = planned()
    case.database.chmod(0o400)
    before = digest(case.home)

    told = bound("apply", case.file, "--state-dir", case.state)

    failed(told, f"skillmeat-audit: {case.database} is read-only; nothing was changed")
    assert digest(case.home) == before
    assert states(case) == []


@needs_setpriv
def test_a_read_only_folder_of_the_database_is_reported(planned):
    case = planned()
    start = dump(case.database)
    case.database.parent.chmod(0o500)

    told = bound("apply", case.file, "--state-dir", case.state)

    case.database.parent.chmod(0o700)
    failed(told, f"skillmeat-audit: {case.database} is read-only; nothing was changed")
    assert dump(case.database) == start
    assert states(case) == []


@needs_setpriv
def test_a_state_folder_that_cannot_be_written_is_reported(planned):
    case = planned()
    case.state.mkdir(0o500)
    before = digest(case.home)

    told = bound("apply", case.file, "--state-dir", case.state)

    failed(told, "cannot make the state folder ")
    assert "name another with --state-dir" in told[2]
    assert digest(case.home) == before


@pytest.mark.parametrize("verb", ["apply", "runs", "undo"])
def test_a_state_folder_that_is_a_file_is_reported(cli, planned, verb):
    case = planned()
    case.state.write_text("not a folder")
    before = digest(case.home)

    told = cli(verb, case.file if verb == "apply" else case.home, "--state-dir", case.state)

    failed(told, "Not a directory")
    assert digest(case.home) == before
    assert case.state.read_text() == "not a folder"


def test_a_missing_state_folder_is_created_private(planned):
    case = planned()
    deep = case.state / "a" / "b"

    run = repair.apply(repair.Plan.load(case.file), options=repair.Options(deep), recheck=False)

    backup = run.outcome.backup
    assert backup.is_relative_to(deep)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((backup.parent / "journal.json").stat().st_mode) == 0o600


def test_the_backup_holds_what_the_run_started_from(planned, era):
    case = planned(era)
    start = dump(case.database)

    run = apply_again(case)

    assert dump(run.outcome.backup) == start


def test_another_database_in_its_place_is_refused(cli, planned, era):
    case, other = planned(era), planned(era, at="other")
    with closing(sqlite3.connect(other.database)) as connection, connection:
        connection.execute("UPDATE collections SET created_at = '2025-03-04 05:06:07.000001'")
    shutil.copy(other.database, case.database)
    before = digest(case.home)

    told = cli("apply", case.file, "--state-dir", case.state)

    failed(told, "is not the one it was made for (")
    assert digest(case.home) == before
    assert states(case) == []


def test_written_rows_are_reported_even_if_the_second_audit_fails(cli, planned, monkeypatch):
    case = planned()
    audits = iter([sma.audit(case.home, progress=False)])

    def findings(*_, **__):
        for found in audits:
            return found
        raise DatabaseError("cache.db changes all the time")

    monkeypatch.setattr("skillmeat_audit.api.execution.inspect_database", findings)

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert "4 rows (26 cells) and 6 keys of manifests applied" in out
    assert "could not audit again: cache.db changes all the time" in out
    assert "--run" in out


def test_a_database_of_the_other_era_in_its_place_is_refused(cli, planned):
    case, other = planned("artifact_id"), planned("artifact_uuid", at="other")
    shutil.copy(other.database, case.database)
    before = digest(case.home)

    told = cli("apply", case.file, "--state-dir", case.state)

    failed(told, "the plan is for a cache keyed by artifact_id; make a new plan")
    assert digest(case.home) == before


def test_undo_refuses_another_database(cli, planned):
    case, other = planned(), planned(at="other")
    apply_again(case)
    with closing(sqlite3.connect(other.database)) as connection, connection:
        connection.execute("UPDATE collections SET created_at = '2025-03-04 05:06:07.000001'")
    shutil.copy(other.database, case.database)
    before = digest(case.home)

    failed(cli("undo", case.home, "--state-dir", case.state), "is not the one it was made for (")

    assert digest(case.home) == before


def test_undo_backs_up_the_database_where_it_is_now(cli, planned):
    case = planned()
    start = dump(case.database)
    apply_again(case)
    done = dump(case.database)
    moved = case.database.rename(case.home / "moved.db")

    code, _, _ = cli("undo", case.home, "--database", moved, "--state-dir", case.state)

    latest = repair.runs(case.home, database=str(moved), options=repair.Options(case.state))[0]
    assert code == ExitCode.CLEAN
    assert dump(moved) == start
    assert dump(latest.backup) == done


def older_copy(case):
    """Put back the database as it was when one planned row said something else, and one was not."""
    with closing(sqlite3.connect(case.database)) as connection, connection:
        condition = "LIKE 'skill:lock-audit'"
        names = [each[1] for each in connection.execute("PRAGMA table_info(artifacts)")]
        key = "artifact_id"
        if "uuid" in names:
            key, condition = (
                "artifact_uuid",
                "= (SELECT uuid FROM artifacts WHERE id = 'skill:lock-audit')",
            )
        connection.execute(
            f"UPDATE collection_artifacts SET description = 'older' WHERE {key} {condition}"
        )
        connection.execute("DELETE FROM collection_artifacts WHERE collection_id != 'default'")


def test_an_older_copy_in_its_place_keeps_what_differs(cli, planned, era):
    case = planned(era)
    older_copy(case)
    old = cache_rows(case.database)

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    rows = cache_rows(case.database)
    assert code == ExitCode.CONFLICT
    assert "skipped skill:lock-audit · Default Collection: changed since: description" in out
    assert out.count("the row no longer exists") == 1
    assert "2 rows (11 cells) and 6 keys of manifests applied" in out
    assert rows["default", "skill:lock-audit"] == old["default", "skill:lock-audit"]


def test_undo_on_the_copy_from_before_the_run_puts_back_only_the_manifests(cli, planned, era):
    case = planned(era)
    start = dump(case.database)
    run = apply_again(case)
    shutil.copy(run.outcome.backup, case.database)

    code, out, _ = cli("undo", case.home, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "0 rows and 6 keys of manifests undone" in out
    assert dump(case.database) == start


def test_only_the_newest_backups_are_kept_and_every_run_can_be_undone(cli, planned, tmp_path, era):
    case = planned(era)
    start = dump(case.database)
    settings = tmp_path / "settings.toml"
    settings.write_text("keep-backups = 2\n")
    traces = ("--state-dir", case.state, "--config", settings)
    plan = repair.Plan.load(case.file)
    for change in plan.document.changes:
        one = msgspec.structs.replace(plan.document, changes=[change])
        case.file.write_bytes(msgspec.json.encode(one))
        code, out, _ = cli("apply", case.file, *traces)
        assert code == ExitCode.CLEAN
    kept = sorted(path.parent.name for path in case.state.glob("*/*/backup.db"))
    listed = [each.run for each in repair.runs(case.home, options=repair.Options(case.state))]

    assert "older backups deleted: 1; the newest 2 stay" in out
    assert len(listed) == 4
    assert kept == sorted(listed[:2])

    for run in listed:
        assert cli("undo", case.home, "--run", run, *traces)[0] == ExitCode.CLEAN
    assert dump(case.database) == start


@needs_setpriv
def test_a_folder_that_may_not_be_read_is_not_an_empty_history(planned, tmp_path):
    case, folder = planned(), tmp_path / "locked"
    folder.mkdir(0o000)

    told = bound("history", case.home, "--history", folder / "history.db")

    failed(told, "cannot read the history in")
    assert "Permission denied" in told[2]
