"""What a scan_source of a source finds."""

import pytest

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.replay.source import BUNDLED_SOURCE, scan_source


def fields(text):
    return {"description": text.strip()}


def test_the_bundled_source_holds_the_regressions_skill():
    entries = scan_source(BUNDLED_SOURCE, lambda text: {"description": "said"})

    assert [entry.artifact_id for entry in entries] == [
        "agent:scribe",
        "command:commit-message",
        "skill:1password",
        "skill:lock-audit",
    ]
    assert entries[2].upstream_url.endswith("/tree/main/skills/1password")
    assert (entries[2].tags, entries[3].tags) == ((), ("ops",))


def test_a_source_that_is_not_indexed_has_no_descriptions(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "a.md").write_text("said")

    (indexed,) = scan_source(tmp_path, fields)
    (plain,) = scan_source(tmp_path, fields, indexed=False)

    assert (indexed.description, plain.description) == ("said", None)


def test_a_folder_without_artifacts_is_refused(tmp_path):
    with pytest.raises(UsageError, match="nothing to import"):
        scan_source(tmp_path, fields)
