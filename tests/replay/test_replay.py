"""What the import paths and the repair options leave, by count."""

import json
from dataclasses import replace

import pytest

import skillmeat_audit as sma
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.replays import REPLAYED, REPLAYS
from skillmeat_audit.reports.files.replay_json import replay_json

pytestmark = pytest.mark.slow

BROKEN = ("batch-import", "reimport")
OPTIONS = ("option-1", "option-2", "option-3")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("replay") / "kept"


@pytest.fixture(scope="module")
def replayed(kept):
    return sma.replay_imports(keep=kept)


@pytest.fixture(scope="module")
def by_path(replayed):
    return {(path["era"], path["path"]): path for path in records(replayed.paths)}


@pytest.fixture(scope="module")
def rows(replayed):
    return {
        (row["era"], row["path"], row["artifact_id"]): row for row in records(replayed.artifacts)
    }


def test_a_replay_keeps_its_contracts(replayed):
    assert dict(replayed.paths.dtypes.astype(str)) == REPLAYS.dtypes
    assert dict(replayed.artifacts.dtypes.astype(str)) == REPLAYED.dtypes
    assert len(replayed.artifacts) == (8 + 9) * 4


@pytest.mark.parametrize("path", BROKEN)
def test_the_broken_paths_leave_bare_rows(by_path, rows, era, path):
    left = by_path[era, path]
    password = rows[era, path, "skill:1password"]

    assert (left["descriptions"], left["sources"], left["artifacts"]) == (0, 0, 4)
    assert left["writer"].startswith("import-bare ×4")
    assert {password[name] for name in ("description", "source", "origin")} == {None}


@pytest.mark.parametrize("path", [*OPTIONS, "batch-import-refresh", "refresh"])
def test_the_options_leave_complete_rows(by_path, rows, era, path):
    left = by_path[era, path]
    password = rows[era, path, "skill:1password"]

    assert (left["descriptions"], left["sources"]) == (4, 4)
    assert (left["kept_descriptions"], left["kept_sources"]) == (4, 4)
    assert password["description"].startswith("Reads secrets with the 1Password CLI")
    assert (password["origin"], password["origin_source"]) == ("marketplace", "github")


def test_only_option_3_leaves_nothing_to_fill(by_path, era):
    assert [by_path[era, path]["wrong_cells"] for path in OPTIONS] == [7, 7, 0]


def test_a_reimport_over_a_row_leaves_it_stale(by_path, rows, era):
    assert by_path[era, "reimport-over-row"]["descriptions"] == 0
    assert by_path[era, "reimport-over-row"]["rules"].split()[0] == "D002"
    stale = rows[era, "reimport-over-row", "skill:1password"]
    assert stale["description"] == "An older word on 1password."
    assert stale["writer"] == "import-bare"


def test_a_skipped_import_stamps_a_false_provenance(by_path, rows):
    stamped = rows["artifact_uuid", "import-skipped", "skill:1password"]

    assert (stamped["origin"], stamped["writer"]) == ("marketplace", "import-skipped")
    assert "S008" in by_path["artifact_uuid", "import-skipped"]["rules"]


@pytest.mark.parametrize(
    ("path", "statements", "commits", "reads"),
    [
        ("batch-import", 8, 1, 0),  # a look and an insert each, one commit
        ("batch-import-refresh", 12, 5, 4),  # the same, then read, upsert, commit each
        ("reimport", 8, 4, 0),
        ("reimport-over-row", 8, 4, 0),
        ("refresh", 1, 1, 4),  # one executemany
        ("option-1", 4, 4, 4),  # read, upsert, commit each
        ("option-2", 4, 4, 4),
        ("option-3", 4, 4, 8),  # manifest and file
    ],
)
def test_what_a_path_costs_can_be_counted_by_hand(by_path, path, statements, commits, reads):
    left = by_path["artifact_id", path]

    assert (left["statements"], left["commits"], left["reads"]) == (statements, commits, reads)
    assert left["seconds"] > 0


def test_the_uuid_era_pays_for_the_artifacts_rows(by_path):
    """A look for the artifact and for the sentinel project, and an insert, before each upsert."""
    assert by_path["artifact_uuid", "option-1"]["statements"] == 4 * (3 + 1)
    assert by_path["artifact_uuid", "batch-import"]["statements"] == 4 * (3 + 2)
    assert by_path["artifact_uuid", "refresh"]["statements"] == 1 + 1


def test_without_an_index_only_the_files_know_the_descriptions():
    unindexed = sma.replay_imports(eras=["artifact_id"], source_indexed=False, timed=False)

    left = {path["path"]: path for path in records(unindexed.paths)}

    assert [left[path]["descriptions"] for path in OPTIONS] == [0, 0, 4]
    assert left["option-3"]["kept_descriptions"] == 0  # the next refresh blanks them again
    assert left["option-3"]["seconds"] is None


def test_kept_homes_can_be_audited(replayed, kept, cli):
    code, out, _ = cli("check", kept / "artifact_uuid" / "batch-import")

    assert code == 1
    assert "import-bare" in out


def test_a_folder_that_exists_is_not_written_to(tmp_path):
    with pytest.raises(UsageError, match="does not exist yet"):
        sma.replay_imports(keep=tmp_path)


def test_json_holds_every_path_and_row(replayed):
    document = json.loads(replay_json(replayed.paths, replayed.artifacts, "1"))

    assert document["schema"] == "skillmeat-audit/replay/1"
    assert (len(document["paths"]), len(document["artifacts"])) == (17, 68)


def test_a_replay_shows_itself(replayed):
    assert "option 3: import entry and files, one upsert" in repr(replayed)
    assert replayed._repr_html_().count("<table>") == 2
    assert ">0/4</td>" in replayed._repr_html_()


def test_a_replay_that_was_not_timed_shows_no_times(replayed):
    untimed = replace(replayed, paths=replayed.paths.assign(seconds=None))

    assert ">ms</th>" in replayed._repr_html_()
    assert ">ms</th>" not in untimed._repr_html_()
