"""Attribution: what each code path leaves in a row, and what later writers change of it."""

import pytest
from builders import UPSTREAM, entry, imported, known, repaired, row, snapshot, synced, wrote

from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.provenance.paths import PATHS
from skillmeat_audit.diff.provenance.verdicts import attribute
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.home import Home

YESTERDAY = "2026-02-09 09:00:00.000000"
NINE, TEN = "2026-02-10 09:00:00.000000", "2026-02-10 10:00:00.000000"
OTHER = "https://github.com/other/repo/tree/main/skills/alpha"
UUID = {"era": "artifact_uuid"}


def verdict(snap, artifact_id="skill:alpha"):
    """Return writer, confidence and explanation of the only row of *artifact_id*."""
    writers = records(attribute(compare(snap)))
    (found,) = [row for row in writers if row["artifact_id"] == artifact_id]
    return found["writer"], found["writer_confidence"], found["explanation"]


def populated(**values):
    """Return the row an import leaves: everything at once, synced as it was added."""
    return synced(imported(), added_at=NINE, synced_at="2026-02-10 08:59:59.999998", **values)


NOON = "2026-02-10 12:00:00.000001"
REPAIRED_CELLS = {"description": "Says it", "synced_at": NOON}


def repaired_home(now=(), before=None, **values):
    """Return a home whose one row a repair at noon wrote, and what it is *now* besides."""
    before = row(origin="marketplace") if before is None else before
    run = wrote(before, **REPAIRED_CELLS) | values
    left = before | REPAIRED_CELLS | dict(now)
    return lambda **facts: snapshot([imported()], [left], repaired=repaired(run), **facts)


IMPORTED_AT_NINE = [known(import_date="2026-02-10 09:00:00.020000")]

CASES = [
    ("import-bare", "certain", snapshot([imported()], [row()], catalog=IMPORTED_AT_NINE)),
    ("import-bare", "likely", snapshot([imported()], [row()])),
    ("import-bare", "likely", snapshot([imported()], [row()], catalog=IMPORTED_AT_NINE, **UUID)),
    (
        "import-bare",
        "certain",
        snapshot(
            [imported()],
            [synced(imported(), synced_at="2026-02-09 09:00:00.000000")],
            catalog=IMPORTED_AT_NINE,
        ),
    ),
    ("membership-add", "certain", snapshot([imported()], [row(collection="t1")])),
    ("membership-add", "likely", snapshot([entry()], [row()])),
    ("membership-add", "likely", snapshot([imported()], [row()], **UUID)),
    (
        "import-composite",
        "likely",
        snapshot([], [row(artifact_content_hash="00ff")], **UUID),
    ),
    (
        "import-composite",
        "likely",
        snapshot(
            [imported("composite:kit")],
            [populated(artifact_id="composite:kit", stem="composite:kit")],
            **UUID,
        ),
    ),
    (
        "deploy-write",
        "likely",
        snapshot([entry()], [row(deployments_json='[{"content_hash": "x"}]')]),
    ),
    ("tag-write", "likely", snapshot([entry()], [row(tags_json='["a"]')])),
    ("import-populate", "likely", snapshot([imported()], [populated()], **UUID)),
    (
        "import-populate",
        "certain",
        snapshot([imported()], [populated()], catalog=IMPORTED_AT_NINE, **UUID),
    ),
    (
        "import-populate",
        "likely",
        snapshot(
            [imported()],
            [synced(imported())],
            catalog=[known(import_date="2026-02-10 10:00:00.1")],
            **UUID,
        ),
    ),
    (
        "import-populate",
        "likely",
        snapshot([imported()], [synced(imported(), synced_at=None)], **UUID),
    ),
    (
        "import-skipped",
        "certain",
        snapshot([entry()], [populated()], catalog=[known()], **UUID),
    ),
    ("import-skipped", "likely", snapshot([entry()], [populated()], **UUID)),
    ("import-skipped", "likely", snapshot([imported(source=OTHER)], [synced(imported())], **UUID)),
    (
        "startup-lossy",
        "certain",
        snapshot([entry()], [row(origin="local", tags_json="[]", tools_json="[]")], **UUID),
    ),
    ("startup-lossy", "likely", snapshot([entry()], [synced(entry(), tools_json="[]")], **UUID)),
    (
        "startup-lossy",
        "likely",
        snapshot([imported()], [row(origin="marketplace", source=UPSTREAM)], **UUID),
    ),
    (
        "startup-lossy",
        "likely",
        snapshot([entry(version="1")], [row(origin="local", author="J")], **UUID),
    ),
    ("refresh", "likely", snapshot([entry()], [synced(entry())])),
    ("refresh", "likely", snapshot([entry()], [synced(entry(), "t1")])),
    ("startup", "likely", snapshot([entry()], [synced(entry(), synced_at=None)])),
    ("refresh", "likely", snapshot([imported()], [synced(imported(), synced_at=None)])),
    ("bundle", "certain", snapshot([], [row(origin="bundle_import", source="b1")])),
    ("scaffold", "certain", snapshot([], [row(origin="scaffold_import")])),
    (
        "portable-bundle",
        "certain",
        snapshot([], [row(origin="import", origin_source="portable_bundle")]),
    ),
    ("unknown", "unknown", snapshot([], [row(origin="import")])),
    ("skillmeat-audit", "certain", repaired_home()()),
    ("skillmeat-audit", "certain", repaired_home()(**UUID)),
    ("skillmeat-audit", "likely", repaired_home(committed=False)()),
    # A refresh leaves NULL where a list is empty.
    (
        "startup-lossy",
        "likely",
        snapshot([entry()], [synced(entry(), tags_json="[]", tools_json='["Read"]')], **UUID),
    ),
    ("tag-write", "likely", snapshot([entry()], [synced(entry(), tags_json="[]")], **UUID)),
    ("tag-write", "likely", snapshot([entry()], [synced(entry(), "t1", tags_json="[]")], **UUID)),
    (
        "tag-write",
        "likely",
        snapshot([entry()], [synced(entry(), tags_json="[]", tools_json='["Read"]')]),
    ),
]


