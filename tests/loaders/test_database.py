"""Reading the database: what is seen, and that the home stays as it was, byte for byte."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from conftest import digest

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.text import as_text
from skillmeat_audit.base.urls import sqlite_path, sqlite_url
from skillmeat_audit.loaders import database, sqlite_copy
from skillmeat_audit.loaders.cache import load_cache
from skillmeat_audit.loaders.database import fetch_text, read_database

pytestmark = pytest.mark.slow

# The long form: SKILLMEAT_AUDIT_ROUNDS=200
READS = int(os.environ.get("SKILLMEAT_AUDIT_ROUNDS", "10"))
BARE = "CREATE TABLE collection_artifacts (collection_id, artifact_id, added_at, description)"


def ignore(connection):
    """Check nothing."""


@pytest.fixture
def folder(tmp_path):
    """A folder for the database, apart from every other file."""
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def make(file, *rows, script=BARE):
    """Make a database with rows of (artifact_id, description); return its path."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
        if rows:
            insert(connection, *rows)
    return file


def insert(connection, *rows):
    query = "INSERT INTO collection_artifacts VALUES ('default', ?, '2026-01-01', ?)"
    connection.executemany(query, rows)
    connection.commit()


def descriptions(path):
    """Return the descriptions an audit sees, having checked that it changed nothing."""
    before = digest(path.parent)
    times = {file: file.stat().st_mtime_ns for file in (path.parent, *path.parent.iterdir())}
    found = load_cache(sqlite_url(path)).rows["description"].tolist()

    assert digest(path.parent) == before
    assert {file: file.stat().st_mtime_ns for file in times} == times
    return found


def refusal(path):
    """Return why *path* cannot be read, having checked that trying changed nothing."""
    before = digest(path.parent)
    with pytest.raises(DatabaseError) as caught:
        load_cache(sqlite_url(path))

    assert digest(path.parent) == before
    return str(caught.value)


@contextlib.contextmanager
def live_log(folder):
    """Yield a copied WAL database of a running writer: "new" stands in the log only."""
    source = folder.parent / "source.db"
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.executescript(BARE)
        insert(connection, ("skill:a", "old"))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        insert(connection, ("skill:b", "new"))
        for end in ("", "-wal"):
            shutil.copyfile(f"{source}{end}", folder / f"cache.db{end}")
        yield folder / "cache.db"


def test_a_plain_database_is_read(folder):
    assert descriptions(make(folder / "cache.db", ("skill:a", "A"))) == ["A"]


@pytest.mark.parametrize("name", ["a b#c?d%20e.db", "ü'&.db", "x\n.db"])
def test_a_file_name_may_contain_any_character(folder, name):
    path = make(folder / name, ("skill:a", "A"))

    assert sqlite_path(sqlite_url(path)) == path
    assert descriptions(path) == ["A"]


def test_a_row_that_is_only_in_the_log_is_read(folder):
    with live_log(folder) as path:
        assert descriptions(path) == ["old", "new"]
        (folder / "cache.db-wal").unlink()
        assert descriptions(path) == ["old"]


def test_reading_a_database_in_wal_mode_creates_no_log(folder):
    path = make(folder / "cache.db", ("skill:a", "A"), script=f"PRAGMA journal_mode = WAL; {BARE}")
    descriptions(path)

    assert [file.name for file in folder.iterdir()] == ["cache.db"]


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_an_empty_log_is_not_touched(folder, end):
    path = make(folder / "cache.db", ("skill:a", "A"))
    (folder / f"cache.db{end}").touch()

    assert descriptions(path) == ["A"]


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_an_invalid_log_does_not_hide_the_rows(folder, end):
    path = make(folder / "cache.db", ("skill:a", "A"))
    (folder / f"cache.db{end}").write_bytes(b"rubbish" * 1000)

    assert descriptions(path) == ["A"]


def test_a_database_that_a_writer_has_open_is_read_in_place(folder):
    path = folder / "cache.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(BARE)
        insert(connection, ("skill:a", "A"))
        connection.execute(
            "INSERT INTO collection_artifacts VALUES ('default', 'skill:b', '', 'B')"
        )

        assert descriptions(path) == ["A"]
        connection.commit()
        assert descriptions(path) == ["A", "B"]


def test_changes_that_a_hot_journal_rolls_back_are_not_read(folder):
    source = make(
        folder.parent / "source.db", *((f"skill:{n:03}", "old" * 500) for n in range(200))
    )
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA cache_size = 2")
        connection.execute(
            "UPDATE collection_artifacts SET description = replace(description, 'old', 'new')"
        )
        for end in ("", "-journal"):
            shutil.copyfile(f"{source}{end}", folder / f"cache.db{end}")
    assert b"newnew" in (folder / "cache.db").read_bytes()

    assert set(descriptions(folder / "cache.db")) == {"old" * 500}


