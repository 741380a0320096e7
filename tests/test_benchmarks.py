"""The homes that speed is measured on are what they are said to be."""

import sqlite3
import sys
from contextlib import closing

import pytest
from conftest import PROJECT, digest, dump

from skillmeat_audit.api.audit import audit

sys.path.append(str(PROJECT / "benchmarks"))

import floor
import homes

COUNT = 400


@pytest.fixture
def home(tmp_path, era):
    """A home of a few hundred artifacts."""
    return homes.build(tmp_path / "home", COUNT, era)


def test_a_home_is_the_same_every_time(home, tmp_path, era):
    again = homes.build(tmp_path / "again", COUNT, era)

    assert digest(home / "collections") == digest(again / "collections")
    assert dump(home / "cache" / "cache.db") == dump(again / "cache" / "cache.db")


def test_rows_are_wrong_in_the_shares_that_are_told(home):
    audited = audit(home, parse_cache=False)
    rules = audited.findings["rule"].value_counts()
    bare = audited.rows[["description", "source", "origin", "tags_json"]].isna().all(axis=1).sum()

    assert len(audited.manifest) == COUNT
    assert 1 <= bare / COUNT * 100 <= 5
    assert rules["D001"] == bare
    assert 0.25 <= rules["K001"] / COUNT * 100 <= 2.5
    assert 0.5 <= rules["D002"] / COUNT * 100 <= 4
    assert not {"S010", "S011", "S012", "F001", "F005", "F006", "T002"} & set(rules.index)


def test_the_floor_reads_every_file_and_row(home):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as cache:
        rows, entries = (
            cache.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("collection_artifacts", "marketplace_catalog_entries")
        )

    assert floor.floor(home) == 2 * COUNT + rows + entries
