"""The verb lab: copies the notebooks, and opens JupyterLab on them."""

import os
import signal
import subprocess
import sys

import pytest

from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

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
    assert out.count("exists, not changed") == 1


# Stands for JupyterLab: says how it was called, and asks back at the first SIGINT.
STAND_IN = """
import signal, sys, time

def asked(*_):
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    print("sure?", flush=True)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, lambda *_: (print("kernels ended", flush=True), sys.exit(0)))
    print("called", *sys.argv[1:], flush=True)
    time.sleep(60 if "--wait" in sys.argv else 0)
    sys.exit("--ip=bad" in sys.argv)
"""


@pytest.fixture
def opened(tmp_path):
    """Return a function that runs the verb, in a group of its own, on a stand-in's folder."""
    (tmp_path / "jupyterlab.py").write_text(STAND_IN)
    (tmp_path / "ipywidgets.py").write_text("")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}

    started = []

    def run(*options):
        command = [sys.executable, "-m", "skillmeat_audit", "lab", str(tmp_path / "mine"), *options]
        started.append(
            subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def called(process):
    """Read up to the line in which the stand-in says how it was called."""
    return next(line.split() for line in process.stdout if line.startswith("called"))


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ((), []),
        (("--no-browser",), ["--no-browser"]),
        (("--jupyter=--allow-root", "--jupyter=--port=8889"), ["--allow-root", "--port=8889"]),
    ],
)
def test_jupyterlab_is_opened_there(opened, tmp_path, options, more):
    process = opened(*options)

    assert called(process) == ["called", str(tmp_path / "mine"), *more]
    assert process.wait(60) == ExitCode.CLEAN


def test_where_jupyterlab_fails_the_code_says_no_findings(opened):
    assert opened("--jupyter=--ip=bad").wait(60) == ExitCode.FAILED


def test_the_first_interrupt_is_for_jupyterlab_to_answer(opened):
    process = opened("--jupyter=--wait")
    called(process)

    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout.readline() == "sure?\n"
    assert process.poll() is None

    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == ExitCode.CLEAN


def test_told_to_end_it_lets_jupyterlab_end_its_kernels(opened):
    process = opened("--jupyter=--wait")
    called(process)

    process.terminate()

    assert process.stdout.readline() == "kernels ended\n"
    assert process.wait(60) == ExitCode.TERMINATED


def test_without_the_extra_it_says_how_to_get_it(cli, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)

    code, out, err = cli("lab", tmp_path / "mine")

    assert (code, out) == (ExitCode.FAILED, "")
    assert "jupyterlab is not installed; run: " in err
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_cannot_be_made_is_told(cli, tmp_path):
    (tmp_path / "file").write_text("")

    code, _, err = cli("lab", tmp_path / "file", "--no-open")

    assert code == ExitCode.FAILED
    assert "cannot copy to" in err
