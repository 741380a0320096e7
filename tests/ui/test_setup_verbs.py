"""The verbs about the installation: doctor, config, man; and extras that are missing."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest
from conftest import PROJECT, digest

from skillmeat_audit.api.watching import require_watchfiles
from skillmeat_audit.base import extras
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.loaders.settings import Settings, load_settings
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.schedule.lock import exclusive_lock
from skillmeat_audit.ui.cli.verbs import cli as group


def conditions(cli, *arguments):
    code, out, _ = cli("doctor", *arguments, "--format", "json")
    listed = json.loads(out)
    assert listed["schema"] == "skillmeat-audit/doctor/1"
    return code, {each["topic"]: each for each in listed["conditions"]}


def test_doctor_finds_no_fault_in_a_sound_installation(cli, make_home):
    home = make_home()
    before = digest(home)

    code, found = conditions(cli, home)

    assert code == ExitCode.CLEAN
    assert "fault" not in {each["status"] for each in found.values()}
    assert found["extra watch"]["detail"].startswith("watchfiles ")
    assert str(home) in found["home"]["detail"]
    assert "faults: 0" in cli("doctor", home)[1]
    assert digest(home) == before


def test_doctor_reports_faults_with_exit_1(cli, make_home, tmp_path):
    settings = tmp_path / "bad.toml"
    settings.write_text("nope = 1")

    code, found = conditions(cli, tmp_path / "none", "--config", settings)

    assert code == ExitCode.FINDINGS
    assert found["home"]["status"] == found["settings"]["status"] == "fault"
    assert cli("doctor", make_home(), "--database", tmp_path / "none.db")[0] == ExitCode.FINDINGS


def test_doctor_knows_damaged_runs_and_the_lock(cli, make_home, tmp_path):
    from skillmeat_audit.loaders.home import home_state_folder

    home, state = make_home(), tmp_path / "state"
    folder = home_state_folder(home, state)
    (folder / "20260210T120000Z-6b643e").mkdir(parents=True)
    (folder / "20260210T120000Z-6b643e" / "state").write_text("nonsense")
    folder.chmod(0o700)

    with exclusive_lock(folder / "report.lock"):
        code, found = conditions(cli, home, "--state-dir", state)

    assert code == ExitCode.FINDINGS
    assert "20260210T120000Z-6b643e" in found["runs"]["detail"]
    assert (found["lock"]["status"], found["runs"]["status"]) == ("note", "fault")


def test_a_missing_extra_is_answered_with_the_command_to_paste(cli, make_home, monkeypatch):
    monkeypatch.setattr(extras, "installed_version", lambda _name: None)

    note = conditions(cli, make_home())[1]["extra notebook"]

    assert note["status"] == "note"
    assert note["advice"].endswith(f"install -e '{PROJECT}[notebook]'")


def test_an_installation_from_an_index_gets_another_command(monkeypatch, tmp_path):
    monkeypatch.setattr(extras, "_checkout", lambda: None)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)

    assert extras.install_command("notebook") == "pip install 'skillmeat-audit[notebook]'"


def test_a_package_without_metadata_has_no_extras(monkeypatch):
    def missing(_name):
        raise PackageNotFoundError

    monkeypatch.setattr(extras, "distribution", missing)
    monkeypatch.setattr(extras, "version", missing)

    assert extras.extras() == {}
    assert extras.installed_version("pandas") is None


def test_the_extras_are_those_of_the_project():
    with (PROJECT / "pyproject.toml").open("rb") as file:
        declared = set(tomllib.load(file)["project"]["optional-dependencies"])
    if importlib.metadata.distribution("skillmeat-audit").requires is None:
        pytest.skip("install the package to have its metadata")

    assert set(extras.extras()) | {"test", "dev"} <= declared
    assert {"notebook", "postgres", "notify", "live"} <= set(extras.extras())


def test_watching_without_the_extra_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)

    with pytest.raises(UsageError, match=r"--watch needs watchfiles.*install.*\[watch\]"):
        require_watchfiles()


def test_config_init_writes_a_file_that_changes_nothing_and_is_never_overwritten(cli, tmp_path):
    path = tmp_path / "folder" / "config.toml"

    created = cli("config", "init", "--config", path)
    text = path.read_text("utf-8")
    again = cli("config", "init", "--config", path)

    assert created[0] == ExitCode.CLEAN
    assert load_settings(path) == Settings()
    assert again[0] == ExitCode.FAILED
    assert "exists" in again[2]
    assert path.read_text("utf-8") == text


def test_every_line_of_the_template_is_a_setting(cli, tmp_path):
    path = tmp_path / "config.toml"
    cli("config", "init", "--config", path)
    lines = path.read_text("utf-8").splitlines()
    active = [line.removeprefix("# ") for line in lines if " = " in line or "[ignore]" in line]
    path.write_text("\n".join(active))

    settings = load_settings(path)

    assert settings.ignore["F002"]
    assert (settings.kept_runs, settings.keep_backups) == (400, 10)


def test_config_path_and_show(cli, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('fail-on = "error"\n[ignore]\nF002 = "moved"\n')

    assert cli("config", "path", "--config", path)[1] == f"{path}\n"
    text = cli("config", "--config", path)[1]
    shown = json.loads(cli("config", "show", "--config", path, "--format", "json")[1])

    assert 'fail-on = "error"\n' in text
    assert "kept-runs = 400  # default\n" in text
    assert (shown["schema"], shown["exists"]) == ("skillmeat-audit/config/1", True)
    assert shown["settings"]["ignore"] == {"F002": "moved"}


def test_the_settings_that_are_shown_can_be_loaded_again(cli, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(cli("config")[1])

    assert load_settings(path) == Settings()


def test_the_manual_page_has_every_verb_and_option(cli):
    code, page, _ = cli("man")
    plain = page.replace(r"\-", "-")

    assert code == ExitCode.CLEAN
    for name in group.verb_names:
        assert f".SS {name}" in plain
        params = group.verb(name).params
        assert all(name in plain for param in params for name in param.opts if "-" in name)


@pytest.mark.skipif(shutil.which("groff") is None, reason="install groff")
def test_groff_formats_the_manual_page_without_a_warning(cli):
    page = cli("man")[1]

    done = subprocess.run(
        ["groff", "-k", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, text=True
    )

    assert done.stderr == ""
    assert "General Commands Manual" in done.stdout
