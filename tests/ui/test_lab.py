"""The verb lab: copies the notebooks, and opens JupyterLab on them."""

import sys

import pytest

from skillmeat_audit.model.exits import ExitCode

NAMES = ["1_investigate.ipynb", "2_audit_report.ipynb", "3_batch_repair.ipynb"]


def test_the_notebooks_are_copied(cli, tmp_path):
    code, out, err = cli("lab", tmp_path / "mine", "--no-open")

    assert (code, err) == (ExitCode.CLEAN, "")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == NAMES
    assert out.count("ipynb  copied") == len(NAMES)


def test_a_copy_that_was_edited_stays(cli, tmp_path):
    (tmp_path / NAMES[0]).write_text("mine")

    _, out, _ = cli("lab", tmp_path, "--no-open")

    assert (tmp_path / NAMES[0]).read_text() == "mine"
    assert out.count("kept as it is") == 1


@pytest.mark.parametrize(("options", "more"), [((), []), (("--no-browser",), ["--no-browser"])])
def test_jupyterlab_is_opened_there(cli, tmp_path, monkeypatch, options, more):
    called = []
    monkeypatch.setattr("subprocess.call", lambda command: called.append(command) or 0)

    code, _, _ = cli("lab", tmp_path, *options)

    assert code == ExitCode.CLEAN
    assert called == [[sys.executable, "-m", "jupyterlab", str(tmp_path), *more]]


def test_without_the_extra_it_says_how_to_get_it(cli, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)

    code, out, err = cli("lab", tmp_path / "mine")

    assert (code, out) == (ExitCode.FAILED, "")
    assert "install skillmeat-audit with the extra 'notebook'" in err
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_cannot_be_made_is_told(cli, tmp_path):
    (tmp_path / "file").write_text("")

    code, _, err = cli("lab", tmp_path / "file", "--no-open")

    assert code == ExitCode.FAILED
    assert "cannot copy to" in err
