"""The verb that replays the import paths."""

import json

import pytest

from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow


def test_the_option_table_is_printed(cli):
    code, out, err = cli("replay", "--era", "artifact_id", "--no-time")

    assert (code, err) == (ExitCode.CLEAN, "")
    assert "batch import until 2026-02-10                         0/4     0/4" in out
    assert "the row of skill:1password" in out


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_replay_fits_the_terminal(cli, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))

    out = cli("replay", "--era", "artifact_id", "--no-time")[1]

    assert max(map(len, out.splitlines())) <= max(width, 60)
    assert "wrong cells 24" in out.replace("\n  ", " ") or width == 120


def test_a_source_of_ones_own_is_imported(cli, tmp_path):
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "evil\x1b[31m.md").write_text("---\ndescription: <b>x</b>\n---\n")

    code, out, _ = cli("replay", "--source", tmp_path, "--era", "artifact_id", "--format", "json")

    assert code == ExitCode.CLEAN
    assert {path["artifacts"] for path in json.loads(out)["paths"]} == {1}
    assert "\x1b[31m" not in out


def test_a_source_without_artifacts_is_refused(cli, tmp_path):
    code, out, err = cli("replay", "--source", tmp_path)

    assert (code, out) == (ExitCode.FAILED, "")
    assert err.startswith("skillmeat-audit: nothing to import in")
    assert len(err.splitlines()) == 1


def test_the_view_says_what_the_pages_show(cli, make_home):
    code, out, _ = cli("show", "1password", make_home(), "--view")

    assert code == ExitCode.CLEAN
    assert "served from     the manifest" in out
    assert "clickable       yes" in out


def test_the_view_of_an_artifact_without_rows(cli, make_home):
    code, out, _ = cli("show", "command:commit-message", make_home(), "--view")

    assert (code, "No page shows it" in out) == (ExitCode.CLEAN, True)


def test_the_view_as_json(cli, make_home):
    _, out, _ = cli("show", "1password", make_home(), "--view", "--format", "json")

    document = json.loads(out)
    assert document["schema"] == "skillmeat-audit/view/1"
    assert [page["tier"] for page in document["pages"]] == ["manifest", "manifest"]
