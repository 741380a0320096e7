"""The settings file: its defaults, what it may say, and how a mistake in it is told."""

import os
from pathlib import Path

import pytest

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.loaders.settings import Settings, default_settings_file, load_settings
from skillmeat_audit.model.findings import SEVERITIES, Severity


@pytest.fixture
def default(tmp_path, monkeypatch):
    """The default settings file, which does not exist yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "skillmeat-audit" / "config.toml"


def written(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_without_a_file_the_defaults_apply(default):
    assert load_settings() == Settings(ignore={}, fail_on=Severity.WARNING)
    assert default_settings_file() == default


def test_the_number_of_backups_is_read(tmp_path):
    assert load_settings(written(tmp_path / "own.toml", "keep-backups = 0")).keep_backups == 0


@pytest.mark.parametrize("value", ["-1", "true", "'3'"])
def test_backups_are_kept_by_number(tmp_path, value):
    with pytest.raises(UsageError, match="keep-backups must be a number"):
        load_settings(written(tmp_path / "own.toml", f"keep-backups = {value}"))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match="is not a regular file"):
        load_settings(tmp_path / "pipe")


def test_the_default_file_is_read(default):
    written(default, 'fail-on = "error"')

    assert load_settings().fail_on is Severity.ERROR


@pytest.mark.parametrize("severity", SEVERITIES)
def test_the_failing_severity_and_the_ignored_rules_are_read(tmp_path, severity):
    text = f'fail-on = "{severity}"\n[ignore]\nF002 = "moved on purpose"\n'
    found = load_settings(written(tmp_path / "own.toml", text))

    assert found == Settings({"F002": "moved on purpose"}, severity)


def test_an_empty_file_gives_the_defaults(tmp_path):
    assert load_settings(written(tmp_path / "own.toml", "")) == Settings()


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(UsageError, match=r"no settings file at .*none\.toml"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("fail-on", "cannot read the settings file"),
        (b"\xff", r"cannot read the settings file .*: is not UTF-8 \(byte 0\)"),
        (b"\xef\xbb\xbf", "cannot read the settings file"),
        ("x = " + "[" * 100_000, "cannot read the settings file"),
        ("failon = 1\n[ignore]", "unknown key failon; known are allow-links, fail-on, ignore"),
        ("'a\\nb' = 1", r"unknown key a\\nb"),
        ('fail-on = "never"', "fail-on must be one of error, warning, info"),
        ("fail-on = ['error']", "fail-on must be one of"),
        ("allow-links = '~/dotfiles'", "allow-links must be a list of folders"),
        ("allow-links = [1]", "allow-links must be a list of folders"),
        ("allow-links = ['dotfiles']", "allow-links must be .* absolute or below ~"),
        ("ignore = ['F002']", "ignore must be a table of rule = reason"),
        ("[ignore]\nF002 = ''", "ignore.F002 needs a reason, as text"),
        ("[ignore]\nF002 = ' '", "ignore.F002 needs a reason, as text"),
        ("[ignore]\nF002 = true", "ignore.F002 needs a reason, as text"),
    ],
)
def test_a_mistake_names_the_file_and_the_way_out(tmp_path, content, reason):
    file = written(tmp_path / "own.toml", content)

    with pytest.raises(UsageError, match=reason) as caught:
        load_settings(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("path", [".", "a\0b", "x" * 300])
def test_a_path_that_is_not_a_file_is_reported(path):
    with pytest.raises(UsageError, match="cannot read the settings file"):
        load_settings(Path(path))


def test_the_number_of_runs_is_read(tmp_path):
    assert load_settings(written(tmp_path / "own.toml", "kept-runs = 7")).kept_runs == 7
    for wrong in ("0", "true", "'x'"):
        with pytest.raises(UsageError, match="kept-runs must be a number"):
            load_settings(written(tmp_path / "own.toml", f"kept-runs = {wrong}"))


def test_the_folders_that_links_may_lead_to_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/jane")
    found = load_settings(written(tmp_path / "own.toml", 'allow-links = ["~/dotfiles", "/srv"]'))

    assert found.allow_links == (Path("/home/jane/dotfiles"), Path("/srv"))
