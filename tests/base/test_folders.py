"""The state folder: nobody else's is used."""

import os

import pytest

from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.folders import default_state_folder, state_folder
from skillmeat_audit.model.exits import ExitCode

NOBODY = 65534


@pytest.fixture
def folder(tmp_path):
    """The folder of a home's state."""
    (tmp_path / "base").mkdir()
    return state_folder("/home/x/.skillmeat", tmp_path / "base")


def test_a_missing_folder_and_an_own_folder_are_accepted(folder):
    again = state_folder("/home/x/.skillmeat", folder.parent)
    folder.mkdir(mode=0o700)

    assert state_folder("/home/x/.skillmeat", folder.parent) == again == folder


def prepare(folder, how):
    if how == "link":
        (folder.parent / "elsewhere").mkdir()
        folder.symlink_to("elsewhere")
    elif how == "dead link":
        folder.symlink_to("nowhere")
    elif how == "file":
        folder.write_text("")
    elif how == "open base":
        folder.parent.chmod(0o777)
    else:
        folder.mkdir()
        folder.chmod({"group": 0o770, "world": 0o707, "owner": 0o700}[how])
        if how == "owner":
            os.chown(folder, NOBODY, NOBODY)


PREPARED = {
    "link": "is a link",
    "dead link": "is a link",
    "file": "is not a folder",
    "open base": "can be written by everybody",
    "group": "can be written by others",
    "world": "can be written by others",
    **({"owner": "belongs to another user (uid 65534)"} if os.geteuid() == 0 else {}),
}


@pytest.mark.parametrize("how", PREPARED)
def test_a_folder_that_another_user_prepared_is_refused(folder, how):
    prepare(folder, how)

    with pytest.raises(StateError) as raised:
        state_folder("/home/x/.skillmeat", folder.parent)

    assert PREPARED[how] in str(raised.value)
    assert str(raised.value).endswith("name another with --state-dir")


def test_a_parent_with_the_sticky_bit_is_accepted(folder):
    folder.parent.chmod(0o1777)

    assert state_folder("/home/x/.skillmeat", folder.parent) == folder


def test_the_default_folder_is_checked_as_well(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    default_state_folder().mkdir()
    default_state_folder().chmod(0o777)

    with pytest.raises(StateError, match="can be written by everybody"):
        default_state_folder()


@pytest.mark.parametrize("how", PREPARED)
def test_no_command_uses_a_refused_folder(cli, planned, how):
    case = planned()
    case.state.mkdir(mode=0o700)
    prepare(state_folder(str(case.home), case.state), how)
    state = ("--state-dir", case.state)

    for arguments in (
        ("report", case.home, "-o-", *state),
        ("report", case.home, "--exclusive", *state),
        ("history", case.home, *state),
        ("apply", case.file, *state),
        ("undo", case.home, *state),
        ("runs", case.home, *state),
    ):
        code, _, err = cli(*arguments)
        assert code == ExitCode.FAILED, arguments
        assert PREPARED[how] in err
        assert err.splitlines()[-1].startswith("skillmeat-audit: ")
    assert not (case.state / "elsewhere").exists() or not any((case.state / "elsewhere").iterdir())