@pytest.mark.parametrize(("writer", "confidence", "snap"), CASES)
def test_the_shape_of_a_row_names_its_writer(writer, confidence, snap):
    artifact_id = snap.rows["artifact_id"][0]

    found = verdict(snap, artifact_id)

    assert found[:2] == (writer, confidence)
    assert found[2].startswith(PATHS[writer])


def test_every_path_has_a_case():
    assert {writer for writer, *_ in CASES} == set(PATHS)


def at_once(here, there, **values):
    """Return two entries of different file collections whose rows were synced together."""
    moment = "2026-02-10 12:00:00.0{:02}000"
    rows = [synced(here, synced_at=moment.format(1)), synced(there, synced_at=moment.format(2))]
    return snapshot([here, there], rows, **values)


@pytest.mark.parametrize("era", ["artifact_id", "artifact_uuid"])
def test_a_server_start_is_recognised_by_rows_that_no_refresh_reaches(era):
    snap = at_once(entry("skill:here"), entry("skill:there", place="work"), era=era)

    assert verdict(snap, "skill:here")[0] == "startup"


@pytest.mark.parametrize(
    ("era", "writer"), [("artifact_id", "startup"), ("artifact_uuid", "refresh")]
)
def test_newer_refreshes_reach_the_default_collection_and_the_active_one(era, writer):
    home = Home("/x", "sqlite:///x", "work")
    snap = at_once(entry("skill:here"), entry("skill:there", place="work"), era=era, home=home)

    assert verdict(snap, "skill:here")[0] == writer


def test_a_refresh_near_an_import_is_recognised_by_rows_of_other_origins():
    near = [known(import_date="2026-02-10 11:59:59.500000")]
    alone = at_once(imported(), imported("skill:beta"), catalog=near, **UUID)
    among_others = at_once(imported(), entry("skill:beta"), catalog=near, **UUID)

    assert verdict(alone)[0] == "import-populate"
    assert verdict(among_others)[0] == "refresh"


def test_a_refresh_is_recognised_by_rows_of_user_collections():
    here, there = entry("skill:here"), entry("skill:there", place="work")
    moment = "2026-02-10 12:00:00.0{:02}000"
    rows = [
        synced(here, synced_at=moment.format(1)),
        synced(there, synced_at=moment.format(2)),
        synced(here, "t1", synced_at=moment.format(3)),
    ]
    writers = records(attribute(compare(snapshot([here, there], rows))))

    assert {row["writer"] for row in writers} == {"refresh"}


