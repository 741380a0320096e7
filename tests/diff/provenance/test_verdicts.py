"""Attribution: every code path's own mark, and what later steps leave of it."""

import pytest
from builders import UPSTREAM, entry, imported, known, repaired, row, snapshot, synced, wrote

from skillmeat_audit.diff.cells import compare
from skillmeat_audit.diff.provenance.verdicts import PATHS, attribute
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.snapshot import Home

YESTERDAY = "2026-02-09 09:00:00.000000"
NINE, TEN = "2026-02-10 09:00:00.000000", "2026-02-10 10:00:00.000000"
OTHER = "https://github.com/other/repo/tree/main/skills/alpha"
UUID = {"era": "artifact_uuid"}


def verdict(snap, artifact_id="skill:alpha"):
    """Return writer, sureness and explanation of the one row of *artifact_id*."""
    (found,) = [
        told for told in records(attribute(compare(snap))) if told["artifact_id"] == artifact_id
    ]
    return found["writer"], found["writer_confidence"], found["explanation"]


def populated(**values):
    """Return the row an import leaves: everything at once, synced as it was added."""
    return synced(imported(), added_at=NINE, synced_at="2026-02-10 08:59:59.999998", **values)


NOON = "2026-02-10 12:00:00.000001"
MENDED = {"description": "Says it", "synced_at": NOON}


def mended(now=(), before=None, **values):
    """Return a home whose one row a repair at noon wrote, and what it is *now* besides."""
    before = row(origin="marketplace") if before is None else before
    run = wrote(before, **MENDED) | values
    left = before | MENDED | dict(now)
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
    ("skillmeat-audit", "certain", mended()()),
    ("skillmeat-audit", "certain", mended()(**UUID)),
    ("skillmeat-audit", "likely", mended(committed=False)()),
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


@pytest.mark.parametrize(("writer", "sure", "snap"), CASES)
def test_the_shape_names_its_writer(writer, sure, snap):
    artifact_id = snap.rows["artifact_id"][0]

    found = verdict(snap, artifact_id)

    assert found[:2] == (writer, sure)
    assert found[2].startswith(PATHS[writer])


def test_every_path_has_a_case():
    assert {writer for writer, *_ in CASES} == set(PATHS)


def at_once(here, there, **values):
    """Return two entries of different file collections whose rows were synced together."""
    moment = "2026-02-10 12:00:00.0{:02}000"
    rows = [synced(here, synced_at=moment.format(1)), synced(there, synced_at=moment.format(2))]
    return snapshot([here, there], rows, **values)


@pytest.mark.parametrize("era", ["artifact_id", "artifact_uuid"])
def test_startup_is_told_by_rows_no_refresh_can_reach(era):
    snap = at_once(entry("skill:here"), entry("skill:there", place="work"), era=era)

    assert verdict(snap, "skill:here")[0] == "startup"


@pytest.mark.parametrize(
    ("era", "writer"), [("artifact_id", "startup"), ("artifact_uuid", "refresh")]
)
def test_newer_refreshes_reach_the_default_collection_besides_the_active_one(era, writer):
    home = Home("/x", "sqlite:///x", "work")
    snap = at_once(entry("skill:here"), entry("skill:there", place="work"), era=era, home=home)

    assert verdict(snap, "skill:here")[0] == writer


def test_a_refresh_in_the_second_of_an_import_is_told_by_what_no_import_writes():
    near = [known(import_date="2026-02-10 11:59:59.500000")]
    alone = at_once(imported(), imported("skill:beta"), catalog=near, **UUID)
    among_others = at_once(imported(), entry("skill:beta"), catalog=near, **UUID)

    assert verdict(alone)[0] == "import-populate"
    assert verdict(among_others)[0] == "refresh"


