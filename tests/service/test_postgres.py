"""SkillMeat's local tables on a real PostgreSQL server: check, plan, rehearse, apply, undo."""

import json
import select
import socket
import subprocess
import sys
import tempfile
import threading

import pytest
import sqlalchemy as sa
from conftest import PROJECT

from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.loaders.database import read_database
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.service.rows import count_rows

psycopg = pytest.importorskip("psycopg", reason="install the extra 'postgres'")

pytestmark = pytest.mark.slow


def rows(url, table="collection_artifacts"):
    """Return every row of *table*, as text, in order."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        found = connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall()
    return [text for (text,) in found]


def execute(url, statement):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(statement)


@pytest.fixture
def planned(cli, home_on_postgres, tmp_path):
    """Return a function that plans a home's repair; it returns home, URL, plan and state folder."""

    def make(era="artifact_uuid"):
        home, url = home_on_postgres(era=era)
        file = tmp_path / "plan.json"
        assert cli("plan", home, "--database", url, "-o", file)[0] == ExitCode.CLEAN
        return home, url, file, tmp_path / "state"

    return make


def test_the_findings_are_those_of_the_same_cache_on_sqlite(cli, make_home, postgres, era):
    home = make_home(era=era)
    on_sqlite = json.loads(cli("check", home, "--format", "json")[1])
    url = postgres(home / "cache" / "cache.db", era)

    on_server = json.loads(cli("check", home, "--database", url, "--format", "json")[1])

    assert on_server["findings"] == on_sqlite["findings"]
    assert on_server["era"] == era


def test_a_plan_is_rehearsed_applied_and_undone(cli, planned, era):
    home, url, file, state = planned(era)
    address = ("--database", url, "--state-dir", state)
    before = rows(url), rows(url, "artifacts")

    assert cli("apply", file, "--rehearse", *address)[0] == ExitCode.CLEAN
    assert (rows(url), rows(url, "artifacts")) == before
    code, out, _ = cli("apply", file, *address)
    assert code == ExitCode.CLEAN
    assert "4 rows (26 cells) and 6 keys of manifests applied" in out
    assert len(rows(url)) == len(before[0]) + 1
    code, out, _ = cli("plan", home, "--database", url, "--format", "json")
    assert json.loads(out)["changes"] == []
    assert cli("undo", home, *address)[0] == ExitCode.CLEAN

    assert (rows(url), rows(url, "artifacts")) == before


def test_applying_twice_changes_nothing_the_second_time(cli, planned):
    _, url, file, state = planned()
    address = ("--database", url, "--state-dir", state)
    cli("apply", file, *address)
    once = rows(url)

    code, out, _ = cli("apply", file, *address)

    assert (code, rows(url)) == (ExitCode.CLEAN, once)
    assert "nothing to do: all" in out


def test_a_row_that_changed_is_skipped(cli, planned):
    _, url, file, state = planned()
    execute(url, "UPDATE collection_artifacts SET description = 'mine' WHERE description IS NULL")

    code, out, _ = cli("apply", file, "--database", url, "--state-dir", state)

    assert code == ExitCode.CONFLICT
    assert "changed since: description" in out
    assert any("mine" in row for row in rows(url))


def test_a_lock_is_waited_for_and_then_reported(cli, planned):
    _, url, file, state = planned()
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM collection_artifacts FOR UPDATE")

        code, _, err = cli("apply", file, "--database", url, "--state-dir", state, "--wait", "0.5")

    assert code == ExitCode.FAILED
    assert "locked by another writer" in err


def test_another_database_is_refused(cli, planned, make_home, postgres):
    _, _, file, state = planned()
    other = postgres(
        make_home("batch-import", "artifact_uuid", "other") / "cache/cache.db", "artifact_uuid"
    )
    execute(other, "UPDATE collections SET created_at = created_at + interval '1 second'")

    code, _, err = cli("apply", file, "--database", other, "--state-dir", state)

    assert code == ExitCode.FAILED
    assert "is not the one it was made for" in err


