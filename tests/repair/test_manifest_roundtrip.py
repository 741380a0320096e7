"""Whatever a run over rows and manifests accepted, an undo restores, byte by byte."""

import os
import random
import sqlite3
from contextlib import closing

import msgspec
import pytest
from manifest_homes import two_manifests
from test_manifest_fuzz import real_manifest

from skillmeat_audit.model.manifest_edits import is_inside

# The long form: MANIFEST_ROUNDS=300
MANIFEST_ROUNDS = int(os.environ.get("MANIFEST_ROUNDS", "6"))
CELLS = ("\x00", "\u2028", b"\xff\xfe", 5, 1.5, float("inf"), "\ud7ff\U0001f3a7", "", None)


@pytest.fixture
def case(planned):
    return two_manifests(planned)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(MANIFEST_ROUNDS))
def test_whatever_apply_accepted_an_undo_restores(case, seed):
    """The rows and the manifest of the team hold what nobody expects."""
    choose = random.Random(seed)
    content, edits = real_manifest(choose)
    edits = [edit for edit in edits if edit.key != "path" or is_inside(edit.after)]
    case.manifests[1].write_bytes(content)
    default, team = case.plan.document.manifests
    case.save(manifests=[default, msgspec.structs.replace(team, edits=edits)])
    columns = ("description", "author", "version", "tags_json", "synced_at", "origin")
    with closing(sqlite3.connect(case.database)) as connection, connection:
        for (number,) in connection.execute("SELECT rowid FROM collection_artifacts").fetchall():
            cell = choose.choice(CELLS)
            connection.execute(
                f"UPDATE collection_artifacts SET {choose.choice(columns)} = ? WHERE rowid = ?",
                (cell, number),
            )
        connection.execute(
            "UPDATE collection_artifacts SET author = CAST(? AS TEXT) WHERE author IS NOT NULL",
            (b"\xff",),
        )
    start = case.contents(), stored(case.database)

    run = case.apply()
    written = case.contents()
    undone = case.undo() if run.run else run

    assert bool(run.run) is (bool(run.applied) or written != start[0])
    assert not undone.has_conflicts or undone is run
    assert (case.contents(), stored(case.database)) == start


def stored(database):
    """Return the rows as they are stored, byte by byte."""
    with closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        return sorted(map(repr, connection.execute("SELECT * FROM collection_artifacts")))
