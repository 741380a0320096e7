"""Applying beside the real application while it saves the manifest all the time: nobody loses."""

import threading

import pytest
import tomli
from conformance.app import DEFAULT
from conformance.declared import declare, entry

import skillmeat_audit as sma
from skillmeat_audit.model.exits import ExitCode

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

OURS, THEIRS = 12, 200


class Saver(threading.Thread):
    """Asks the application to save, one artifact of theirs after the other, until it is stopped."""

    def __init__(self, app):
        super().__init__()
        self.app, self.saved, self.ending = app, [], threading.Event()

    def run(self):
        for number in range(THEIRS):
            page = f"/artifacts/skill:theirs-{number}?collection={DEFAULT}"
            if self.ending.is_set():
                break
            if self.app.status(page, "PUT", {"tags": [f"save-{number}"]}) == 200:
                self.saved.append(f"theirs-{number}")


def entries(manifest):
    return {each["name"]: each for each in tomli.loads(manifest.read_text())["artifacts"]}


def test_every_save_of_theirs_is_in_the_file_and_each_of_ours_too_or_is_a_conflict(
    unlimited, cli, tmp_path, tally
):
    unlimited.install()
    theirs = (
        entry(f"theirs-{number}", metadata='description = "Theirs"\n') for number in range(THEIRS)
    )
    manifest = declare(unlimited, *theirs, *(entry(f"ours-{number}") for number in range(OURS)))
    unlimited.start()
    audit = sma.audit(unlimited.home, progress=False)
    plans = [
        audit.plan(artifacts=[f"skill:ours-{number}"]).save(tmp_path / f"{number}.json")
        for number in range(OURS)
    ]
    saver = Saver(unlimited)
    saver.start()

    codes = [cli("apply", plan, "--state-dir", tmp_path / "state")[0] for plan in plans]

    saver.ending.set()
    saver.join()
    held = entries(manifest)
    assert len(saver.saved) > OURS
    assert [name for name in saver.saved if "tags" not in held[name]] == []
    assert set(codes) <= {ExitCode.CLEAN, ExitCode.CONFLICT}
    for number, code in enumerate(codes):
        is_held = held[f"ours-{number}"].get("metadata", {}).get("description") == "Of the file"
        assert is_held == (code == ExitCode.CLEAN)
    tally["saves of SkillMeat beside repairs: none lost"] += len(saver.saved)
    tally["repairs of a manifest beside them: made"] += codes.count(ExitCode.CLEAN)
    tally["repairs of a manifest beside them: conflicts that were reported"] += codes.count(
        ExitCode.CONFLICT
    )