def test_a_refresh_is_told_by_rows_of_user_collections():
    here, there = entry("skill:here"), entry("skill:there", place="work")
    moment = "2026-02-10 12:00:00.0{:02}000"
    rows = [
        synced(here, synced_at=moment.format(1)),
        synced(there, synced_at=moment.format(2)),
        synced(here, "t1", synced_at=moment.format(3)),
    ]
    told = records(attribute(compare(snapshot([here, there], rows))))

    assert {each["writer"] for each in told} == {"refresh"}


def invalidated(gap_ms):
    """Return imported rows without synced_at that were added *gap_ms* apart."""
    said = [imported(f"skill:a{n}") for n in range(4)]
    times = [f"2026-02-10 09:00:00.{round(n * gap_ms * 1000):06}" for n in range(4)]
    rows = [synced(e, added_at=t, synced_at=None) for e, t in zip(said, times, strict=True)]
    catalog = [known(f"skill:a{n}", import_date=times[-1]) for n in range(4)]
    return snapshot(said, rows, catalog=catalog)


def test_rows_that_were_merged_in_one_go_got_their_values_from_a_refresh():
    assert verdict(invalidated(0.2), "skill:a0")[0] == "refresh"


@pytest.mark.parametrize(("others", "writer"), [([], "refresh"), ([row("skill:b")], "import-bare")])
def test_a_reimport_is_told_by_its_added_at_until_a_refresh_fills_what_it_left(others, writer):
    moved = synced(imported(), added_at=NINE, synced_at=None)
    catalog = [known(import_date="2026-02-10 08:59:59.985000"), known("skill:b", import_date=TEN)]
    rows = [moved, *(each | {"added_at": TEN} for each in others)]
    snap = snapshot([imported(), imported("skill:b")], rows, catalog=catalog)

    assert verdict(snap)[:2] == (writer, "likely")


def test_rows_that_were_committed_one_by_one_were_written_whole():
    assert verdict(invalidated(3), "skill:a0")[0] == "import-populate"


def test_what_is_left_of_a_false_provenance_is_the_startups():
    left = snapshot([entry()], [synced(entry(), origin_source="github")], era="artifact_uuid")

    assert verdict(left)[:2] == ("startup-lossy", "likely")


def test_an_invalidation_is_told_beside_the_writer():
    snap = snapshot([imported()], [synced(imported(), synced_at=None)], era="artifact_uuid")

    assert "cleared its synced_at" in verdict(snap)[2]


def test_an_import_that_comes_long_after_the_row_is_no_clue():
    late = [known(import_date="2026-02-11 09:00:00.000000")]

    assert verdict(snapshot([entry()], [row()], catalog=late))[0] == "membership-add"


def skipped(synced_at):
    """Return a row that a batch import found in place, and wrote again at *synced_at*."""
    again = synced(imported(), added_at=YESTERDAY, synced_at=synced_at)
    return snapshot([imported()], [again], catalog=IMPORTED_AT_NINE, **UUID)


def test_a_long_batch_has_written_its_first_rows_minutes_before_the_import_date():
    assert verdict(skipped("2026-02-10 08:57:00.000000"))[0] == "import-populate"


def test_a_row_that_was_synced_after_its_import_was_refreshed():
    assert verdict(skipped("2026-02-10 09:00:30.000000"))[0] == "refresh"


def test_times_that_are_none_are_survived():
    snap = snapshot([entry()], [row(added_at="yesterday", synced_at="0000-99-99", origin="local")])

    assert verdict(snap)[0] in PATHS


def test_a_repair_is_told_by_its_run_and_what_it_wrote():
    explanation = verdict(mended()(catalog=IMPORTED_AT_NINE))[2]

    assert explanation.startswith(
        "a repair by skillmeat-audit, run r1: it wrote description; before it,"
    )


def test_what_was_there_before_a_repair_is_told_from_the_row_as_it_was():
    bare = mended(before=row(), run="r2")(catalog=IMPORTED_AT_NINE)

    assert verdict(bare)[2].endswith("; before it, import-bare (certain)")