def test_a_database_in_a_read_only_folder_is_read(folder):
    with live_log(folder) as path:
        for file in (*folder.iterdir(), folder):
            file.chmod(0o555 if file.is_dir() else 0o444)

        assert descriptions(path) == ["old", "new"]
        folder.chmod(0o755)


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("INSERT INTO collection_artifacts VALUES ('default', 'skill:z', '', 'Z')")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def short_wait(folder, monkeypatch):
    """Have the child that copies a database wait for a lock for a moment, not for 5 s."""
    source = Path(sqlite_copy.__file__).read_text()
    assert source.count("WAIT_SECONDS = 5.0\n") == 1
    (folder.parent / "copy.py").write_text(
        source.replace("WAIT_SECONDS = 5.0\n", "WAIT_SECONDS = 0.1\n")
    )
    monkeypatch.setattr(sqlite_copy, "__file__", str(folder.parent / "copy.py"))


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_database_locked_by_another_process_is_read_as_committed(folder, mode, short_wait):
    path = make(folder / "cache.db", ("skill:a", "A"))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"

        assert descriptions(path) == ["A"]
        holder.stdin.close()


@pytest.mark.parametrize("content", [b"", b"x"])  # SQLite calls a file of one byte empty, too
def test_an_empty_file_is_a_cache_without_tables(folder, content):
    (folder / "cache.db").write_bytes(content)
    cache = load_cache(sqlite_url(folder / "cache.db"))

    assert (cache.era, len(cache.rows)) == (None, 0)
    assert "no collection_artifacts table" in cache.problems["detail"].item()


@pytest.mark.parametrize("content", [b"xy", b"SQLite format 2\0", b"hello" * 1000, bytes(4096)])
def test_a_file_that_is_not_an_sqlite_database_is_reported(folder, content):
    (folder / "cache.db").write_bytes(content)

    assert "is not an SQLite database (or it is encrypted" in refusal(folder / "cache.db")


def test_a_file_with_only_the_start_of_a_database_is_reported(folder):
    (folder / "cache.db").write_bytes(b"SQLite format 3\0")

    assert "or its start is damaged" in refusal(folder / "cache.db")


@pytest.mark.parametrize("keep", [100, 1000, 5000])
def test_a_truncated_database_is_reported(folder, keep):
    path = make(folder / "cache.db", *((f"skill:{n}", "x" * 500) for n in range(100)))
    path.write_bytes(path.read_bytes()[:keep])
    said = refusal(path)

    assert said.startswith(f"cannot read {path}: it is damaged")
    assert said.endswith("restore a backup, or move it away to have it rebuilt")


@pytest.mark.parametrize("page", [1, 3, 10])
def test_a_damaged_page_is_a_problem_or_an_error(folder, page):
    rows = ((f"skill:{n}", "x" * 500) for n in range(100))
    path = make(folder / "cache.db", *rows, script=f"PRAGMA page_size = 4096; {BARE}")
    content = bytearray(path.read_bytes())
    content[page * 4096 : page * 4096 + 200] = bytes(range(200))
    path.write_bytes(content)
    before = digest(folder)
    try:
        problems = load_cache(sqlite_url(path)).problems
    except DatabaseError as exc:
        assert "damaged" in str(exc)
    else:
        assert "integrity" in problems["kind"].tolist()

    assert digest(folder) == before


def test_the_database_of_another_application_is_reported(folder):
    path = make(folder / "cache.db", script="CREATE TABLE moz_places (id)")

    assert "none of SkillMeat's tables" in refusal(path)


def test_a_cache_without_a_known_key_is_reported(folder):
    script = "CREATE TABLE collection_artifacts (collection_id, artifact, added_at)"

    assert "schema of no known era" in refusal(make(folder / "cache.db", script=script))


def test_a_table_with_only_its_key_is_read(folder):
    path = make(folder / "cache.db", script="CREATE TABLE collection_artifacts (artifact_id)")

    assert load_cache(sqlite_url(path)).rows.empty


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_a_folder_in_place_of_a_log_is_reported(folder, end):
    path = make(folder / "cache.db")
    (folder / f"cache.db{end}").mkdir()

    assert "Is a directory" in refusal(path)


@pytest.mark.parametrize("other", [os.mkdir, os.mkfifo])
def test_a_pipe_in_place_of_a_database_is_reported_without_waiting(folder, other):
    other(folder / "cache.db")

    assert "is not a regular file" in refusal(folder / "cache.db")


def test_a_missing_database_is_reported(folder):
    assert "No such file or directory" in refusal(folder / "cache.db")


def test_a_database_that_disappears_while_it_is_read_is_reported(folder, monkeypatch):
    monkeypatch.setattr("skillmeat_audit.loaders.sqlite_readonly._check_regular", lambda _: None)

    assert "unable to open database file" in refusal(folder / "cache.db")


