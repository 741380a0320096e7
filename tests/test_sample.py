"""The homes that come with the package."""

import pytest

import skillmeat_audit as sma
from skillmeat_audit.api.sample import HOMES
from skillmeat_audit.base.errors import HomeError, UsageError


@pytest.mark.parametrize("name", HOMES)
def test_a_bundled_home_can_be_audited(name, tmp_path):
    audit = sma.audit(sma.sample(name, tmp_path), progress=False)

    assert (audit.summary.counts["error"] == 0) == (name == "clean")


def test_it_is_built_anew_each_time(tmp_path):
    home = sma.sample(folder=tmp_path)
    (home / "config.toml").write_text("broken")

    assert "broken" not in (sma.sample(folder=tmp_path) / "config.toml").read_text()


def test_an_unknown_name_is_refused(tmp_path):
    with pytest.raises(
        UsageError, match="no home called nowhere is bundled; choose one of batch-import,"
    ):
        sma.sample("nowhere", tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(HomeError, match="cannot build clean"):
        sma.sample("clean", tmp_path / "file")
