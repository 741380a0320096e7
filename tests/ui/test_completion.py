"""Shell completion: what is completed, without pandas and without a message."""

import subprocess
import sys

import pytest

from skillmeat_audit.diff.provenance.paths import TITLES
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.completers import rule_titles, writer_titles


@pytest.fixture
def completed(cli, monkeypatch):
    """Return a function that completes a line; the last word is the one that is completed."""

    def complete(*words):
        monkeypatch.setenv("COMP_WORDS", " ".join(["skillmeat-audit", *map(str, words)]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        monkeypatch.setenv("_SKILLMEAT_AUDIT_COMPLETE", "bash_complete")
        code, out, err = cli()
        assert (code, err) == (ExitCode.CLEAN, "")
        return [line.removeprefix("plain,") for line in out.splitlines() if line]

    return complete


def test_titles_read_from_the_source_are_those_of_the_rules_and_code_paths():
    assert rule_titles() == {rule.code: rule.title for rule in RULES}
    assert writer_titles() == TITLES


def test_rules_and_code_paths_are_completed_in_lists_too(completed):
    assert completed("check", "--select", "D00")[:2] == ["D001", "D002"]
    assert completed("check", "--select", "D001,k00")[:2] == ["D001,K001", "D001,K002"]
    assert completed("rules", "X00") == ["X001", "X002", "X003", "X004", "X005"]
    assert completed("check", "--writer", "import-b") == ["import-bare"]


def test_names_of_the_home_on_the_line_are_completed(completed, make_home, era):
    home = make_home(era=era)

    assert completed("check", home, "--artifact", "skill:1") == ["skill:1password"]
    assert completed("check", home, "--collection", "T") == ["Team"]


def test_names_of_the_default_home_are_completed(completed, make_home, monkeypatch):
    monkeypatch.setenv("SKILLMEAT_AUDIT_HOME", str(make_home()))

    assert completed("show", "1") == ["1password"]
    assert "skill:lock-audit" in completed("plan", "--only", "skill")


def test_artifacts_of_a_home_without_a_cache_are_those_of_its_manifests(completed, make_home):
    home = make_home()
    (home / "cache" / "cache.db").unlink()

    assert completed("check", home, "--artifact", "skill:1") == ["skill:1password"]


@pytest.mark.slow
def test_runs_and_plans_are_completed(completed, cli, make_home, tmp_path, monkeypatch):
    home = make_home()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.json").write_text("{}")
    cli("plan", home, "-o", "plan.json")
    cli("apply", "plan.json")

    (run,) = completed("undo", home, "--run", "2")
    assert run.endswith(completed("undo", home, "--run", run)[0])
    assert completed("apply", "") == ["plan.json"]
    assert completed("apply", "none") == ["file,none"]


def test_what_cannot_be_looked_up_is_not_completed(completed, make_home, monkeypatch, tmp_path):
    home = make_home()
    (home / "cache" / "cache.db").write_bytes(b"no database")
    (home / "collections" / "default" / "collection.toml").write_text("][")

    assert completed("check", home, "--artifact", "s") == []
    assert completed("check", home, "--collection", "T") == []
    monkeypatch.setenv("SKILLMEAT_AUDIT_HOME", str(tmp_path / "none"))
    assert completed("show", "s") == completed("undo", "--run", "2") == []


def test_completing_changes_nothing_and_loads_nothing_heavy(make_home, monkeypatch):
    home = make_home()
    before = sorted(path.name for path in home.rglob("*"))
    script = (
        "import sys; from skillmeat_audit.ui.cli.main import main; main([]);"
        "heavy = {'pandas', 'sqlalchemy', 'pyarrow', 'rich'};"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    monkeypatch.setenv("COMP_WORDS", f"skillmeat-audit check {home} --artifact s")
    monkeypatch.setenv("COMP_CWORD", "4")
    monkeypatch.setenv("_SKILLMEAT_AUDIT_COMPLETE", "bash_complete")

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert "plain,skill:1password\n" in done.stdout
    assert done.stderr.strip() == ""
    assert sorted(path.name for path in home.rglob("*")) == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(cli, shell):
    code, out, _ = cli("completion", shell)

    assert code == ExitCode.CLEAN
    assert "_SKILLMEAT_AUDIT_COMPLETE" in out
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=out, text=True, check=True)
