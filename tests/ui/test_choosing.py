"""Repair by hand: --only and --except, apply --interactive, plan --edit."""

import json
import os
import stat
import sys

import pytest
from conftest import cache_rows, digest

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.repair.plan_lines import fault_line


def artifacts_in(path):
    plan = json.loads(path.read_text("utf-8"))
    edits = [edit for manifest in plan["manifests"] for edit in manifest["edits"]]
    return {each["artifact_id"] for each in (*plan["changes"], *edits)}


@pytest.mark.slow
def test_plan_takes_only_or_all_but_some_artifacts(cli, make_home, tmp_path):
    home, path = make_home(), tmp_path / "plan.json"

    cli("plan", home, "--only", "1password,lock-audit", "-o", path)
    assert artifacts_in(path) == {"skill:1password", "skill:lock-audit"}

    cli("plan", home, "--except", "skill:1password", "--except", "lock-audit", "-o", path)
    assert artifacts_in(path) == {"command:commit-message"}


@pytest.mark.slow
def test_no_default_editor_is_started_where_no_terminal_is(cli, make_home, tmp_path, monkeypatch):
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("an editor was started"))

    code, _, err = cli("plan", make_home(), "--edit", "-o", tmp_path / "plan.json")

    assert code == ExitCode.FAILED
    assert "--edit opens an editor on a terminal, and this is none" in err


@pytest.mark.slow
def test_keys_of_manifests_go_with_their_artifact(cli, make_home, tmp_path):
    path = tmp_path / "plan.json"
    cli("plan", make_home(), "--only", "lock-audit", "-o", path)

    (manifest,) = json.loads(path.read_text("utf-8"))["manifests"]

    assert {edit["artifact_id"] for edit in manifest["edits"]} == {"skill:lock-audit"}


def test_a_name_that_the_plan_lacks_is_refused(cli, planned):
    code, _, err = cli("apply", planned().file, "--only", "lock-audi")

    assert code == ExitCode.FAILED
    assert "did you mean skill:lock-audit?" in err


@pytest.mark.slow
def test_apply_takes_a_part_of_a_saved_plan(cli, planned):
    case = planned()

    code, _, _ = cli("apply", case.file, "--except", "1password", "--state-dir", case.state)

    rows = cache_rows(case.database)
    assert code == ExitCode.CLEAN
    assert rows["default", "skill:lock-audit"]["description"]
    assert rows["default", "skill:1password"]["description"] is None
    assert ("default", "command:commit-message") in rows


@pytest.fixture
def at_a_terminal(monkeypatch):
    """Return a function that runs the command line at a terminal at which *answers* are typed."""

    def run(cli, answers, *arguments):
        reading, writing = os.pipe()
        os.write(writing, answers.encode())
        os.close(writing)
        with open(reading) as typed:
            monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
            monkeypatch.setattr(sys, "stdin", typed)
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
            return cli(*arguments, "--color", "never")

    return run


def test_interactive_applies_what_is_chosen(cli, planned, at_a_terminal):
    case = planned()

    code, out, _ = at_a_terminal(
        cli, "?\nn\n\ny\nq\n", "apply", case.file, "-i", "--state-dir", case.state
    )

    rows = cache_rows(case.database)
    assert code == ExitCode.CLEAN
    assert "a  apply this one and all that follow" in out
    assert "(2/3) apply skill:1password? [y,n,a,q,?]" in out
    assert "  metadata.license  fill  M007\n    {+MIT+}\n" in out
    assert rows["default", "skill:1password"]["description"]
    assert rows["default", "skill:lock-audit"]["description"] is None
    assert ("default", "command:commit-message") not in rows


@pytest.mark.slow
def test_interactive_marks_the_words_that_differ(cli, make_home, tmp_path, at_a_terminal):
    home, path = make_home(), tmp_path / "plan.json"
    cli("plan", home, "-o", path)
    plan = json.loads(path.read_text("utf-8"))
    change = next(each for each in plan["changes"] if each["artifact_id"] == "skill:lock-audit")
    change["cells"]["description"] |= {"before": "Checks lock files", "after": "Checks key files"}
    path.write_text(json.dumps(plan))

    out = at_a_terminal(cli, "n\n" * 9, "apply", path, "-i")[1]

    assert "Checks [-lock-]{+key+} files\n" in out
    assert "no artifact was chosen; nothing was written" in out


