"""Locales that are not UTF-8: paths stay UTF-8, whatever a terminal is set to."""

import contextlib
import json
import os
import subprocess
from contextlib import suppress

import pytest
from forked import ForkServer

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


@pytest.fixture(scope="module", params=LOCALES)
def server(request, locales, tmp_path_factory):
    """A fork server in a locale; in the plain C locale where the system cannot make the other."""
    base = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    base |= {"HOME": str(tmp_path_factory.mktemp("user"))} | PLAIN
    if (locales / request.param).exists():
        base |= {"LC_ALL": request.param, "LOCPATH": str(locales)}
    server = ForkServer(base)
    yield server
    server.close()


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


@pytest.fixture
def run(server, tmp_path):
    """Run a command line on a home, in its folder and in a locale."""

    def run(home, *arguments):
        environment = server.environment | {"XDG_STATE_HOME": str(tmp_path / "state")}
        with contextlib.chdir(home):
            return server.run(*arguments, environment=environment)

    return run


def test_files_of_any_name_are_read_in_any_locale(home, run):
    ended = run(home, "check", home, "--select", "F", "--format", "json")
    findings = json.loads(ended.stdout)["findings"]

    assert ended.returncode in (0, 1), ended.stderr
    assert not {"F001", "F003", "F004"} & {each["rule"] for each in findings}
    assert [
        (each["artifact_id"], each["detail"]) for each in findings if each["rule"] == "F006"
    ] == [
        (
            "skill:stra\xdfe",
            f"collections/{collection}/skills/stra\xdfe: add it, or delete it",
        )
        for collection in ("default", "\xe9quipe")
    ]


@pytest.mark.parametrize("form", ["text", "csv"])
def test_text_that_the_terminal_cannot_show_does_not_crash(home, run, form):
    ended = run(home, "check", home, "--verbose", "--format", form)

    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "F006" in ended.stdout


def test_a_home_of_any_name_is_audited_and_planned(home, run, server):
    moved = home.parent.rename(home.parent.with_name("caf\xe9")) / home.name
    ended = run(moved, "check", moved, "--select", "F001")

    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    if server.environment["LC_ALL"] != "C":  # which has no text for the name: no plan can hold it
        plan = home.parent.parent / "plan.json"
        run(moved, "plan", moved, "-o", plan)
        applied = run(moved, "apply", plan)
        assert applied.returncode == 0, applied.stderr
