"""The verb runs: the list, and what one run changed."""

import json
import re
import shlex

import skillmeat_audit as sma
from skillmeat_audit.api import repair
from skillmeat_audit.model.exits import ExitCode


def applied(home):
    return sma.apply(sma.audit(home, progress=False).plan(), recheck=False).outcome.run


def test_a_run_is_listed_cell_by_cell_and_key_by_key(cli, make_home):
    home = make_home()
    run = applied(home)

    code, out, _ = cli("runs", home, run)

    assert code == ExitCode.CLEAN
    assert f"run {run} · apply · committed" in out
    assert "edit collections/default/collection.toml" in out
    assert "metadata.author" in out and "(no such key)" in out
    assert "update skill:lock-audit · Default Collection" in out
    assert "insert command:commit-message · Default Collection" in out
    assert "synced_at" not in out


def test_the_beginning_of_an_id_and_either_order_are_enough(cli, make_home, monkeypatch):
    home = make_home()
    run = applied(home)
    whole = cli("runs", home, run)

    assert cli("runs", home, run[:9]) == cli("runs", run, home) == whole
    assert cli("undo", home, "--run", run[:12], "--rehearse")[0] == ExitCode.CLEAN
    monkeypatch.setenv("HOME", str(home.parent))
    assert cli("runs", run[:9]) == whole


def test_a_beginning_of_several_ids_and_an_unknown_id_are_refused(cli, make_home):
    home = make_home()
    first = applied(home)
    assert cli("undo", home)[0] == ExitCode.CLEAN

    code, _, err = cli("runs", home, first[:2])
    assert code == ExitCode.FAILED
    assert "begins the ids of 2 runs" in err and first in err
    assert (
        f"no run zz of this home; 'skillmeat-audit runs {home}' lists" in cli("runs", home, "zz")[2]
    )
    assert f"run to undo; 'skillmeat-audit runs {home}' lists its runs" in cli("undo", home)[2]


def test_a_hint_at_the_runs_names_home_and_state_folder_and_is_true(cli, make_home, tmp_path):
    home, state = make_home(at="a home"), tmp_path / "a state"

    assert "no run to undo; it has no runs yet" in cli("undo", home, "--state-dir", state)[2]
    sma.apply(sma.audit(home, progress=False).plan(), options=sma.Options(state), recheck=False)
    hint = cli("undo", home, "--run", "x", "--state-dir", state)[2]

    (command,) = re.findall("; '(.*)' lists its runs", hint)
    assert "committed" in cli(*shlex.split(command)[1:])[1]


def test_an_undone_run_names_its_undo_and_the_undo_lists_the_inverse(cli, make_home):
    home = make_home()
    run = applied(home)
    cli("undo", home)
    undo = next(each.run for each in repair.runs(home) if each.kind == "undo")

    assert f"undone by run {undo}" in " ".join(cli("runs", home, run)[1].split())
    document = json.loads(cli("runs", home, undo, "--format", "json")[1])
    assert (document["schema"], document["undoes"]) == ("skillmeat-audit/run-detail/1", run)
    (edit, *_) = document["manifests"][0]["edits"]
    assert edit["before"] is not None and edit["after"] is None
    assert {row["op"] for row in document["rows"]} == {"update", "delete"}


def test_each_document_publishes_its_schema(cli):
    for arguments, name in ((("h",), "runs"), (("h", "r"), "run-detail")):
        schema = json.loads(cli("runs", *arguments, "--schema")[1])
        assert schema["$id"] == f"skillmeat-audit/{name}/1"


def test_runs_show_themselves(make_home):
    home = make_home()
    run = applied(home)
    listed = repair.runs(home)

    assert run in listed._repr_html_() and run in repr(listed)
    view = listed.show(run[:10])
    assert repr(view) == (
        f"<Run {run} (committed): 26 cells, 6 keys of manifests; see .rows, .manifests>"
    )
    assert "32 of 32 changes" in view._repr_html_()
