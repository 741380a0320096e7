"""Audits in the process of a run, with another program that writes: no write of either is lost."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import msgspec
import pytest
from builders import update_of
from conftest import PROJECT, dump

from skillmeat_audit.api import audit, repair
from skillmeat_audit.base.database_lock import database_lock
from skillmeat_audit.base.errors import DatabaseError, StateError
from skillmeat_audit.base.urls import sqlite_url
from skillmeat_audit.history import database as history
from skillmeat_audit.loaders.cache import load_cache
from skillmeat_audit.repair import transaction as runs
from skillmeat_audit.repair.backup import back_up_database
from skillmeat_audit.service.connection import cache_transaction

pytestmark = pytest.mark.slow

# The long form: SKILLMEAT_AUDIT_ROUNDS=200
ROUNDS = int(os.environ.get("SKILLMEAT_AUDIT_ROUNDS", "2"))
ROWS = 300

# Opens, writes one row, commits and closes, until its input ends; prints how many rows it wrote.
OTHER_PROGRAM = """
import select, sqlite3, sys
number = 0
while not select.select([sys.stdin], [], [], 0.001)[0]:
    connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO collection_artifacts (collection_id, artifact_id, added_at)"
        " VALUES ('theirs', ?, '2026-03-01 08:00:00.000000')", (f"skill:theirs-{number}",)
    )
    connection.execute("COMMIT")
    connection.close()
    number += 1
    if number == 1:
        print("writing", flush=True)
print(number)
"""


# Prints which bytes of the files other processes have locked.
LOCKS = """
import fcntl, os, struct, sys
for file in sys.argv[1:]:
    if os.path.exists(file):
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(os.open(file, os.O_RDWR), fcntl.F_GETLK, asked)
        kind, _, start, length, process = struct.unpack("hhqqi4x", answer)
        print(os.path.basename(file), kind, start, length, process)
"""


def locks(database):
    """Return the POSIX locks that this process has on *database*, as another process sees them."""
    files = [f"{database}{suffix}" for suffix in ("", "-wal", "-shm")]
    command = [sys.executable, "-c", LOCKS, *files]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["delete", "wal"])
def case(planned, request):
    """A plan that fills 300 rows with long texts, on a cache in each journal mode."""
    case = planned()
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode = {request.param}")
        connection.executemany(
            "INSERT INTO collection_artifacts (collection_id, artifact_id, added_at)"
            " VALUES ('default', ?, '2026-01-05 08:00:01.000000')",
            [(f"skill:many-{number:04}",) for number in range(ROWS)],
        )
    plan = repair.Plan.load(case.file).document
    changes = [
        update_of(
            f"skill:many-{number:04}",
            {"description": None},
            {"description": f"{number} " * 300},
        )
        for number in range(ROWS)
    ]
    case.file.write_bytes(msgspec.json.encode(msgspec.structs.replace(plan, changes=changes)))
    return case


@contextmanager
def other_program(database):
    """Yield a list that holds, afterwards, how many rows another program committed meanwhile."""
    written = []
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROGRAM, database],
        cwd=PROJECT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == "writing\n"
        yield written
        process.stdin.close()
        written.append(int(process.stdout.read()))
    assert process.returncode == 0


@contextmanager
def auditing(home):
    """Audit *home* over and over in a thread; yield the list of what the audits counted."""
    ended, audits, errors = threading.Event(), [], []

    def work():
        try:
            while not ended.is_set():
                rows = audit.audit(home, progress=False, parse_cache=False).rows
                audits.append(filled(rows))
        except Exception as exc:  # noqa: BLE001 - handed to the test's own thread
            errors.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield audits
    finally:
        ended.set()
        thread.join()
    assert errors == []


def filled(rows):
    """Return how many of the plan's rows have their text."""
    many = rows[rows["artifact_id"].str.startswith("skill:many-")]
    return int(many["description"].notna().sum())


def theirs(database):
    """Take the other program's rows away, and return how many there were."""
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        query = "DELETE FROM collection_artifacts WHERE collection_id = 'theirs'"
        return connection.execute(query).rowcount


