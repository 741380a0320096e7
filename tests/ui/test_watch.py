"""check --watch: what is new, fixed and left after each change, and nothing without one."""

import os
import select
import signal
import subprocess
import sys
import time

import pytest

from skillmeat_audit.api.watching import changed_paths
from skillmeat_audit.model.exits import ExitCode

TOOL = [sys.executable, "-m", "skillmeat_audit"]


def manifest_of(home):
    return home / "collections" / "default" / "collection.toml"


@pytest.mark.slow
def test_what_changes_while_the_caller_is_busy_is_in_the_next_look(make_home, tmp_path):
    home = make_home()
    changes = changed_paths(home, None, tmp_path / "state")

    assert next(changes) == []
    manifest_of(home).write_bytes(manifest_of(home).read_bytes() + b"\n")
    time.sleep(0.1)

    assert next(changes) == ["collections/default/collection.toml"]


@pytest.mark.slow
def test_a_database_elsewhere_is_looked_at_and_its_neighbours_are_not(make_home, tmp_path):
    home = make_home()
    database = tmp_path / "elsewhere" / "cache.db"
    database.parent.mkdir()
    (home / "cache" / "cache.db").rename(database)
    changes = changed_paths(home, database, tmp_path / "state")
    next(changes)

    (database.parent / "other").write_text("x")
    os.utime(database, (1, 1))

    assert next(changes) == [str(database)]


@pytest.mark.slow
def test_a_state_folder_in_the_home_and_indexes_of_logs_are_ignored(make_home):
    home = make_home()
    changes = changed_paths(home, None, home / "state")
    next(changes)

    from skillmeat_audit.loaders.home import home_state_folder

    folder = home_state_folder(home, home / "state")
    folder.mkdir(parents=True)
    (folder / "journal.json").write_text("{}")
    (home / "cache" / "cache.db-shm").write_text("x")
    time.sleep(0.7)
    (home / "cache" / "cache.db-wal").write_text("x")

    paths = [*next(changes)]
    while "cache/cache.db-wal" not in paths:
        paths += next(changes)
    assert not [path for path in paths if "journal" in path or path.endswith("-shm")]


@pytest.mark.parametrize(
    "options", [["--quiet"], ["--format", "json"], ["-o", "f"], ["--update-baseline"]]
)
def test_watch_excludes_what_ends(cli, make_home, options):
    baseline = ["--baseline", "b"] if options == ["--update-baseline"] else []

    code, _, err = cli("check", make_home(), "--watch", *options, *baseline)

    assert code == ExitCode.FAILED
    assert "--watch" in err


def read_until(process, text, seconds=30):
    """Return what *process* prints up to *text*."""
    printed, end = "", time.monotonic() + seconds
    while text not in printed and time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.2)[0]:
            printed += os.read(process.stdout.fileno(), 65536).decode()
    assert text in printed
    return printed


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_watch_reports_changes_stays_quiet_without_any_and_ends(make_home, number, code):
    home = make_home()
    text = manifest_of(home).read_text("utf-8")
    process = subprocess.Popen(
        [*TOOL, "check", home, "--watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert "next:  skillmeat-audit plan" in read_until(process, "Ctrl-C ends it\n")

        manifest_of(home).write_text(text.replace("Reads secrets", "Reads all secrets"))
        look = read_until(process, "they differ\n")
        assert "Z  1 new, 0 fixed, " in look
        assert "collections/default/collection.toml changed" in look
        assert "  new    F008 skill:1password" in look

        manifest_of(home).write_text("][")
        assert "  new    L001 " in read_until(process, "fixed  ")
        manifest_of(home).write_text(text)
        assert "  fixed  L001 " in read_until(process, "fixed  L001 ")

        time.sleep(2)  # its own reading is not a change
        rest = b""
        while select.select([process.stdout], [], [], 0)[0]:
            rest += os.read(process.stdout.fileno(), 65536)
        assert b" left" not in rest
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()

    assert (process.returncode, out) == (code, b"")
    assert err == b"interrupted; nothing was changed\n"
