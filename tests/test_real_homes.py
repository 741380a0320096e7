"""The score on real homes, written by real releases of SkillMeat."""

import importlib.util
import sys

import pytest
from conftest import SHARED

pytestmark = pytest.mark.slow

SCORER = SHARED / "score_homes.py"
CASES = sorted(path.parent.name for path in (SHARED / "homes").glob("*/case.json"))


@pytest.fixture
def scorer(monkeypatch):
    """The scorer's module."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it is not ours to write beside
    spec = importlib.util.spec_from_file_location(SCORER.stem, SCORER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SCORER.exists(), reason=f"needs the real homes at {SHARED.name}/homes")
@pytest.mark.parametrize("case", CASES or ["none"])
def test_the_audit_finds_what_is_wrong_and_the_repair_corrects_it(
    cli, scorer, monkeypatch, capsys, case
):
    printed, verbs = [], []

    def run(_, *arguments):
        """Run the command line in this process: dozens of starts take longer than the work."""
        printed.append(capsys.readouterr().out)
        verbs.append(arguments[0])
        return cli(*arguments)

    monkeypatch.setattr(scorer, "run", run)
    monkeypatch.setattr(sys, "argv", [SCORER.name, "--case", case, "--repair"])
    code = scorer.main()
    printed.append(capsys.readouterr().out)

    assert code == 0, "".join(printed)
    assert " 0 failed" in printed[-1]
    assert {*verbs} == {"check", "plan", "apply", "undo"}
