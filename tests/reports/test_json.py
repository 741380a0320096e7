"""Every JSON document: its schema key, its published schema, ASCII."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from builders import HOSTILE, audited, entry, imported, known, row, snapshot, update_of

from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.model.changes import Applied, RunListing, RunOutcome, Skipped
from skillmeat_audit.model.condition import Condition
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.manifest_edits import ManifestEdit, OtherToml
from skillmeat_audit.model.replays import REPLAYED, REPLAYS
from skillmeat_audit.model.run_details import EditedManifest, RunDetail, WrittenRow
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.model.trend import RUNS, Accepted, AuditDelta
from skillmeat_audit.reports.facts.fleet import (
    DeltaFacts,
    FleetFacts,
    HomeFacts,
    ListedRun,
    PlanFacts,
    RunFacts,
)
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.report import Failure
from skillmeat_audit.reports.files.artifact_json import artifact_json
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.check_json import check_json
from skillmeat_audit.reports.files.doctor_json import doctor_json
from skillmeat_audit.reports.files.fleet_json import fleet_json
from skillmeat_audit.reports.files.history_json import history_json
from skillmeat_audit.reports.files.replay_json import replay_json
from skillmeat_audit.reports.files.report_json import failure_json
from skillmeat_audit.reports.files.rules_json import rules_json
from skillmeat_audit.reports.files.runs_json import run_detail_json, run_json, runs_json
from skillmeat_audit.reports.files.schemas import SCHEMAS, json_schema
from skillmeat_audit.reports.files.settings_json import settings_json
from skillmeat_audit.reports.files.view_json import view_json

AT = "2026-02-10T12:00:00Z"


def audit():
    entries = [imported(HOSTILE, tags_json='["a", "é"]'), entry("skill:b", author="J")]
    return audited(snapshot(entries, [row(HOSTILE), row("skill:b")], catalog=[known(HOSTILE)]))


def check(accepted=None):
    found = audit()
    return check_json(replace(found, accepted=accepted), "1")


def run():
    change = update_of(HOSTILE, {"author": None}, {"author": "J"})
    outcomes = (Applied(change), Skipped(change, HOSTILE))
    none, new = FINDINGS.empty(), FINDINGS.from_records([{"rule": "D005", "artifact_id": HOSTILE}])
    done = RunOutcome("apply", "/h", "d", "i", outcomes, run="r1", backup=Path("/b"))
    return run_json(
        done, AuditDelta(none, none, new, (("default", HOSTILE, "author"),)), Names({}, {})
    )


def runs():
    listed = [
        RunListing(str(n), "apply", state, AT, 2, 5, 3, None, Path("/s"), None, HOSTILE)
        for n, state in enumerate(("committed", "interrupted", "damaged"))
    ]
    return runs_json(listed)


def run_detail():
    edit = ManifestEdit(HOSTILE, "metadata.version", OtherToml("1.10"), "1.10", [], None, "safe")
    listing = RunListing("r1", "undo", "interrupted", AT, 1, 4, 1, "r0", Path("/s"), None, "")
    rows = (WrittenRow("delete", "default", HOSTILE, {"author": None}, {}),)
    return run_detail_json(RunDetail(listing, "/h", rows, (EditedManifest("p", (edit,)),)))


def doctor():
    return doctor_json([Condition("home", "fault", HOSTILE, "do this"), Condition("x", "ok", "")])


def config():
    return settings_json(HOSTILE, {"fail-on": "error", "keep-backups": None}, exists=False)


def history():
    counts = dict.fromkeys(("artifacts", "rows", "error", "warning", "info"), 1)
    checked = {"run": 1, "at": AT, "scope": "", "outcome": "checked", "delivered": True} | counts
    failed = {"run": 2, "at": AT, "scope": "", "outcome": "failed", "failure": HOSTILE}
    return history_json(RUNS.from_records([checked, failed]))


def replay():
    numbers = {
        name: 1 if str(dtype) == "Int64" else 0.5 if str(dtype) == "Float64" else "x"
        for name, dtype in REPLAYS.empty().dtypes.items()
    }
    rows = pd.DataFrame([dict.fromkeys(REPLAYED.columns, HOSTILE)])
    return replay_json(REPLAYS.from_records([numbers]), REPLAYED.conform(rows), "1")


def fleet():
    checked = audit()
    homes = (
        HomeFacts(HOSTILE, "/h", summary=checked.summary, headline=checked.headline),
        HomeFacts("b", "/b", "group", ExitCode.FAILED, error=HOSTILE),
        HomeFacts("c", "/c", delta=DeltaFacts(1, 2, 3), plan=PlanFacts(1, 2, 3, "0003-c.json")),
        HomeFacts("d", "/d", run=RunFacts("r1", 1, 0, notes=(HOSTILE,))),
        HomeFacts("e", "/e", runs=(ListedRun("r1", "apply", "committed", AT, 1, 0, None),)),
    )
    return fleet_json(FleetFacts("check", homes, made_at=AT, version="1"))


DOCUMENTS = {
    "check": check,
    "artifact": lambda: artifact_json(audit().show(HOSTILE), "1"),
    "view": lambda: view_json(audit().view(HOSTILE), "1"),
    "run": run,
    "runs": runs,
    "run-detail": run_detail,
    "history": history,
    "replay": replay,
    "rules": lambda: rules_json(RULES),
    "report": lambda: failure_json(Failure("/h", HOSTILE, "1", AT)),
    "fleet": fleet,
    "doctor": doctor,
    "config": config,
}


def test_every_published_document_is_tested():
    assert list(DOCUMENTS) == list(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_document_conforms_to_its_published_schema(name):
    schema, content = json.loads(json_schema(name)), DOCUMENTS[name]()

    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(content)
    jsonschema.validate(document, schema)
    assert document["schema"] == schema["$id"] == f"skillmeat-audit/{name}/1"
    assert next(iter(document)) == "schema"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_document_is_ascii_with_an_indent_of_one(name):
    content = DOCUMENTS[name]()

    assert content.isascii()
    assert b"\x1b" not in content
    assert content.decode() == json.dumps(json.loads(content), indent=1) + "\n"


def test_the_schema_of_a_document_refuses_other_types():
    document = json.loads(check()) | {"counts": "many"}

    with pytest.raises(jsonschema.ValidationError, match="many"):
        jsonschema.validate(document, json.loads(json_schema("check")))


@pytest.mark.slow
def test_a_check_has_a_baseline_only_with_one():
    accepted = Accepted(FINDINGS.empty(), (), ("D001 skill:x",), ())

    assert "baseline" not in json.loads(check())
    assert json.loads(check(accepted))["baseline"] == {
        "accepted": 0,
        "stale": ["D001 skill:x"],
        "expired": [],
    }


def test_a_path_that_is_not_utf8_is_escaped():
    text = ascii_json(Failure("/home/\udcff", "", "1"))

    assert json.loads(text)["home"] == "/home/\udcff"
    assert text.isascii()
