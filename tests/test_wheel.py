"""The wheel and the sdist: built twice they are equal, and installed alone the wheel works."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from conftest import PROJECT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SKILLMEAT_AUDIT_WHEEL" not in os.environ, reason="make wheel runs it"),
]

UV = Path(sys.executable).with_name("uv")
EXTRAS = ("notebook", "postgres", "notify", "live", "watch", "fleet")
NEEDED = "needs the packages of requirements.lock in uv's cache (make audit), or a package index"


def run(*command, cwd=None, **env):
    """Run *command* without the variables of this environment; return what it did."""
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | env, capture_output=True, text=True
    )


def tracked_copy(folder):
    """Copy what git tracks, with other times and permissions, as another checkout has them."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=PROJECT, text=True)
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the folder of a wheel and an sdist, built in a copy of the checkout."""
    folder = tmp_path_factory.mktemp("built")
    source = tracked_copy(folder / "source")
    done = run(sys.executable, "-m", "hatchling", "build", "-d", folder / "dist", cwd=source)
    assert done.returncode == 0, done.stderr
    return folder / "dist"


@pytest.fixture(scope="module")
def install(built, tmp_path_factory):
    """Return a function that installs the wheel into a new environment, with extras."""

    @cache
    def into_new_environment(*extras):
        folder = tmp_path_factory.mktemp("installed") / "env"
        run(UV, "venv", "-q", "--python", sys.executable, folder)
        (wheel,) = built.glob("*.whl")
        target = f"{wheel}[{','.join(extras)}]"
        lock = PROJECT / "requirements.lock"
        command = [
            UV,
            "pip",
            "install",
            "-q",
            "--python",
            folder / "bin/python",
            "-c",
            lock,
            target,
        ]
        done = run(*command, "--offline")
        done = done if done.returncode == 0 else run(*command)
        if done.returncode != 0 and not (folder / "bin" / "skillmeat-audit").exists():
            pytest.skip(f"{NEEDED}: {done.stderr}")
        return folder / "bin"

    return into_new_environment


def test_two_builds_are_equal(built, tmp_path):
    source = tracked_copy(tmp_path / "again")
    run(sys.executable, "-m", "hatchling", "build", "-d", tmp_path / "dist", cwd=source)
    files = {path.name: path.read_bytes() for path in (tmp_path / "dist").iterdir()}

    assert sorted(path.suffix for path in built.iterdir()) == [".gz", ".whl"]
    assert {path.name: path.read_bytes() for path in built.iterdir()} == files


def test_the_wheel_alone_audits_repairs_and_reports(install, tmp_path):
    bin_folder = install()
    env = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    sample = "import skillmeat_audit as s; print(s.sample())"
    home = run(bin_folder / "python", "-c", sample, cwd=tmp_path, **env).stdout.strip()
    steps = {
        ("check", home): 1,
        ("plan", home, "-o", "plan.json"): 0,
        ("apply", "plan.json", "--rehearse"): 0,
        ("apply", "plan.json"): 0,
        ("report", home, "-o", "audit.html", "-o", "audit.parquet", "-o", "audit.sarif"): 1,
        ("undo", home): 0,
        ("check", home, "--quiet"): 1,
        ("rules", "D001"): 0,
    }
    tool = bin_folder / "skillmeat-audit"
    done = {step: run(tool, *step, cwd=tmp_path, **env) for step in steps}

    assert {step: result.returncode for step, result in done.items()} == steps, done
    assert "28 findings fixed, 1 remaining" in done["apply", "plan.json"].stdout
    assert (tmp_path / "audit.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


@pytest.mark.parametrize(
    ("verb", "extra"),
    [
        (("lab", "folder"), "notebook"),
        (("check", "--live", "http://127.0.0.1:1"), "live"),
        (("check", "--watch"), "watch"),
        (("check", "--database", "postgresql+psycopg://127.0.0.1/x"), "postgres"),
    ],
)
def test_a_missing_extra_is_answered_with_the_command_to_paste(install, tmp_path, verb, extra):
    bin_folder = install()
    env = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    sample = "import skillmeat_audit as s; print(s.sample())"
    env["SKILLMEAT_AUDIT_HOME"] = run(
        bin_folder / "python", "-c", sample, cwd=tmp_path, **env
    ).stdout.strip()
    done = run(bin_folder / "skillmeat-audit", *verb, cwd=tmp_path, **env)

    assert done.returncode == 2
    assert f"pip install 'skillmeat-audit[{extra}]'" in done.stderr


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_extra_installs_what_it_names(install, tmp_path, extra):
    bin_folder = install(extra)
    shown = run(bin_folder / "skillmeat-audit", "doctor", "--format", "json", HOME=str(tmp_path))
    topics = {line["topic"]: line["status"] for line in json.loads(shown.stdout)["conditions"]}
    started = run(bin_folder / "skillmeat-audit", "lab", "--no-open", cwd=tmp_path)

    assert topics[f"extra {extra}"] == "ok"
    assert started.returncode == 0


def test_every_extra_for_users_is_tested():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {*EXTRAS, "test", "docs", "dev"} == set(project["optional-dependencies"])
