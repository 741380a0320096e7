"""Whatever an apply accepted, undo restores byte for byte: over cells that no program writes."""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillmeat_audit.api import audit, repair
from skillmeat_audit.repair import journal

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("ROUNDTRIP_EXAMPLES", "6"))
TABLE = "collection_artifacts"

# As SQL, for Python's driver cannot write all that SQLite holds.
CELLS = st.one_of(
    st.sampled_from([
        "NULL", "''", "'[]'", "0", "-9223372036854775808", "9223372036854775807", "0.1", "-0.0",
        "1e308", "9e999", "-9e999", "5e-324", "x''", "x'00'", "x'ff00fe'", "'2026'", "'007'",
        "CAST(x'ff41' AS TEXT)", "CAST(x'410042' AS TEXT)", "CAST(x'eda080' AS TEXT)",
        "CAST(x'c080' AS TEXT)", "CAST(x'f4908080' AS TEXT)", "zeroblob(300000)", "'1e5'", "'nan'",
        "printf('%.*c', 300000, 'x')", "char(0)", "char(65535, 1114111)", "' 12 '", "'0x10'",
    ]),
    st.binary(max_size=6).map(lambda content: f"x'{content.hex()}'"),
    st.binary(max_size=6).map(lambda content: f"CAST(x'{content.hex()}' AS TEXT)"),
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)  # fmt: skip


@pytest.fixture(scope="module")
def columns():
    """The columns of a cache row besides its key, of both eras."""
    written = """
        description source origin origin_source tags_json author license tools_json version
        resolved_sha resolved_version synced_at added_at deployments_json
    """.split()
    hashes = ("artifact_content_hash", "artifact_structure_hash", "artifact_file_count")
    return {"artifact_id": written, "artifact_uuid": (*written, *hashes)}


def cells_of(database):
    """Return every cell of the cache rows with its type, byte for byte."""
    with closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        names = [each[1].decode() for each in connection.execute(f"PRAGMA table_info({TABLE})")]
        parts = ", ".join(f"typeof({name}), hex({name}), quote({name})" for name in names)
        return sorted(connection.execute(f"SELECT {parts} FROM {TABLE}").fetchall())


@settings(
    max_examples=EXAMPLES * 2,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(data=st.data())
def test_whatever_apply_accepted_undo_restores(planned, columns, era, data):
    with tempfile.TemporaryDirectory() as folder:
        home = _home(planned, era, Path(folder))
        database = home / "cache" / "cache.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            for (row,) in connection.execute(f"SELECT rowid FROM {TABLE}").fetchall():
                cells = data.draw(st.dictionaries(st.sampled_from(columns[era]), CELLS, max_size=4))
                for name, cell in cells.items():
                    connection.execute(
                        f"UPDATE OR IGNORE {TABLE} SET {name} = {cell} WHERE rowid = {row}"
                    )
        start = cells_of(database)
        options = repair.Options(Path(folder) / "state", max_overwrites=100)
        audited = audit.audit(home, progress=False, parse_cache=False)
        plan = audited.plan(dispositions=("safe", "fill", "review"), deletes=True)

        run = repair.apply(plan, options=options, recheck=False)
        undone = run.undo() if run.outcome.run else None

        assert cells_of(database) == start
        assert undone is None or undone.outcome.conflicts == ()
        assert all("not UTF-8" in each.reason for each in run.outcome.conflicts)


_HOMES = {}


def _home(planned, era, folder):
    """Return a copy of the home that *planned* builds: building takes longer than copying."""
    if era not in _HOMES:
        _HOMES[era] = Path(tempfile.mkdtemp()) / ".skillmeat"
        shutil.copytree(planned(era).home, _HOMES[era])
    return Path(shutil.copytree(_HOMES[era], folder / ".skillmeat"))


@pytest.mark.parametrize("column", ["synced_at", "description", "resolved_sha", "added_at"])
def test_a_row_that_a_journal_cannot_hold_is_skipped_at_apply(planned, era, column):
    case = planned(era)
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.execute(f"UPDATE {TABLE} SET {column} = CAST(x'ff41' AS TEXT)")
    start = cells_of(case.database)
    options = repair.Options(case.state)

    run = repair.apply(repair.Plan.load(case.file), options=options, recheck=False)
    reasons = {each.reason for each in run.outcome.conflicts}
    run.undo()

    written = column in ("synced_at", "description")
    assert reasons == ({f"not UTF-8, repair it by hand: {column}"} if written else set())
    assert cells_of(case.database) == start


ENTRY = journal.JournalEntry("update", ("c", "skill:x"), {"a": None}, {"a": b"\xff\x00"})


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        "a\0b",
        "😀",
        b"",
        b"\xff",
        0,
        -(2**63),
        2**63 - 1,
        0.1,
        -0.0,
        1e308,
        float("inf"),
        float("-inf"),
        5.0,
        True,
    ],
)
def test_a_journal_gives_every_cell_back_as_it_was(cell):
    entry = msgspec.structs.replace(ENTRY, before={"a": cell})
    saved = journal.Journal("r", "apply", "h", "d", "i", "2026", (entry,))

    again = journal.decode_journal(journal.encode_journal(saved), "r").entries[0]

    assert journal.can_journal(cell)
    assert repr(again) == repr(entry)
