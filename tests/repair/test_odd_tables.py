"""Tables that people changed: triggers, and keys that do not identify a row. Nothing is lost."""

import re
import sqlite3
from contextlib import closing

import pytest
from conftest import cache_rows, dump

from skillmeat_audit.api import audit
from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

ORPHAN = ("default", "skill:retired")


@pytest.fixture
def planned(planned_rows):
    """Plans of rows alone, which delete the orphan as well."""

    def make(era):
        case = planned_rows(era)
        plan = audit.audit(case.home, progress=False).plan(deletes=True, targets=["rows"])
        plan.save(case.file)
        return case

    return make


def change(case, *statements):
    with closing(sqlite3.connect(case.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def rebuild(case, pattern, replacement):
    """Make the cache table anew, with another definition."""
    with closing(sqlite3.connect(case.database)) as connection, connection:
        query = "SELECT sql FROM sqlite_master WHERE name = 'collection_artifacts'"
        definition = connection.execute(query).fetchone()[0]
        names = [row[1] for row in connection.execute("PRAGMA table_info(collection_artifacts)")]
        listed = ", ".join(names)
        connection.execute("CREATE TABLE copied AS SELECT * FROM collection_artifacts")
        connection.execute("DROP TABLE collection_artifacts")
        connection.execute(re.sub(pattern, replacement, definition, flags=re.S))
        connection.execute(
            f"INSERT INTO collection_artifacts ({listed}) SELECT {listed} FROM copied"
        )
        connection.execute("DROP TABLE copied")


def suppress(case, operation):
    change(
        case,
        f"CREATE TRIGGER suppressed BEFORE {operation} ON collection_artifacts "
        "BEGIN SELECT RAISE(IGNORE); END",
    )


def assert_refused(cli, case, verb, words):
    """Run *verb*: it fails with *words* and leaves every table as it was; return its output."""
    before = dump(case.database)
    target = case.file if verb == "apply" else case.home

    code, out, err = cli(verb, target, "--state-dir", case.state)

    assert code == ExitCode.FAILED
    assert words in err
    assert dump(case.database) == before
    return out, err


@pytest.mark.parametrize("operation", ["INSERT", "UPDATE", "DELETE"])
def test_a_write_that_a_trigger_suppresses_fails_the_apply(cli, planned, era, operation):
    case = planned(era)
    suppress(case, operation)
    out, err = assert_refused(cli, case, "apply", "does a trigger suppress some?")
    assert (out, len(err.splitlines())) == ("", 1)
    assert "failed, nothing written" in cli("runs", case.home, "--state-dir", case.state)[1]


@pytest.mark.parametrize("operation", ["INSERT", "UPDATE", "DELETE"])
def test_a_write_that_a_trigger_suppresses_fails_the_undo(cli, planned, era, operation):
    case = planned(era)
    assert cli("apply", case.file, "--state-dir", case.state)[0] == ExitCode.CLEAN
    suppress(case, operation)
    assert_refused(cli, case, "undo", "does a trigger suppress some?")


def test_of_two_rows_with_one_key_none_is_deleted_or_written(cli, planned, era):
    case = planned(era)
    rebuild(case, r",\s*PRIMARY KEY \([^)]*\)", "")
    change(
        case,
        "INSERT INTO collection_artifacts SELECT * FROM collection_artifacts",
        "UPDATE collection_artifacts SET description = 'theirs' WHERE rowid > 5",
    )
    assert_refused(cli, case, "apply", "does not identify one row")


def test_a_row_whose_key_differs_in_case_is_not_overwritten(cli, planned, era):
    case = planned(era)
    key = cache_rows(case.database)[ORPHAN].get("artifact_uuid", ORPHAN[1])
    rebuild(case, r"(artifact_(?:uu)?id (?:TEXT|VARCHAR))", r"\1 COLLATE NOCASE")
    name = "artifact_id" if key == ORPHAN[1] else "artifact_uuid"
    change(
        case,
        f"UPDATE collection_artifacts SET {name} = upper({name}), description = 'theirs' "
        f"WHERE {name} = '{key}'",
    )
    assert key.upper() in str(dump(case.database))
    assert_refused(cli, case, "apply", "ignores case")