def test_text_that_is_not_utf8_has_replacement_characters(folder):
    path = make(folder / "cache.db", ("skill:a", "fine"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE collection_artifacts SET description = CAST(x'6361FFE9' AS TEXT)"
        )
        insert(connection, ("skill:b", "fine"))

    assert descriptions(path) == ["ca\ufffd\ufffd", "fine"]


def test_values_of_other_types_become_text(folder):
    rows = [
        ("skill:a", 5),
        ("skill:b", 1.5),
        ("skill:c", b"caf\xe9"),
        ("skill:d", None),
        (7, "int"),
    ]
    path = make(folder / "cache.db", *rows)
    frame = load_cache(sqlite_url(path)).rows

    assert frame["artifact_id"].tolist() == ["7", "skill:a", "skill:b", "skill:c", "skill:d"]
    assert frame["description"].tolist()[:4] == ["int", "5", "1.5", "caf\ufffd"]
    assert frame["description"].isna().tolist() == [False] * 4 + [True]


def test_a_query_without_rows_has_its_columns():
    with closing(sqlite3.connect(":memory:")) as connection:
        columns = fetch_text(connection, "SELECT 1, 2 WHERE 0", ["a", "b"])

    assert {name: column.to_pylist() for name, column in columns.items()} == {"a": [], "b": []}


def test_reading_a_database_that_always_changes_fails_if_no_snapshot_is_possible(folder):
    """A log without an index is not SQLite's to read without a write."""
    path = make(folder / "cache.db", script=f"PRAGMA journal_mode = WAL; {BARE}")
    reads = []

    def read(connection):
        reads.append(connection)
        os.utime(path)

    with pytest.raises(DatabaseError, match="keeps changing"):
        read_database(sqlite_url(path), read, ignore)
    assert 1 <= len(reads) <= 5
    assert [file.name for file in folder.iterdir()] == ["cache.db"]


def test_a_failure_while_the_database_changes_is_retried_on_a_snapshot(folder):
    path = make(folder / "cache.db", ("skill:a", "A"))
    time.sleep(0.1)
    files = []

    def read(connection):
        files.append(connection.execute("PRAGMA database_list").fetchall()[0][2])
        if len(files) == 1:
            os.utime(path)
            raise sqlite3.DatabaseError("malformed")
        return connection.execute("SELECT count(*) FROM collection_artifacts").fetchall()

    assert read_database(sqlite_url(path), read, ignore) == ([(1,)], None)
    assert files[0] == str(path)
    assert files[1] != str(path)


def test_a_log_that_appears_while_reading_is_read_too(folder):
    with live_log(folder) as path:
        log = folder / "cache.db-wal"
        log.rename(folder.parent / "log")

        def read(connection):
            if not log.exists():
                shutil.copyfile(folder.parent / "log", log)
            query = "SELECT count(*) FROM collection_artifacts"
            return connection.execute(query).fetchall()

        assert read_database(sqlite_url(path), read, ignore) == ([(2,)], None)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (sqlite3.OperationalError("database is locked"), "it is locked by another process"),
        (sqlite3.OperationalError("no such column: x"), "no such column: x"),
        (sqlite3.DatabaseError("malformed"), "it is damaged \\(malformed\\)"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_a_failure_gives_the_reason_and_its_cause(folder, cause, said):
    path = make(folder / "cache.db")

    def read(connection):
        raise cause

    with pytest.raises(DatabaseError, match=said) as caught:
        read_database(sqlite_url(path), read, ignore)
    assert caught.value.__cause__ is cause


def test_the_private_copy_is_deleted(folder, tmp_path, monkeypatch):
    (tmp_path / "private").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "private"))
    with live_log(folder) as path:
        descriptions(path)

    assert list((tmp_path / "private").iterdir()) == []


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_a_log_that_is_a_link_in_a_circle_is_reported(folder, end):
    path = make(folder / "cache.db", ("skill:a", "A"))
    (folder / f"cache.db{end}").symlink_to(f"cache.db{end}")

    with pytest.raises(DatabaseError, match=f": cache.db{end}: Too many levels of symbolic links"):
        load_cache(sqlite_url(path))


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_a_log_that_is_a_dangling_link_is_not_taken_for_a_missing_log(folder, end):
    path = make(folder / "cache.db", ("skill:a", "A"))
    (folder / f"cache.db{end}").symlink_to(folder / "gone")

    with pytest.raises(DatabaseError, match=f": cache.db{end}: No such file or directory"):
        load_cache(sqlite_url(path))


