"""Runs over rows and manifests: both are written, or neither, and an undo restores the bytes."""

import pytest
from conftest import digest, dump
from manifest_homes import TEAM, entry_in, entry_of, two_manifests

from skillmeat_audit.api import audit, repair
from skillmeat_audit.base.errors import CancelledError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.repair import manifests, transaction


@pytest.fixture
def case(planned):
    return two_manifests(planned)


def test_rows_and_manifests_are_written_and_undone_byte_for_byte(planned, era):
    case = two_manifests(planned, era)
    start = case.everything()

    run = case.apply()

    assert (len(run.applied), len(run.edits), run.has_conflicts) == (4, 8, False)
    assert entry_of(case.manifests[0], "1password")["metadata"]["version"] == "1.3.0"
    assert entry_of(case.manifests[1], "deploy")["metadata"]["author"] == "Ada"
    assert case.manifests[1].read_bytes().count(b'"twice"') == 1
    assert audit.audit(case.home, progress=False).plan().document.changes == []

    undone = case.undo()

    assert (len(undone.applied), len(undone.edits), undone.has_conflicts) == (4, 8, False)
    assert case.everything() == start


def test_a_rehearsal_leaves_no_byte(cli, case):
    before = digest(case.home)

    code, out, err = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert (code, err) == (ExitCode.CLEAN, "")
    assert "4 rows (26 cells) and 8 keys of manifests rehearsed and rolled back" in out
    assert digest(case.home) == before
    assert case.runs() == []


def test_a_rehearsed_undo_leaves_no_byte(cli, case):
    case.apply()
    before = digest(case.home)

    code, out, err = cli("undo", case.home, "--rehearse", "--state-dir", case.state)

    assert (code, err) == (ExitCode.CLEAN, "")
    assert "4 rows (24 cells) and 8 keys of manifests rehearsed and rolled back" in out
    assert digest(case.home) == before
    assert len(case.runs()) == 1


def test_an_undo_of_an_undo_writes_again(case):
    case.apply()
    done = case.contents()
    undone = case.undo()

    again = case.undo(run=undone.run)

    assert (len(again.applied), len(again.edits)) == (4, 8)
    assert case.contents() == done


@pytest.mark.slow
def test_rows_only_and_manifests_only(cli, case):
    for option, rows_change in (("--rows-only", True), ("--manifests-only", False)):
        contents, rows = case.everything()
        planning = ("plan", case.home, option, "--state-dir", case.state, "-o", case.file)
        assert cli(*planning)[0] == ExitCode.CLEAN

        code, _, err = cli("apply", case.file, "--state-dir", case.state)

        assert (code, err) == (ExitCode.CLEAN, "")
        assert (case.contents() == contents) is rows_change
        assert (dump(case.database) != rows) is rows_change
        assert cli("undo", case.home, "--state-dir", case.state)[0] == ExitCode.CLEAN
        assert case.everything() == (contents, rows)


@pytest.mark.slow
def test_a_key_that_somebody_changed_is_skipped_and_the_others_are_written(cli, case):
    path = case.manifests[0]
    theirs = path.read_bytes().replace(b'title = "1password"', b'version = "9"\ntitle = "mine"')
    path.write_bytes(theirs)

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert "skill:1password, metadata.version, of collections/default/collection.toml: " in out
    metadata = entry_of(path, "1password")["metadata"]
    assert (metadata["version"], metadata["title"]) == ("9", "mine")
    assert metadata["license"] == "MIT"
    assert entry_of(case.manifests[1], "deploy")["metadata"]["author"] == "Ada"

    assert cli("undo", case.home, "--state-dir", case.state)[0] == ExitCode.CLEAN
    assert case.contents() == [theirs, TEAM]


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"\xff", b"a = ", b"", None], ids=str)
def test_a_manifest_that_cannot_be_edited_is_named_and_the_rest_is_written(cli, case, content):
    path = case.manifests[1]
    path.unlink() if content is None else path.write_bytes(content)

    code, out, err = cli("apply", case.file, "--state-dir", case.state)

    assert (code, err) == (ExitCode.CONFLICT, "")
    assert out.count("skipped") == 2
    assert out.count("of collections/team/collection.toml: ") == 2
    assert not path.exists() if content is None else path.read_bytes() == content
    assert entry_of(case.manifests[0], "1password")["metadata"]["license"] == "MIT"


def test_a_run_that_is_cancelled_leaves_all_as_before(case, monkeypatch):
    monkeypatch.setattr(transaction, "BATCH_ROWS", 1)
    start = digest(case.home)
    options = repair.Options(case.state, proceed=lambda done, total: done < 2)

    with pytest.raises(CancelledError):
        repair.apply(case.plan, options=options, recheck=False)

    assert digest(case.home) == start
    assert [run.state for run in case.runs()] == ["failed"]


@pytest.mark.slow
def test_an_edit_that_is_saved_over_within_the_second_is_reported(cli, case, monkeypatch):
    before = case.contents()
    monkeypatch.setattr(manifests.time, "sleep", lambda _: case.manifests[1].write_bytes(before[1]))

    code, out, err = cli("apply", case.file, "--state-dir", case.state)

    assert (code, err) == (ExitCode.CONFLICT, "")
    assert out.count("somebody saved the manifest at the same time and took this edit away") == 2
    assert "4 rows (26 cells) and 6 keys of manifests applied" in out


@pytest.mark.slow
def test_an_edit_that_a_save_carries_on_is_not_reported(cli, case, monkeypatch):
    path = case.manifests[1]
    monkeypatch.setattr(
        manifests.time, "sleep", lambda _: path.write_bytes(path.read_bytes() + b"\n# theirs")
    )

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CLEAN
    assert "skipped" not in out


@pytest.mark.parametrize("again", [b"", b'\n[[artifacts]]\nname = "twice"\ntype = "skill"\n'])
def test_an_undo_after_a_save_takes_back_key_by_key_and_drops_nothing(cli, case, again):
    case.apply()
    path = case.manifests[1]
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n") + again)

    code, out, _ = cli("undo", case.home, "--state-dir", case.state)

    words = "skill:twice, entry, of collections/team/collection.toml: a dropped entry comes back"
    assert code == (ExitCode.CLEAN if again else ExitCode.CONFLICT)
    assert (words in out) is not bool(again)
    assert path.read_bytes().count(b'"twice"') == 1 + bool(again)
    assert entry_of(path, "deploy") == entry_in(TEAM, "deploy")


def test_a_collection_that_is_a_link_is_written_where_it_leads_only_if_allowed(case):
    team = case.manifests[1].parent
    outside = case.home.parent / "outside"
    team.rename(outside)
    team.symlink_to(outside)

    refused = case.apply()

    assert (outside / "collection.toml").read_bytes() == TEAM
    assert len(refused.edit_conflicts) == 2
    case.undo()

    options = repair.Options(case.state, allow_links=[outside])
    applied = repair.apply(case.plan, options=options, recheck=False).outcome

    assert applied.edit_conflicts == ()
    assert (outside / "collection.toml").read_bytes() != TEAM
    assert team.is_symlink()
