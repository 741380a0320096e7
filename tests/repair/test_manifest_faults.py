"""Runs that fail between their manifests: all is as before, or the run says what it left."""

import shutil
import signal
import subprocess
import threading
from functools import partial

import msgspec
import pytest
from conftest import digest, dump
from manifest_homes import TEAM, entry_of, two_manifests
from test_disk_full import TOOL, bound, files_up_to, needs_setpriv

from skillmeat_audit.api import repair
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.repair import manifests, transaction
from skillmeat_audit.ui.cli.signals import Stopped

pytestmark = pytest.mark.slow


@pytest.fixture
def case(planned):
    return two_manifests(planned)


def vanish(path):
    path.unlink()


def become_a_folder(path):
    path.unlink()
    path.mkdir()


def become_a_link(path):
    shutil.move(path, path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def lose_its_folder(path):
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("fault", [vanish, become_a_folder, become_a_link, lose_its_folder])
def test_a_manifest_that_fails_in_the_middle_leaves_all_as_before(cli, case, monkeypatch, fault):
    (content, _), rows = case.everything()
    spoil(monkeypatch, partial(fault, case.manifests[1]))

    code, out, err = cli("apply", case.file, "--state-dir", case.state)

    assert (code, out) == (ExitCode.FAILED, "")
    assert err.startswith("skillmeat-audit: cannot write collections/team/collection.toml: ")
    assert len(err.splitlines()) == 1
    assert case.manifests[0].read_bytes() == content
    assert dump(case.database) == rows
    assert [run.state for run in case.runs()] == ["failed"]


def spoil(monkeypatch, fault):
    """Have *fault* happen after the first manifest was written."""
    write, calls = transaction.write_or_skip, []

    def spoiled(prepared, *where):
        calls.append(prepared)
        if len(calls) == 2:
            fault()
        return write(prepared, *where)

    monkeypatch.setattr(transaction, "write_or_skip", spoiled)


def test_a_manifest_that_is_saved_in_the_middle_is_edited_anew(cli, case, monkeypatch):
    theirs = TEAM + b"\r\n# theirs\r\n"
    spoil(monkeypatch, lambda: case.manifests[1].write_bytes(theirs))

    code, _, err = cli("apply", case.file, "--state-dir", case.state)

    assert (code, err) == (ExitCode.CLEAN, "")
    assert case.manifests[1].read_bytes().endswith(b"# theirs\r\n")
    assert case.manifests[1].read_bytes() != theirs
    assert entry_of(case.manifests[0], "1password")["metadata"]["license"] == "MIT"


def test_a_manifest_that_never_rests_is_left_to_them(cli, case, monkeypatch):
    saves = []

    def save_again(*_):
        saves.append(len(saves))
        case.manifests[1].write_bytes(TEAM + b"\r\n# theirs %d\r\n" % len(saves))
        return False

    write = manifests.write_manifest
    monkeypatch.setattr(
        manifests,
        "write_manifest",
        lambda prepared: save_again() if "team" in prepared.path else write(prepared),
    )
    code, out, err = cli("apply", case.file, "--state-dir", case.state)

    assert (code, err) == (ExitCode.CONFLICT, "")
    assert out.count("the manifest changed while it was edited; plan again") == 2
    assert case.manifests[1].read_bytes() == TEAM + b"\r\n# theirs %d\r\n" % len(saves)


@pytest.mark.parametrize("stage", ["rename", "commit"])
def test_an_interruption_right_after_a_rename_puts_the_manifests_back(case, monkeypatch, stage):
    start = case.everything()
    replace_unchanged = manifests.replace_unchanged

    def interrupted(*arguments):
        monkeypatch.undo()
        replace_unchanged(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(manifests, "replace_unchanged", interrupted)
    if stage == "commit":
        monkeypatch.undo()
        monkeypatch.setattr(transaction.sa.Connection, "commit", refuse)
    with pytest.raises(KeyboardInterrupt if stage == "rename" else OSError):
        case.apply()
    monkeypatch.undo()

    assert case.everything() == start
    assert [run.state for run in case.runs()] == ["failed"]


def refuse(*_):
    raise OSError("no commit")


def test_manifests_that_cannot_be_put_back_are_named_and_undone_later(cli, case, monkeypatch):
    start = case.everything()
    monkeypatch.setattr(transaction.sa.Connection, "commit", refuse)
    write, calls = manifests.replace_unchanged, []

    def fail_later(*arguments):
        calls.append(arguments)
        if len(calls) > 2:
            refuse()
        return write(*arguments)

    monkeypatch.setattr(manifests, "replace_unchanged", fail_later)
    code, out, err = cli("apply", case.file, "--state-dir", case.state)
    monkeypatch.undo()

    (run,) = case.runs()
    assert (code, out, run.state) == (ExitCode.FAILED, "", "manifests-only")
    assert len(err.splitlines()) == 1
    assert f"manifests that run {run.run} had written could not be put back: undo it" in err
    assert dump(case.database) == start[1]
    assert case.contents() != start[0]
    assert len(case.undo().edits) == 8
    assert case.everything() == start


def grown(case):
    """Have the plan write a long author into a team manifest that is larger than the cache."""
    content = TEAM + b"\r\n" + b"# padding\r\n" * 40_000
    case.manifests[1].write_bytes(content)
    default, team = case.plan.document.manifests
    author, drop = team.edits
    edits = [msgspec.structs.replace(author, after="Ada " * 500), drop]
    case.save(manifests=[default, msgspec.structs.replace(team, edits=edits)])
    return len(content) + 500


def test_a_disk_that_is_full_at_the_second_manifest_leaves_all_as_before(cli, case, monkeypatch):
    limit = grown(case)
    start = digest(case.home)

    with files_up_to(limit, monkeypatch):
        code, out, err = cli("apply", case.file, "--state-dir", case.state)

    assert (code, out) == (ExitCode.FAILED, "")
    words = "skillmeat-audit: cannot write collections/team/collection.toml: File too large\n"
    assert err == words
    assert digest(case.home) == start
    assert [run.state for run in case.runs()] == ["failed"]
    assert len(case.apply().edits) == 8


@needs_setpriv
def test_a_read_only_folder_of_the_second_manifest_leaves_all_as_before(case):
    start = digest(case.home)
    case.manifests[1].parent.chmod(0o500)

    code, out, err = bound("apply", case.file, "--state-dir", case.state)

    case.manifests[1].parent.chmod(0o700)
    assert (code, out) == (ExitCode.FAILED, "")
    assert err == (
        "skillmeat-audit: cannot write collections/team/collection.toml: Permission denied\n"
    )
    assert digest(case.home) == start
    assert [run.state for run in case.runs()] == ["failed"]


@needs_setpriv
def test_a_manifest_that_may_not_be_read_is_named_and_the_rest_is_written(case):
    case.manifests[1].chmod(0)

    code, out, err = bound("apply", case.file, "--state-dir", case.state)

    assert (code, err) == (ExitCode.CONFLICT, "")
    assert out.count("collections/team/collection.toml cannot be read: Permission denied") == 2
    assert entry_of(case.manifests[0], "1password")["metadata"]["license"] == "MIT"


def test_two_applies_at_the_same_time_write_once(case):
    results = []

    def apply():
        options = repair.Options(case.state, wait_seconds=60)
        results.append(repair.apply(case.plan, options=options, recheck=False).outcome)

    threads = [threading.Thread(target=apply) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(len(run.edits) for run in results) == [0, 8]
    assert sorted(len(run.applied) for run in results) == [0, 4]
    assert sum(len(run.edit_conflicts) for run in results) == 1  # the entry that was dropped


def test_two_processes_that_apply_at_the_same_time_write_once(case):
    command = [*TOOL, "apply", str(case.file), "--state-dir", str(case.state)]
    applies = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    written = [apply.communicate(timeout=60)[0] for apply in applies]

    assert [run.state for run in case.runs()] == ["committed"]
    assert sum("4 rows (26 cells) and 8 keys of manifests applied" in out for out in written) == 1
    assert sum("4 rows and 7 keys not needed: already so" in out for out in written) == 1


def interrupt(*_):
    raise Stopped(signal.SIGINT)


def test_an_interruption_after_the_commit_says_what_was_written(cli, case, monkeypatch):
    monkeypatch.setattr(manifests.time, "sleep", interrupt)

    with pytest.raises(Stopped) as interruption:
        cli("apply", case.file, "--state-dir", case.state)

    (run,) = case.runs()
    (note,) = interruption.value.__notes__
    assert note.startswith(f"run {run.run} had written 4 rows and 8 keys of manifests; ")
    assert "skillmeat-audit undo " in note and f"--run {run.run}" in note


def test_an_interruption_whose_manifests_stay_says_so(cli, case, monkeypatch):
    monkeypatch.setattr(transaction, "put_back", lambda _: False)
    monkeypatch.setattr(transaction, "write_or_skip", write_and_interrupt)

    with pytest.raises(Stopped) as interruption:
        cli("apply", case.file, "--state-dir", case.state)

    (run,) = case.runs()
    (note,) = interruption.value.__notes__
    assert run.state == "manifests-only"
    assert note.startswith(f"run {run.run} had written manifests and no row; ")


def write_and_interrupt(prepared, *where):
    manifests.write_or_skip(prepared, *where)
    raise Stopped(signal.SIGINT)
