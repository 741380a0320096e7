"""What a terminal shows of each verb, at three widths: read them, then regenerate."""

import importlib.util
import os
import re
import shutil
from pathlib import Path

import pytest
from conftest import PROJECT, SHARED

from skillmeat_audit.ui.cli import check as check_module

pytestmark = pytest.mark.slow

SNAPSHOTS = Path(__file__).parent / "transcripts"
REAL = SHARED / "homes" / "F-0.74.0" / "home"
WIDTHS = (60, 80, 120)
SCREEN = 50


@pytest.fixture(scope="module")
def large_home(tmp_path_factory):
    """A home of 8,000 artifacts, as the benchmarks build it."""
    spec = importlib.util.spec_from_file_location("homes", PROJECT / "benchmarks" / "homes.py")
    homes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(homes)
    return homes.build(tmp_path_factory.mktemp("large") / "user", 8000)


@pytest.fixture(scope="module")
def audit_large_home():
    """Audits the large home once: only its text depends on the width."""
    audit_home, audits = check_module.audit_home, []

    def audit_once(*arguments, **options):
        audits.append(audits[0] if audits else audit_home(*arguments, **options))
        return audits[0]

    return audit_once


def normalized(text, folder):
    """Return *text* without what differs from run to run: paths, times, ids of runs."""
    text = text.replace(str(folder), "~")
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "20260210T120000Z-abcdef", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(?= UTC|  )", "2026-02-10 12:00", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z", "2026-02-10T12:00:00Z", text)
    return re.sub(r"(?<=backup: ).*", "…", text)


def transcript(cli, home, artifact, width, monkeypatch):
    """Return what the verbs print one after the other, as a shell shows it."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(check_module, "screen_lines", lambda: SCREEN)
    folder = home.parent
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)
    commands = (
        ("check",),
        ("show", artifact),
        ("plan", "--limit", "5", "-o", "plan.json"),
        ("apply", "plan.json", "--max-overwrites", "9999"),
        ("runs",),
        ("report", "--quiet", "-o", "report.md"),
        ("history",),
    )
    parts = []
    for verb, *rest in commands:
        words = [] if verb == "apply" else [str(home)]
        words = [*rest[:1], *words, *rest[1:]] if verb == "show" else [*words, *rest]
        _, out, err = cli(verb, *words)
        parts.append(f"$ skillmeat-audit {' '.join([verb, *map(str, words)])}\n{out}{err}")
    return normalized("\n".join(parts), folder)


def compare(name, text):
    """Compare *text* with the stored transcript, or store it."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("REGENERATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def uncut(text, width):
    """Return the lines that are too wide, without commands, which are to be copied."""
    return [
        line for line in text.splitlines() if len(line) > width and "skillmeat-audit " not in line
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.skipif(not REAL.exists(), reason=f"needs the real homes at {SHARED.name}/homes")
def test_a_home_of_the_newest_release(cli, tmp_path, monkeypatch, width):
    home = shutil.copytree(REAL, tmp_path / "user", symlinks=True) / ".skillmeat"

    text = transcript(cli, home, "skill:1password", width, monkeypatch)

    compare(f"release-0.74.0-{width}", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bundled_home(cli, make_home, monkeypatch, width):
    text = transcript(cli, make_home(), "skill:1password", width, monkeypatch)

    compare(f"bundled-{width}", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_large_home(cli, large_home, audit_large_home, monkeypatch, width):
    home = large_home
    monkeypatch.setattr(check_module, "audit_home", audit_large_home)
    monkeypatch.setattr(check_module, "screen_lines", lambda: SCREEN)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("HOME", str(home.parent))

    text = normalized(cli("check", home)[1], home.parent)

    assert len(text.splitlines()) < SCREEN
    assert not uncut(text, width)
    compare(f"8000-artifacts-{width}", text)