def test_a_row_that_a_repair_inserted_has_nothing_before_it():
    assert verdict(mended(op="insert", before=row() | {"added_at": NOON})())[2].endswith(
        "run r1: it inserted the row"
    )


def test_an_interrupted_repair_says_so():
    assert "interrupted" in verdict(mended(committed=False)())[2]


@pytest.mark.parametrize("era", ["artifact_id", "artifact_uuid"])
@pytest.mark.parametrize(
    ("now", "writer"),
    [
        ({"synced_at": "2026-02-10 13:00:00.000000"}, "refresh"),
        ({"synced_at": None, "origin": "local"}, None),
        ({"synced_at": None}, None),
    ],
)
def test_a_row_that_was_synced_since_is_not_the_repairs(era, now, writer):
    found = verdict(mended(now)(era=era))
    plain = verdict(snapshot([imported()], [row(origin="marketplace") | MENDED | now], era=era))

    assert found == plain
    assert found[0] != "skillmeat-audit"
    assert writer in (None, found[0])


@pytest.mark.parametrize(
    ("era", "writer"), [("artifact_id", "unknown"), ("artifact_uuid", "startup-lossy")]
)
def test_values_that_changed_while_the_repairs_time_did_not_are_not_its_own(era, writer):
    assert verdict(mended({"description": None})(era=era))[0] == writer
    assert "certain" not in verdict(mended({"description": None})(era=era))


def test_a_column_that_the_repair_did_not_write_may_change():
    assert verdict(mended({"tags_json": '["a"]'})())[:2] == ("skillmeat-audit", "certain")


@pytest.mark.parametrize("era", ["artifact_id", "artifact_uuid"])
def test_tags_that_changed_after_a_repair_are_a_tag_write(era):
    before = row(origin="marketplace")
    run = wrote(before, tags_json='["a"]', source=UPSTREAM, synced_at=NOON)
    left = before | run["after"] | {"tags_json": '["b"]'}
    snap = snapshot([imported()], [left], repaired=repaired(run), era=era)

    assert verdict(snap)[:2] == ("tag-write", "likely")


def test_a_reimport_after_a_repair_is_told_by_its_added_at():
    later = [known(import_date="2026-02-10 13:00:00.000000")]
    snap = mended({"added_at": "2026-02-10 13:00:00.000100"})(catalog=later)

    assert verdict(snap)[:2] == ("import-bare", "certain")


def test_of_several_repairs_the_latest_is_told_and_all_are_taken_back():
    bare, evening = row(), "2026-02-10 18:00:00.000000"
    first = wrote(bare, **MENDED)
    left = bare | MENDED
    second = wrote(left, source=UPSTREAM, synced_at=evening) | {"run": "r2"}
    runs = repaired(second, first)
    rows = [left | {"source": UPSTREAM, "synced_at": evening}]
    snap = snapshot([imported()], rows, repaired=runs, catalog=IMPORTED_AT_NINE)
    undone = snapshot([imported()], [left], repaired=runs, catalog=IMPORTED_AT_NINE)

    assert "run r2: it wrote source; before it, import-bare (certain)" in verdict(snap)[2]
    assert "run r1: it wrote description; before it, import-bare" in verdict(undone)[2]


def test_a_repair_does_not_change_who_is_told_of_other_rows():
    said = [entry("skill:here"), entry("skill:there", place="work")]
    before = at_once(*said)
    rows = records(before.rows)
    run = wrote(rows[1], **MENDED)
    after = snapshot(said, [rows[0], rows[1] | MENDED], repaired=repaired(run))

    assert verdict(after, "skill:here") == verdict(before, "skill:here")
    assert verdict(after, "skill:there")[2].endswith("before it, startup (likely)")


def test_a_journal_that_refers_to_itself_ends():
    turning = wrote(row() | MENDED, **MENDED)
    snap = snapshot([imported()], [row() | MENDED], repaired=repaired(turning, turning))

    assert verdict(snap)[0] == "skillmeat-audit"
