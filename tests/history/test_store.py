"""The history: what changed from run to run, whatever became of the runs between."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from builders import audited, entry, row, snapshot

from skillmeat_audit.api.compose import as_reported
from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.urls import sqlite_url
from skillmeat_audit.history.database import history_url, write_transaction
from skillmeat_audit.history.store import (
    HistoryLocation,
    Series,
    load_runs,
    mark_delivered,
    record_failed_run,
    record_run,
)
from skillmeat_audit.model.trend import REPORTED, fingerprints

pytestmark = pytest.mark.slow

FACTS = {"tool_version": "1", "artifacts": 2, "rows": 2, "error": 1, "warning": 0, "info": 0}
HOME = Series("/home/x/.skillmeat", "sqlite:///x")


@cache
def findings(*artifacts, **values):
    """Return what an audit finds of rows without an author."""
    said = [entry(name, author="J", **values) for name in artifacts]
    return as_reported(audited(snapshot(said, [row(name) for name in artifacts])).findings)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "state" / "history.db")
    server = request.getfixturevalue("postgres_server")
    server.psql("CREATE DATABASE history;")
    return history_url(server.get_uri(database="history"))


@pytest.fixture
def place(tmp_path):
    return HistoryLocation(sqlite_url(tmp_path / "state" / "history.db"), HOME, 400)


def ran(place, found, day, *, delivered=True, hidden=()):
    recorded = record_run(place, f"2026-02-{day:02}T12:00:00Z", FACTS, found, hidden)
    if delivered:
        mark_delivered(place.url, recorded.run)
    return recorded


def counts(recorded):
    changes = recorded.changes
    return changes.new, len(changes.fixed), changes.persisting


def test_the_first_run_has_nothing_to_compare_with(place):
    recorded = ran(place, findings("skill:a"), 1)

    assert recorded.changes is None
    assert recorded.findings["state"].isna().all()
    assert len(recorded.trend) == 1


def test_new_fixed_and_persisting_follow_from_fingerprints(place):
    both, other = findings("skill:a", "skill:b"), findings("skill:b", "skill:c")
    each = len(findings("skill:a"))
    ran(place, both, 1)

    recorded = ran(place, other, 2)

    assert counts(recorded) == (each, each, each)
    assert set(recorded.changes.fixed["artifact_id"]) == {"skill:a"}
    states = recorded.findings.groupby("artifact_id")["state"].unique()
    assert (list(states["skill:b"]), list(states["skill:c"])) == (["persisting"], ["new"])
    since = recorded.findings.set_index("artifact_id")["since_at"]
    assert set(since["skill:b"]) == {"2026-02-01T12:00:00Z"}
    assert set(since["skill:c"]) == {"2026-02-02T12:00:00Z"}


def test_identities_are_free_of_values():
    one, other = findings("skill:a"), findings("skill:a", description="x", license="MIT")

    assert set(fingerprints(one)) & set(fingerprints(other))
    assert len(set(fingerprints(other))) == len(other)


def test_findings_of_a_lost_report_are_reported_as_new_again(place):
    ran(place, findings("skill:a"), 1)
    lost = ran(place, findings("skill:a", "skill:b"), 2, delivered=False)
    again = ran(place, findings("skill:a", "skill:b"), 3)

    assert counts(lost) == counts(again)
    assert again.changes.compared_at == "2026-02-01T12:00:00Z"
    since = again.findings.set_index("artifact_id")["since_at"]
    assert set(since["skill:b"]) == {"2026-02-02T12:00:00Z"}


def test_what_comes_back_is_new(place):
    for day, names in ((1, ["skill:a", "skill:b"]), (2, ["skill:b"])):
        ran(place, findings(*names), day)

    recorded = ran(place, findings("skill:a", "skill:b"), 3)

    back = recorded.findings[recorded.findings["artifact_id"] == "skill:a"]
    assert set(back["state"]) == {"new"}
    assert set(back["since_at"]) == {"2026-02-03T12:00:00Z"}


def test_what_is_hidden_is_not_fixed(place):
    found = findings("skill:a")
    ran(place, found, 1)

    assert counts(ran(place, found.head(0), 2, hidden=found["fingerprint"])) == (0, 0, 0)


def test_failed_runs_are_recorded_and_never_compared_with(place):
    found = findings("skill:a")
    ran(place, found, 1)
    mark_delivered(place.url, record_failed_run(place, "2026-02-02T12:00:00Z", "damaged", "1"))

    assert counts(ran(place, found, 3)) == (0, 0, len(found))
    assert list(load_runs(place.url, HOME.home)["outcome"]) == ["checked", "failed", "checked"]


def test_series_do_not_mix(place):
    ran(place, findings("skill:a"), 1)
    narrow = HistoryLocation(place.url, Series(HOME.home, HOME.database, "select D"), 400)

    assert ran(narrow, findings("skill:b"), 2).changes is None
    assert list(load_runs(place.url, HOME.home)["scope"]) == ["", "select D"]


def test_old_runs_are_forgotten(place):
    short = HistoryLocation(place.url, HOME, 3)
    for day in range(1, 8):
        recorded = ran(short, findings("skill:a" if day < 4 else "skill:b"), day)

    assert list(recorded.trend["run"]) == [5, 6, 7]
    with write_transaction(place.url) as connection:
        kept = connection.exec_driver_sql("SELECT min(last_run) FROM audit_findings").scalar()
    assert kept == 7


def test_failed_runs_evict_only_failed_runs(place):
    short = HistoryLocation(place.url, HOME, 2)
    ran(short, findings("skill:a"), 1)
    for day in range(2, 7):
        record_failed_run(short, f"2026-02-{day:02}T12:00:00Z", "damaged", "1")

    assert list(load_runs(place.url, HOME.home)["run"]) == [1, 5, 6]
    assert counts(ran(short, findings("skill:a"), 7)) == (0, 0, len(findings("skill:a")))


def test_only_the_owner_can_read_a_history(place, tmp_path):
    ran(place, findings("skill:a"), 1)

    file = tmp_path / "state" / "history.db"
    assert file.stat().st_mode & 0o077 == file.parent.stat().st_mode & 0o077 == 0


def test_concurrent_runs_are_all_recorded_whole(url):
    place = HistoryLocation(url, HOME, 400)
    found = [findings("skill:a"), findings("skill:a", "skill:b")]
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda day: ran(place, found[day % 2], day), range(1, 13)))

    assert sorted(each.run for each in done) == list(range(1, 13))
    runs = load_runs(url, HOME.home)
    assert runs["delivered"].all()
    last = ran(place, found[0], 20)
    assert last.changes.new == 0


def test_a_history_of_a_newer_version_is_left_alone(place, tmp_path):
    ran(place, findings("skill:a"), 1)
    with write_transaction(place.url) as connection:
        connection.exec_driver_sql("UPDATE audit_format SET format = 2")
    before = (tmp_path / "state" / "history.db").read_bytes()

    for act in (lambda: ran(place, findings("skill:a"), 2), lambda: load_runs(place.url, "x")):
        with pytest.raises(StateError, match="was written by a newer skillmeat-audit"):
            act()
    assert (tmp_path / "state" / "history.db").read_bytes() == before


def test_reading_makes_nothing(place, tmp_path):
    assert load_runs(place.url, HOME.home).empty
    assert not (tmp_path / "state").exists()

    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "history.db").touch()
    assert load_runs(place.url, HOME.home).empty
    assert not (tmp_path / "state" / "history.db").read_bytes()


def test_a_history_is_read_while_another_run_writes(place):
    ran(place, findings("skill:a"), 1)

    with write_transaction(place.url):
        assert len(load_runs(place.url, HOME.home)) == 1


def test_a_history_that_cannot_be_written_is_an_error(tmp_path):
    folder = HistoryLocation(sqlite_url(tmp_path), HOME, 400)
    (tmp_path / "text").write_text("no database at all, and long enough to be looked at" * 20)
    text = HistoryLocation(sqlite_url(tmp_path / "text"), HOME, 400)

    for place in (
        folder,
        text,
        HistoryLocation("postgresql+psycopg://u:secret@127.0.0.1:1/x", HOME, 4),
    ):
        with pytest.raises(StateError, match="name another with --history") as caught:
            record_run(place, "2026-02-01T12:00:00Z", FACTS, findings("skill:a"))
        assert "secret" not in str(caught.value)


def test_a_history_is_a_file_or_an_address():
    assert history_url("/x/h.db") == "sqlite:////x/h.db"
    assert history_url("postgresql://u@h/d") == "postgresql+psycopg://u@h/d"
    assert history_url("sqlite:////x/h.db") == "sqlite:////x/h.db"


def test_many_findings_take_time_in_proportion(place):
    names = [f"{number:016}" for number in range(20_000)]
    many = REPORTED.from_records(
        [
            {"rule": "D001", "severity": "error", "artifact_id": name, "fingerprint": name}
            for name in names
        ]
    )
    began = time.process_time()
    ran(place, many, 1)
    ran(place, many, 2)

    assert counts(ran(place, many.head(10_000), 3)) == (0, 10_000, 10_000)
    assert time.process_time() - began < 30  # comparing each with each takes minutes
