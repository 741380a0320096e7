"""Times of rows: how they are read, and which rows were written together."""

import numpy as np
import pyarrow as pa
from builders import imported, known, row, snapshot

from skillmeat_audit.base.arrow import ARROW_TEXT
from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.provenance.times import (
    clusters,
    commits_by_row,
    imports_of,
    milliseconds,
    shares_cluster,
    to_times,
)

NINE = "2026-02-10 09:00:00.000000"


def times(*texts):
    """Return *texts* as times."""
    return to_times(pa.array(texts, ARROW_TEXT))


def test_times_are_those_that_skillmeat_stores():
    found = times(NINE, "2026-02-10T09:00:00", None)

    assert found.dtype == "datetime64[us]"
    assert found[0] == found[1] == np.datetime64("2026-02-10T09:00")
    assert np.isnat(found[2])


def test_a_zone_is_converted_and_what_is_no_time_is_unknown_beside_others():
    found = times("2026-02-10 10:00:00+01:00", NINE, "yesterday", "", None)

    assert found.dtype == "datetime64[us]"
    assert found[0] == found[1] == np.datetime64("2026-02-10T09:00")
    assert np.isnat(found[2:]).all()


def test_a_gap_to_an_unknown_time_is_unknown():
    gaps = milliseconds(times(NINE, NINE), times("2026-02-10 09:00:00.000250", None))

    assert gaps[0] == 0.25
    assert np.isnan(gaps[1])


def test_rows_of_one_cluster_follow_each_other_within_50_ms():
    synced = times(
        "2026-02-10 09:00:00.090000", NINE, None, "2026-02-10 09:00:00.050000",
        "2026-02-10 09:00:00.141000",
    )  # fmt: skip

    numbers = clusters(synced)

    assert numbers[0] == numbers[1] == numbers[3] != numbers[4]
    assert numbers[2] == -1
    claim = np.array([False, True, True, False, False])
    assert shares_cluster(claim, numbers).tolist() == [True, True, False, True, False]


def test_rows_that_were_never_synced_share_no_cluster():
    numbers = clusters(times(None, None))

    assert shares_cluster(np.array([True, True]), numbers).tolist() == [False, False]


def test_imports_commit_row_by_row_if_rows_are_more_than_a_millisecond_apart():
    seconds = "2026-02-10 09:00:00."

    assert commits_by_row(times(*(f"{seconds}{ms:03}000" for ms in (0, 2, 4, 900))))
    assert not commits_by_row(times(*(f"{seconds}000{us:03}" for us in (0, 200, 400))))
    assert not commits_by_row(times(NINE, None))


def test_a_row_has_each_import_of_its_artifact():
    dates = [f"2026-02-{day} 09:00:00" for day in ("01", "02", "03")]
    catalog = [
        known("skill:alpha", import_date=dates[0]),
        known("skill:beta", import_date=dates[1]),
        known("skill:alpha", import_date=dates[2]),
        known("skill:gamma"),
    ]
    rows = [row("skill:beta"), row("skill:alpha"), row("skill:other"), row("skill:gamma")]
    comparison = compare(snapshot([imported()], rows, catalog=catalog))

    imports = imports_of(comparison)

    ids = comparison.snapshot.rows["artifact_id"].tolist()
    found = sorted((ids[row], str(time)[:10]) for row, time in zip(*imports, strict=True))
    assert found == [
        ("skill:alpha", "2026-02-01"),
        ("skill:alpha", "2026-02-03"),
        ("skill:beta", "2026-02-02"),
    ]
    gaps = imports.first_gap(np.arange(3.0), len(ids))
    assert np.isnan(gaps).tolist() == [each not in ("skill:alpha", "skill:beta") for each in ids]
