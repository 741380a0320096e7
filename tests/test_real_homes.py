"""The score on real homes, written by real releases of SkillMeat."""

import subprocess
import sys

import pytest
from conftest import PROJECT, SHARED

pytestmark = pytest.mark.slow

SCORER = SHARED / "score_homes.py"
CASES = sorted(path.parent.name for path in (SHARED / "homes").glob("*/case.json"))


@pytest.mark.skipif(not SCORER.exists(), reason=f"needs the real homes at {SHARED.name}/homes")
@pytest.mark.parametrize("case", CASES or ["none"])
def test_the_audit_finds_what_is_wrong_and_the_repair_mends_it(case):
    tool = f"{sys.executable} -m skillmeat_audit"
    done = subprocess.run(
        [sys.executable, str(SCORER), "--tool", tool, "--case", case, "--repair"],
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