def invalidated(gap_ms):
    """Return imported rows without synced_at that were added *gap_ms* apart."""
    said = [imported(f"skill:a{n}") for n in range(4)]
    times = [f"2026-02-10 09:00:00.{round(n * gap_ms * 1000):06}" for n in range(4)]
    rows = [synced(e, added_at=t, synced_at=None) for e, t in zip(said, times, strict=True)]
    catalog = [known(f"skill:a{n}", import_date=times[-1]) for n in range(4)]
    return snapshot(said, rows, catalog=catalog)


def test_rows_merged_in_one_transaction_got_their_values_from_a_refresh():
    assert verdict(invalidated(0.2), "skill:a0")[0] == "refresh"


@pytest.mark.parametrize(("others", "writer"), [([], "refresh"), ([row("skill:b")], "import-bare")])
def test_a_reimport_is_recognised_by_added_at_until_a_refresh_fills_its_rows(others, writer):
    moved = synced(imported(), added_at=NINE, synced_at=None)
    catalog = [known(import_date="2026-02-10 08:59:59.985000"), known("skill:b", import_date=TEN)]
    rows = [moved, *(each | {"added_at": TEN} for each in others)]
    snap = snapshot([imported(), imported("skill:b")], rows, catalog=catalog)

    assert verdict(snap)[:2] == (writer, "likely")


def test_rows_committed_one_by_one_were_written_whole():
    assert verdict(invalidated(3), "skill:a0")[0] == "import-populate"


def test_an_origin_source_beside_a_corrected_origin_is_left_by_a_server_start():
    left = snapshot([entry()], [synced(entry(), origin_source="github")], era="artifact_uuid")

    assert verdict(left)[:2] == ("startup-lossy", "likely")


def test_the_explanation_mentions_a_cleared_synced_at():
    snap = snapshot([imported()], [synced(imported(), synced_at=None)], era="artifact_uuid")

    assert "cleared its synced_at" in verdict(snap)[2]


def test_an_import_long_after_the_row_is_not_a_clue():
    late = [known(import_date="2026-02-11 09:00:00.000000")]

    assert verdict(snapshot([entry()], [row()], catalog=late))[0] == "membership-add"


def skipped(synced_at):
    """Return a row that a batch import found in place, and wrote again at *synced_at*."""
    again = synced(imported(), added_at=YESTERDAY, synced_at=synced_at)
    return snapshot([imported()], [again], catalog=IMPORTED_AT_NINE, **UUID)


def test_a_long_batch_writes_its_first_rows_minutes_before_the_import_date():
    assert verdict(skipped("2026-02-10 08:57:00.000000"))[0] == "import-populate"


def test_a_row_that_was_synced_after_its_import_was_refreshed():
    assert verdict(skipped("2026-02-10 09:00:30.000000"))[0] == "refresh"


def test_invalid_times_do_not_fail():
    snap = snapshot([entry()], [row(added_at="yesterday", synced_at="0000-99-99", origin="local")])

    assert verdict(snap)[0] in PATHS


def test_a_repair_is_explained_by_its_run_and_the_columns_it_wrote():
    explanation = verdict(repaired_home()(catalog=IMPORTED_AT_NINE))[2]

    assert explanation.startswith(
        "a repair by skillmeat-audit, run r1: it wrote description; before it,"
    )


def test_the_writer_before_a_repair_is_judged_from_the_row_as_it_was():
    bare = repaired_home(before=row(), run="r2")(catalog=IMPORTED_AT_NINE)

    assert verdict(bare)[2].endswith(
        "; before it, batch import and reimport until 2026-02-10 (import-bare, certain)"
    )


def test_a_row_that_a_repair_inserted_has_nothing_before_it():
    assert verdict(repaired_home(op="insert", before=row() | {"added_at": NOON})())[2].endswith(
        "run r1: it inserted the row"
    )


def test_an_interrupted_repair_says_so():
    assert "interrupted" in verdict(repaired_home(committed=False)())[2]