# Writes the same number into every row, in one transaction after the other, without a rest.
RESTLESS = """
import select, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("PRAGMA synchronous = OFF")
number = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE collection_artifacts SET description = ? || ?", (number, "x" * 2000))
    connection.execute("COMMIT")
    number += 1
    if number == 1:
        print("writing", flush=True)
print(number)
"""


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "WAL"])
def test_a_busy_database_is_read_as_of_one_commit(folder, mode):
    rows = [(f"skill:{number}", "x") for number in range(100)]
    path = make(folder / "cache.db", *rows, script=f"PRAGMA journal_mode = {mode}; {BARE}")
    with subprocess.Popen(
        [sys.executable, "-c", RESTLESS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout.readline() == b"writing\n"

        seen = [set(load_cache(sqlite_url(path)).rows["description"]) for _ in range(READS)]

        files = {file.name for file in folder.iterdir()}
        writer.stdin.close()
        commits = int(writer.stdout.read())
    assert writer.returncode == 0
    assert [len(texts) for texts in seen] == [1] * READS
    assert commits > len({text for texts in seen for text in texts}) > 1
    assert files <= {
        "cache.db",
        f"cache.db-{'wal' if mode == 'WAL' else 'journal'}",
        "cache.db-shm",
    }
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_snapshot_changes_no_byte_beside_a_writer_that_is_connected(folder, monkeypatch):
    """Not even the read marks in the index of the log, which an ordinary reader sets."""
    path = make(folder / "cache.db", ("skill:a", "A"), script=f"PRAGMA journal_mode = WAL; {BARE}")
    with closing(sqlite3.connect(path)) as connection:
        insert(connection, ("skill:b", "B"))
        monkeypatch.setattr("skillmeat_audit.loaders.sqlite_readonly._is_settled", lambda _: False)
        assert (folder / "cache.db-shm").exists()

        assert descriptions(path) == ["A", "B"]


def test_a_copy_that_failed_is_noticed_where_no_exit_code_is_to_be_had(folder):
    """SIGCHLD ignored, as a parent may leave it: every child seems to exit with 0."""
    code = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from skillmeat_audit.loaders import sqlite_readonly
copy = Path(sys.argv[1]) / "copy" / "missing" / "copy.db"
done = sqlite_readonly._run_copy("files", Path(sys.argv[2]), copy)
print(done.returncode, sqlite_readonly._is_complete(done))
done = sqlite_readonly._run_copy("files", Path(sys.argv[2]), Path(sys.argv[1]) / "copy.db")
print(done.returncode, sqlite_readonly._is_complete(done))
"""
    path = make(folder / "cache.db", ("skill:a", "A"))
    command = [sys.executable, "-c", code, folder.parent, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["0", "False", "0", "True"]


def test_the_error_names_a_writer_that_keeps_its_exclusive_lock(folder, monkeypatch, short_wait):
    monkeypatch.setattr("skillmeat_audit.loaders.sqlite_readonly._is_settled", lambda _: False)
    path = make(folder / "cache.db", ("skill:a", "A"))
    hold = HOLD.replace("sys.stdin.read()", "connection.commit(); sys.stdin.read()")
    with subprocess.Popen(
        [sys.executable, "-c", hold, path, "DELETE"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"

        with pytest.raises(DatabaseError, match="locked by another process"):
            load_cache(sqlite_url(path))
        holder.stdin.close()


def test_rows_are_the_same_whatever_fits_into_a_batch(tmp_path, monkeypatch):
    path = tmp_path / "a.db"
    values = [
        "text",
        None,
        7,
        b"bytes",
        1.5,
        "\ud55c",
        "",
        *[None] * 8,
        *["more"] * 9,
        None,
        "last",
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a, b)")
        numbered = [(value, number) for number, value in enumerate(values)]
        connection.executemany("INSERT INTO t VALUES (?, ?)", numbered)
        connection.execute("INSERT INTO t VALUES (CAST(x'ff41' AS TEXT), 99)")

    def read(rows):
        monkeypatch.setattr(database, "_BATCH_ROWS", rows)
        with closing(sqlite3.connect(path)) as connection:
            columns = database.fetch_text(connection, "SELECT a, b FROM t ORDER BY b", ["a", "b"])
            none = database.fetch_text(connection, "SELECT a, b FROM t WHERE 0", ["a", "b"])
            assert [len(column) for column in none.values()] == [0, 0]
        return {name: column.to_pylist() for name, column in columns.items()}

    whole = read(100)
    assert len(whole["a"]) == len(values) + 1
    assert whole["a"] == [None if v is None else as_text(v) for v in values] + ["\ufffdA"]
    for rows in (8, 16, 24):
        assert read(rows) == whole


def test_columns_without_values_take_no_memory_of_their_own():
    with closing(sqlite3.connect(":memory:")) as connection:
        query = "SELECT NULL, 'x', NULL FROM pragma_function_list"
        first, text, second = fetch_text(connection, query, ["a", "b", "c"]).values()

    assert first is second
    assert first.null_count == len(first) == len(text) > 0
    assert set(text.to_pylist()) == {"x"}
