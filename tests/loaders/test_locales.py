"""Locales that are not UTF-8: paths stay UTF-8, whatever a terminal is set to."""

import json
import os
import subprocess
import sys
from contextlib import suppress

import pytest

pytestmark = pytest.mark.slow

PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = ("C", "de_DE.ISO-8859-1", "ja_JP.EUC-JP")
NAMES = ("caf\xe9", "\u30b9\u30ad\u30eb", "cafe\u0301-nfd")
HEAD = (
    '[collection]\nname = "{0}"\nversion = "1"\n'
    'created = "2026-01-01T00:00:00"\nupdated = "2026-01-01T00:00:00"\n'
)
ENTRY = (
    '[[artifacts]]\nname = "{0}"\ntype = "skill"\npath = "skills/{0}"\norigin = "local"\n'
    'added = "2026-01-01T00:00:00"\n'
)


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A folder with the locales that the system can make."""
    folder = tmp_path_factory.mktemp("locales")
    for name in LOCALES[1:]:
        language, _, charset = name.partition(".")
        with suppress(FileNotFoundError):  # the program itself
            command = ["localedef", "-i", language, "-f", charset, str(folder / name)]
            subprocess.run(command, capture_output=True, check=False)
    return folder


@pytest.fixture(params=LOCALES)
def environment(request, tmp_path, locales):
    """Variables that set a locale; the plain C locale where the system cannot make the other."""
    base = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    base |= {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")} | PLAIN
    if (locales / request.param).exists():
        base |= {"LC_ALL": request.param, "LOCPATH": str(locales)}
    return base


@pytest.fixture
def home(make_home):
    """A home with skills of non-ASCII names, also in a collection of one, and a stray skill."""
    collections = make_home("clean") / "collections"
    for collection in ("default", "\xe9quipe"):
        manifest = collections / collection / "collection.toml"
        manifest.parent.mkdir(exist_ok=True)
        before = manifest.read_text() if manifest.exists() else HEAD.format(collection)
        manifest.write_text(before + "".join(map(ENTRY.format, NAMES)), encoding="utf-8")
        for name in (*NAMES, "stra\xdfe"):
            skill = collections / collection / "skills" / name / "SKILL.md"
            skill.parent.mkdir(parents=True)
            skill.write_text(f"---\nname: {name}\ndescription: D.\n---\n", encoding="utf-8")
    return collections.parent


def run(home, environment, *arguments):
    command = [sys.executable, "-m", "skillmeat_audit", *arguments]
    return subprocess.run(
        [*command, str(home)], env=environment, capture_output=True, check=False, cwd=home
    )


def test_files_of_any_name_are_read_in_any_locale(home, environment):
    done = run(home, environment, "check", "--select", "F", "--format", "json")
    told = json.loads(done.stdout)["findings"]
    told = [(each["rule"], each["artifact_id"], each["detail"]) for each in told]

    assert done.returncode in (0, 1), done.stderr.decode(errors="replace")
    assert not {"F001", "F003", "F004"} & {rule for rule, *_ in told}
    assert [each for each in told if each[0] == "F006"] == [
        (
            "F006",
            "skill:stra\xdfe",
            f"collections/{collection}/skills/stra\xdfe: on disk, but no manifest declares it",
        )
        for collection in ("default", "\xe9quipe")
    ]


@pytest.mark.parametrize("form", ["text", "csv"])
def test_text_that_the_terminal_cannot_show_does_not_crash(home, environment, form):
    done = run(home, environment, "check", "--verbose", "--format", form)

    assert done.returncode == 1, done.stderr.decode(errors="replace")
    assert b"Traceback" not in done.stderr
    assert b"F006" in done.stdout


def test_a_home_of_any_name_is_audited_and_planned(home, environment):
    moved = home.parent.rename(home.parent.with_name("caf\xe9")) / home.name
    done = run(moved, environment, "check", "--select", "F001")

    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert b"Traceback" not in done.stderr
    if environment["LC_ALL"] != "C":  # which has no text for the name: no plan can hold it
        plan = str(home.parent.parent / "plan.json")
        run(moved, environment, "plan", "-o", plan)
        applied = subprocess.run(
            [sys.executable, "-m", "skillmeat_audit", "apply", plan],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert applied.returncode == 0, applied.stderr.decode(errors="replace")