def test_no_write_is_lost_where_audits_run_beside_a_repair(case, monkeypatch):
    monkeypatch.setattr(runs, "BATCH_ROWS", ROWS // 2)
    start, inside = dump(case.database), []

    def look(done, total):
        """Audit from the middle of the run's own transaction."""
        inside.append(filled(load_cache(sqlite_url(case.database)).rows))
        return True

    options = repair.Options(case.state, wait_seconds=60, proceed=look)
    plan = repair.Plan.load(case.file)
    for _ in range(ROUNDS):
        inside.clear()
        with other_program(case.database) as written, auditing(case.home) as audits:
            plan.rehearse(options)
            run = repair.apply(plan, options=options, recheck=False)
            undone = run.undo()

        assert (len(run.outcome.applied), len(undone.outcome.applied)) == (ROWS, ROWS)
        assert inside == [0] * 6 + [ROWS] * 3
        assert set(audits) <= {0, ROWS}
        assert theirs(case.database) == written[0] > 0
        assert dump(case.database) == start


def test_no_lock_is_dropped_by_reading_or_backing_up(case, tmp_path):
    url = sqlite_url(case.database)
    with cache_transaction(url) as connection:
        connection.exec_driver_sql("UPDATE collection_artifacts SET description = 'new'")
        before = locks(case.database)
        assert str(os.getpid()) in before

        load_cache(url)
        audit.audit(case.home, progress=False, parse_cache=False)
        back_up_database(case.database, tmp_path / "backup.db")

        assert locks(case.database) == before


def test_no_lock_on_the_history_is_dropped_by_another_thread(tmp_path):
    file = tmp_path / "history.db"
    with history.write_transaction(sqlite_url(file)):
        before = locks(file)
        with (
            pytest.raises(StateError, match="locked"),
            history.write_transaction(sqlite_url(file), wait_seconds=0.1),
        ):
            pass
        with history.read_transaction(sqlite_url(file)) as connection:
            assert connection is None

        assert str(os.getpid()) in before
        assert locks(file) == before


def test_an_audit_waits_for_a_run_of_another_thread(case, monkeypatch):
    begun, done = threading.Event(), []

    def run():
        with cache_transaction(sqlite_url(case.database)) as connection:
            connection.exec_driver_sql("UPDATE collection_artifacts SET description = 'new'")
            begun.set()
            done.append(again.wait(0.3))
            connection.commit()

    again = threading.Event()
    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    rows = load_cache(sqlite_url(case.database)).rows
    thread.join()

    assert done == [False]
    assert set(rows["description"]) == {"new"}


def test_neither_waits_for_good(case, monkeypatch):
    monkeypatch.setattr("skillmeat_audit.loaders.database.LOCK_WAIT_SECONDS", 0.05)
    url, errors = sqlite_url(case.database), []

    def work():
        for attempt in (lambda: load_cache(url), lambda: cache_transaction(url, 0.05).__enter__()):
            with pytest.raises(DatabaseError) as caught:
                attempt()
            errors.append(str(caught.value))

    with database_lock(url, 1):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert len(errors) == 2
    assert all("in use by another thread of this process for more than 0.05 s" in e for e in errors)
    load_cache(url)


def test_the_lock_is_the_files_by_whatever_name(case, tmp_path):
    (tmp_path / "other.db").symlink_to(case.database)
    errors = []

    def work():
        try:
            with database_lock(f"sqlite:///{tmp_path / 'other.db'}", 0.01):
                pass
        except DatabaseError as exc:
            errors.append(exc)

    with database_lock(sqlite_url(case.database), 1):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert len(errors) == 1


def test_a_forked_child_holds_no_lock_of_its_parents_threads(case):
    url = sqlite_url(case.database)
    held, free = threading.Event(), threading.Event()

    def hold():
        with database_lock(url, 1):
            held.set()
            free.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        try:
            with database_lock(url, 1):
                os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    free.set()
    thread.join()

    assert os.waitstatus_to_exitcode(status) == 0