@pytest.mark.slow
def test_a_answers_for_all_that_follow(cli, planned, at_a_terminal):
    case = planned()

    out = at_a_terminal(cli, "a\n", "apply", case.file, "-i", "--state-dir", case.state)[1]

    assert out.count("[y,n,a,q,?]") == 1
    assert "4 rows" in out


def test_an_input_that_ends_writes_nothing(cli, planned, at_a_terminal):
    case = planned()
    before = digest(case.home)

    code, _, err = at_a_terminal(cli, "y\n", "apply", case.file, "--interactive")

    assert code == ExitCode.FAILED
    assert "the input ended; nothing was written" in err
    assert digest(case.home) == before


def test_interactive_needs_a_terminal_and_text(cli, planned):
    case = planned()

    assert "choose with --only and --except" in cli("apply", case.file, "-i")[2]
    assert "exclude each other" in cli("apply", case.file, "-i", "--format", "json")[2]


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Return a function that makes an editor of a Python expression of the plan's text."""

    def make(expression):
        script = tmp_path / "editor"
        script.write_text(
            f"#!{sys.executable}\nimport json, sys\npath = sys.argv[-1]\n"
            f"text = open(path).read()\nopen(path, 'w').write({expression})\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("VISUAL", f"{script} --wait")
        monkeypatch.setenv("TMPDIR", str(tmp_path))

    return make


def test_an_edited_plan_is_saved(cli, make_home, tmp_path, editor):
    path = tmp_path / "plan.json"
    editor("json.dumps(json.loads(text) | {'manifests': [], 'changes': []})")

    code, out, _ = cli("plan", make_home(), "--edit", "-o", path)

    assert (code, artifacts_in(path)) == (ExitCode.CLEAN, set())
    assert "no changes" in out


FAULTS = {
    """text.replace('"op": "insert"', '"op": "drop"')""": "Invalid enum value",
    """text.replace('"column', '"col').replace('"description"', '"d"')""": "column d",
    """text.replace('"changes": [', '"changes": [,')""": "JSON is malformed",
    """text.replace('"tags"', '"uuid.x"')""": "a plan may not write key uuid.x",
}


@pytest.mark.slow
@pytest.mark.parametrize("edit", FAULTS)
def test_a_faulty_edit_is_refused_with_its_line(cli, make_home, tmp_path, editor, edit):
    path = tmp_path / "plan.json"
    editor(edit)

    code, _, err = cli("plan", make_home(), "--edit", "-o", path)

    assert code == ExitCode.FAILED
    assert FAULTS[edit] in err
    assert ", line " in err
    assert "nothing was saved, the text stays in that file" in err
    assert not path.exists()


@pytest.mark.slow
def test_a_faulty_edit_is_opened_again_at_a_terminal(
    cli, make_home, tmp_path, editor, at_a_terminal
):
    path = tmp_path / "plan.json"
    editor("text.replace('safe', 'sure') if 'safe' in text else text.replace('sure', 'safe')")

    code, out, err = at_a_terminal(cli, "\n", "plan", make_home(), "--edit", "-o", path)

    assert (code, out.count("edit again? [Y/n]")) == (ExitCode.CLEAN, 1)
    assert "not a usable plan" in err
    assert artifacts_in(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "reason"),
    [("false", "exit code 1"), ("no-such-editor", "no editor"), ("'", "cannot read the editor")],
)
def test_an_editor_that_fails_is_reported(cli, make_home, tmp_path, monkeypatch, command, reason):
    monkeypatch.setenv("VISUAL", command)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    code, _, err = cli("plan", make_home(), "--edit", "-o", tmp_path / "plan.json")

    assert code == ExitCode.FAILED
    assert reason in err


def test_edit_requires_an_output(cli, make_home):
    assert "--edit requires --output" in cli("plan", make_home(), "--edit")[2]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("got `int` - at `$.changes[1].op`", 6),
        ("at `$.changes[1].cells[...].after`", 7),
        ("changes[0] (skill:a): a reason", 4),
        ("JSON is malformed (byte 3)", 2),
        ("Input data was truncated", 10),
        ("at `$.home`", 3),
        ("skill:a in default is changed twice", None),
        ("at `$.manifests[0]`", None),
    ],
)
def test_the_line_of_a_fault(message, line):
    text = (
        '{\n "a": {}, "s": "x, y: [",\n "home": 1, "changes": [\n  {"op": "insert"},\n'
        '  {\n   "op": 3,\n   "cells": {"d": {}}\n  }\n ]\n}\n'
    )

    assert fault_line(text.encode(), message) == line