def test_credentials_are_in_no_file_and_no_message(cli, planned, tmp_path):
    home, url, _, state = planned()
    secret = url.replace("postgres:@", "postgres:hunter2@")
    assert "hunter2" in secret
    file = tmp_path / "secret.json"

    told = [
        cli("plan", home, "--database", secret, "-o", file),
        cli("apply", file, "--database", secret, "--state-dir", state),
        cli("runs", home, "--database", secret, "--state-dir", state),
        cli("check", home, "--database", secret, "--format", "json"),
        cli("check", home, "--database", secret.replace("/cache_", "/none_")),
    ]

    assert told[1][0] == ExitCode.CLEAN
    assert "hunter2" not in "".join(out + err for _, out, err in told)
    written = [path.read_bytes() for path in (file, *state.rglob("*")) if path.is_file()]
    assert b"hunter2" not in b"".join(written)


def test_an_unreachable_server_is_reported(cli, make_home):
    code, _, err = cli(
        "check", make_home(), "--database", "postgresql+psycopg://x:pw@127.0.0.1:1/d"
    )

    assert code == ExitCode.FAILED
    assert len(err.strip().splitlines()) == 1
    assert "pw@" not in err


def states(cli, home, url, state):
    out = cli("runs", home, "--database", url, "--state-dir", state, "--format", "json")[1]
    return [run["state"] for run in json.loads(out)["runs"]]


def test_a_commit_is_proved_by_the_server_whatever_others_wrote_since(cli, planned, monkeypatch):
    home, url, file, state = planned()
    with monkeypatch.context() as patched:
        patched.setattr("skillmeat_audit.repair.transaction.conclude_run", lambda *_: None)
        cli("apply", file, "--database", url, "--state-dir", state)
    execute(url, "DELETE FROM collection_artifacts WHERE description IS NOT NULL")

    assert states(cli, home, url, state) == ["committed"]


def test_a_rollback_is_proved_by_the_server_whatever_others_wrote_since(cli, planned, monkeypatch):
    home, url, file, state = planned()

    def stop(_):
        raise DatabaseError("the server went away")

    with monkeypatch.context() as patched:
        patched.setattr("sqlalchemy.Connection.commit", stop)
        cli("apply", file, "--database", url, "--state-dir", state)
    execute(url, "DELETE FROM collection_artifacts")

    assert states(cli, home, url, state) == ["failed"]


@pytest.fixture
def proxy(tmp_path):
    """Return a function that takes connections for the server at a URL, and returns its own URL.

    It drops a connection right after the server's commit, where *is_lost* returns True.
    """
    listener = socket.socket(socket.AF_UNIX)
    folder = tempfile.TemporaryDirectory()  # short: the address of a socket has 107 bytes
    listener.bind(f"{folder.name}/.s.PGSQL.5432")
    listener.listen()

    def serve(client, address, is_lost):
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(address)
            for ends in iter(lambda: select.select([client, server], [], [])[0], None):
                for end in ends:
                    if not (content := end.recv(65536)):
                        return
                    (server if end is client else client).sendall(content)
                    if end is client and b"COMMIT" in content and is_lost():
                        server.recv(65536)
                        return

    def accept(address, is_lost):
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=serve, args=(client, address, is_lost), daemon=True).start()

    def make(url, is_lost):
        address = sa.make_url(url)
        place = f"{address.query['host']}/.s.PGSQL.{address.query.get('port', 5432)}"
        threading.Thread(target=accept, args=(place, is_lost), daemon=True).start()
        return str(address.set(query={"host": folder.name}))

    yield make
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    folder.cleanup()


def manifests(home):
    return {path: path.read_bytes() for path in home.rglob("collection.toml")}


def test_a_connection_lost_after_the_commit_is_not_called_a_failure(cli, planned, proxy):
    home, url, file, state = planned()
    before = rows(url), manifests(home)
    through = proxy(url, lambda: any(state.rglob("journal.json")))

    code, _, err = cli("apply", file, "--database", through, "--state-dir", state)

    assert code == ExitCode.FAILED
    assert "the connection was lost while run" in err
    assert len(err.splitlines()) == 1
    assert rows(url) != before[0]
    assert states(cli, home, url, state) == ["committed"]
    assert cli("undo", home, "--database", url, "--state-dir", state)[0] == ExitCode.CLEAN
    assert (rows(url), manifests(home)) == before


