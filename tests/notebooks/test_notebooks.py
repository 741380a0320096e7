"""The notebooks: their stored outputs are up to date, and their parameters do what they say."""

import ast
import os
import re
import shutil
import subprocess
import sys
from functools import cache

import nbformat
import pytest
from conftest import PROJECT, REAL_HOMES, SHARED

import skillmeat_audit as sma
from skillmeat_audit.base.errors import UsageError

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
INVESTIGATION = PROJECT / "notebooks" / "1_investigate.ipynb"
REPORT = PROJECT / "notebooks" / "2_audit_report.ipynb"
REPAIR = PROJECT / "notebooks" / "3_batch_repair.ipynb"
MAX_CODE_CELLS = 12
# Words of the bundled example, which another home's notebook must not have.
OF_THE_SAMPLE = ("lock-audit", "commit-message", "batch-import/")


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.fixture
def jupyter_folders(monkeypatch, tmp_path):
    """Keep Jupyter's own files out of the user's folders."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


def test_the_stored_outputs_are_up_to_date(tmp_path, jupyter_folders, monkeypatch):
    for path in NOTEBOOKS:
        shutil.copy(path, tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # each takes time to import
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "nbval.plugin", "-p", "no:cacheprovider",
         f"--rootdir={tmp_path}", "-c", os.devnull, "--nbval",
         f"--nbval-sanitize-with={PROJECT / 'notebooks' / 'sanitize.cfg'}", tmp_path],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert len(NOTEBOOKS) == 3
    assert f"{sum(len(code_cells(path)) for path in NOTEBOOKS)} passed" in result.stdout


def test_every_notebook_is_in_the_wheel():
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")

    assert all(f'"notebooks/{path.name}" = ' in project for path in NOTEBOOKS)


@pytest.mark.filterwarnings("ignore")  # from papermill itself
def test_a_scheduled_report_fails_above_its_threshold(tmp_path, make_home, jupyter_folders):
    import papermill
    from papermill.exceptions import PapermillExecutionError

    parameters = {"home": str(make_home()), "max_errors": 0}
    with pytest.raises(PapermillExecutionError, match="13 errors, more than 0"):
        papermill.execute_notebook(
            REPORT, tmp_path / "report.ipynb", parameters, cwd=tmp_path, progress_bar=False
        )

    assert "Rows and their fields" in (tmp_path / "report.ipynb").read_text()


@pytest.mark.filterwarnings("ignore")  # from papermill itself
@pytest.mark.parametrize("path", [INVESTIGATION, REPORT], ids=lambda path: path.stem)
@pytest.mark.skipif(not REAL_HOMES, reason=f"needs the real homes at {SHARED.name}/homes")
@pytest.mark.parametrize(
    "home", REAL_HOMES or [SHARED], ids=lambda home: f"{home.parent.name}-{home.name}"
)
def test_another_home_needs_no_other_parameter(path, home, tmp_path, jupyter_folders):
    import papermill

    output = tmp_path / "out.ipynb"
    papermill.execute_notebook(path, output, {"home": str(home)}, cwd=tmp_path, progress_bar=False)

    text = output.read_text(encoding="utf-8")
    assert str(home) in text
    assert not any(name in text for name in OF_THE_SAMPLE)


@pytest.mark.parametrize("path", [INVESTIGATION, REPORT], ids=lambda path: path.stem)
@pytest.mark.parametrize("name", ["clean", "reimport", "unindexed"])
def test_the_notebooks_run_on_every_bundled_home(path, name, shown, make_home):
    by_cell = shown(path, home=str(make_home(name)))

    assert all(value is not None for value in by_cell[1:])


def test_an_error_is_one_sentence_in_a_notebook():
    assert UsageError("no such rule")._render_traceback_() == ["UsageError: no such rule"]


@pytest.fixture(scope="module")
def replayed_once():
    """Replays the imports once: a replay makes homes of its own, whatever home is audited."""
    return cache(sma.replay_imports)


@pytest.fixture
def shown(monkeypatch, tmp_path, replayed_once):
    """Return a function that runs a notebook's code here and returns what each cell shows.

    As papermill does, it sets *parameters* after the first cell; a kernel takes seconds to start.
    """
    monkeypatch.chdir(tmp_path)
    values = []
    monkeypatch.setattr(sys, "displayhook", values.append)
    monkeypatch.setattr(sma, "replay_imports", replayed_once)

    def run(path, **parameters):
        variables, by_cell = {}, []
        for number, cell in enumerate(code_cells(path)):
            values.clear()
            for statement in ast.parse(cell.source).body:
                exec(compile(ast.Interactive([statement]), path.name, "single"), variables)
            if not number:
                variables |= parameters
            by_cell.append(values[-1] if values else None)
        return by_cell

    return run


def test_a_scheduled_report_of_a_clean_home_succeeds(shown, make_home):
    by_cell = shown(REPORT, home=str(make_home("clean")), max_errors=0)

    assert by_cell[-1] == "0 errors, 0 are allowed"
    assert shown(REPORT, home=str(make_home()))[-1] == "13 errors, any number is allowed"
    assert all(value is not None for value in by_cell[1:])


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"max_errors": "1000"}, "max_errors is '1000'; give a whole number"),
        ({"max_errors": -1}, "max_errors is -1; give a whole number"),
        ({"max_errors": True}, "max_errors is True; give a whole number"),
        ({"max_errors": 1.5}, "max_errors is 1.5; give a whole number"),
        ({"home": 123}, "the home is 123; give a path as text"),
        ({"home": ["x"]}, "the home is \\['x'\\]; give a path as text"),
    ],
)
def test_a_parameter_of_a_wrong_type_is_one_clear_error(
    parameters, sentence, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    values = {"home": None, "max_errors": None} | parameters
    sources = [cell.source for cell in code_cells(REPORT) if cell.metadata.get("tags") is None]

    with pytest.raises(UsageError, match=sentence):
        exec("\n".join([sources[0], *sources[-1:]]), values)  # its first and last code cells


def test_keep_keeps_the_repair(shown, make_home, tmp_path):
    home = make_home()

    shown(REPAIR, home=str(home), state_dir=str(tmp_path / "state"), keep=True, filters={})

    assert sma.audit(home, progress=False).summary.counts["error"] == 0


def test_a_repair_of_a_clean_home_succeeds(shown, make_home, tmp_path):
    by_cell = shown(REPAIR, home=str(make_home("clean")), state_dir=str(tmp_path / "state"))

    assert "Nothing to repair." in by_cell[3]._repr_html_()
    assert all(value is not None for value in by_cell[1:])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_and_uses_the_public_names_only(path):
    cells = code_cells(path)
    source = "\n".join(cell.source for cell in cells)

    assert len(cells) <= MAX_CODE_CELLS
    assert cells[0].metadata["tags"] == ["parameters"]
    assert not re.search(r"^\s*(def|class|for|while|lambda)\b|SELECT", source, re.MULTILINE)
    assert set(re.findall(r"^\s*(?:import|from) (\S+)", source, re.MULTILINE)) == {
        "skillmeat_audit"
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_can_be_read_without_running_it(path):
    text = path.read_text(encoding="utf-8")

    assert all(cell.outputs for cell in code_cells(path)[1:])
    assert "widget-view" not in text
    assert not re.search(r"/(tmp|home|root|Users)/(?!\.skillmeat)", text)