@pytest.mark.parametrize("era", ["artifact_id", "artifact_uuid"])
@pytest.mark.parametrize(
    ("now", "writer"),
    [
        ({"synced_at": "2026-02-10 13:00:00.000000"}, "refresh"),
        ({"synced_at": None, "origin": "local"}, None),
        ({"synced_at": None}, None),
    ],
)
def test_a_row_that_was_synced_after_a_repair_is_not_attributed_to_it(era, now, writer):
    found = verdict(repaired_home(now)(era=era))
    plain = verdict(
        snapshot([imported()], [row(origin="marketplace") | REPAIRED_CELLS | now], era=era)
    )

    assert found == plain
    assert found[0] != "skillmeat-audit"
    assert writer in (None, found[0])


@pytest.mark.parametrize(
    ("era", "writer"), [("artifact_id", "unknown"), ("artifact_uuid", "startup-lossy")]
)
def test_values_that_changed_at_an_unchanged_time_are_not_attributed_to_the_repair(era, writer):
    assert verdict(repaired_home({"description": None})(era=era))[0] == writer
    assert "certain" not in verdict(repaired_home({"description": None})(era=era))


def test_a_change_of_another_column_leaves_the_row_attributed_to_the_repair():
    assert verdict(repaired_home({"tags_json": '["a"]'})())[:2] == ("skillmeat-audit", "certain")


@pytest.mark.parametrize("era", ["artifact_id", "artifact_uuid"])
def test_tags_that_changed_after_a_repair_are_a_tag_write(era):
    before = row(origin="marketplace")
    run = wrote(before, tags_json='["a"]', source=UPSTREAM, synced_at=NOON)
    left = before | run["after"] | {"tags_json": '["b"]'}
    snap = snapshot([imported()], [left], repaired=repaired(run), era=era)

    assert verdict(snap)[:2] == ("tag-write", "likely")


def test_a_reimport_after_a_repair_is_recognised_by_its_added_at():
    later = [known(import_date="2026-02-10 13:00:00.000000")]
    snap = repaired_home({"added_at": "2026-02-10 13:00:00.000100"})(catalog=later)

    assert verdict(snap)[:2] == ("import-bare", "certain")


def test_of_several_repairs_the_latest_is_named_and_all_are_reverted_to_judge():
    bare, evening = row(), "2026-02-10 18:00:00.000000"
    first = wrote(bare, **REPAIRED_CELLS)
    left = bare | REPAIRED_CELLS
    second = wrote(left, source=UPSTREAM, synced_at=evening) | {"run": "r2"}
    runs = repaired(second, first)
    rows = [left | {"source": UPSTREAM, "synced_at": evening}]
    snap = snapshot([imported()], rows, repaired=runs, catalog=IMPORTED_AT_NINE)
    undone = snapshot([imported()], [left], repaired=runs, catalog=IMPORTED_AT_NINE)

    first = "it wrote description; before it, batch import and reimport until 2026-02-10"
    assert f"run r2: {first.replace('description', 'source')} (import-bare" in verdict(snap)[2]
    assert f"run r1: {first} (import-bare" in verdict(undone)[2]


def test_a_repair_does_not_change_the_writer_of_other_rows():
    said = [entry("skill:here"), entry("skill:there", place="work")]
    before = at_once(*said)
    rows = records(before.rows)
    run = wrote(rows[1], **REPAIRED_CELLS)
    after = snapshot(said, [rows[0], rows[1] | REPAIRED_CELLS], repaired=repaired(run))

    assert verdict(after, "skill:here") == verdict(before, "skill:here")
    assert verdict(after, "skill:there")[2].endswith(
        "the server's start until 0.9.0 (startup, likely)"
    )


def test_a_journal_that_refers_to_itself_ends():
    turning = wrote(row() | REPAIRED_CELLS, **REPAIRED_CELLS)
    snap = snapshot([imported()], [row() | REPAIRED_CELLS], repaired=repaired(turning, turning))

    assert verdict(snap)[0] == "skillmeat-audit"


def test_a_row_of_unknown_origin_that_was_never_synced_is_no_seed_of_a_start():
    snap = snapshot([entry()], [row(description="Says it", origin=None)])

    writer, confidence, _ = verdict(snap)

    assert (writer, confidence) == ("refresh", "likely")