def test_a_connection_lost_before_the_commit_leaves_manifests_to_undo(cli, planned, monkeypatch):
    home, url, file, state = planned()
    before = rows(url), manifests(home)
    commit = sa.Connection.commit

    def terminate_first(connection):
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        execute(url, f"SELECT pg_terminate_backend({process}, 10000)")
        commit(connection)

    with monkeypatch.context() as patched:
        patched.setattr("sqlalchemy.Connection.commit", terminate_first)
        code, _, err = cli("apply", file, "--database", url, "--state-dir", state)

    assert code == ExitCode.FAILED
    assert "the connection was lost while run" in err
    assert (rows(url), manifests(home) == before[1]) == (before[0], False)
    assert states(cli, home, url, state) == ["manifests-only"]
    assert cli("undo", home, "--database", url, "--state-dir", state)[0] == ExitCode.CLEAN
    assert (rows(url), manifests(home)) == before


def test_no_other_session_inserts_a_row_between_judging_and_writing(cli, planned, monkeypatch):
    _, url, file, state = planned()
    refusals = []

    def insert(connection, tables):
        with pytest.raises(psycopg.errors.LockNotAvailable) as refusal:
            execute(
                url,
                "SET lock_timeout = 100; INSERT INTO collection_artifacts "
                "(collection_id, artifact_uuid, added_at) "
                "SELECT 'default', uuid, now() FROM artifacts WHERE id = 'skill:lock-audit'",
            )
        refusals.append(refusal)
        return count_rows(connection, tables)

    monkeypatch.setattr("skillmeat_audit.repair.apply.count_rows", insert)

    assert cli("apply", file, "--database", url, "--state-dir", state)[0] == ExitCode.CLEAN
    assert len(refusals) == 1


def test_a_running_transaction_and_an_unknown_one_are_distinguished(planned):
    from skillmeat_audit.model.proofs import TransactionProof
    from skillmeat_audit.service.connection import cache_transaction
    from skillmeat_audit.service.proofs import begin_proof, fate_of

    _, url, _, _ = planned()
    with cache_transaction(url) as one, cache_transaction(url) as other:
        proof = begin_proof(one, "20260101T000000Z-abcdef")
        assert fate_of(other, proof) == "running"
        for number in (proof.number + 10**6, 3):
            assert fate_of(other, TransactionProof(proof.server, number)) == "unknown"
        assert fate_of(other, TransactionProof("1/1", proof.number)) == "unknown"


def test_a_lock_of_another_session_is_waited_for_only_so_long(cli, home_on_postgres, monkeypatch):
    monkeypatch.setattr("skillmeat_audit.loaders.database.SERVER_LOCK_SECONDS", 0.3)
    home, url = home_on_postgres()
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE collection_artifacts IN ACCESS EXCLUSIVE MODE")

        code, _, err = cli("check", home, "--database", url)

    assert code == ExitCode.FAILED
    assert err.count("\n") == 1
    assert "another session keeps a table locked for more than 0.3 s" in err


def test_an_endless_statement_is_cancelled(postgres_server, monkeypatch):
    monkeypatch.setattr("skillmeat_audit.service.server.STATEMENT_SECONDS", 0.3)
    url = postgres_server.get_uri().replace("postgresql://", "postgresql+psycopg://")

    with pytest.raises(DatabaseError, match="canceling statement due to statement timeout"):
        read_database(url, lambda c: c.execute("SELECT pg_sleep(60)").fetchall(), lambda _: None)


@pytest.mark.parametrize("host", ["a..b", ".example", "x" * 64 + ".example"])
@pytest.mark.parametrize("option", ["--database", "--history"])
def test_an_invalid_host_name_is_reported_in_one_line(cli, make_home, host, option):
    url = f"postgresql://me:hunter2@{host}/d"
    verb = "check" if option == "--database" else "history"

    code, _, err = cli(verb, make_home(), option, url)

    assert code == ExitCode.FAILED
    assert err.count("\n") == 1
    assert "the host's name is invalid" in err
    assert "hunter2" not in err


# A time zone that Python does not know: psycopg warns, through a logger that nobody listens to.
ODD_ZONE = """
import sys
from skillmeat_audit.service.server import server_engine
with server_engine(sys.argv[1], 1).connect() as connection:
    connection.exec_driver_sql("SET TIME ZONE INTERVAL '+05:30' HOUR TO MINUTE")
    print(connection.exec_driver_sql("SELECT TIMESTAMPTZ '2026-03-01 08:00:00Z'").scalar_one())
"""


def test_the_driver_prints_nothing_to_stderr(postgres_server):
    url = postgres_server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    command = [sys.executable, "-c", ODD_ZONE, url]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)

    assert done.stdout == "2026-03-01 08:00:00+00:00\n"
    assert done.stderr == ""
