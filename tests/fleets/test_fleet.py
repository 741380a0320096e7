"""Many homes: each reported once, whatever happens to the others, wherever it runs."""

import json
import time
from pathlib import Path

import pytest
from conftest import digest
from made_fleets import SIZE

import skillmeat_audit as sma
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.fleets import children
from skillmeat_audit.fleets.children import Child
from skillmeat_audit.fleets.definition import load_definition
from skillmeat_audit.fleets.packing import packed, unpacked
from skillmeat_audit.fleets.requests import HomeRequest, answer_request
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.files.fleet_json import fleet_json
from skillmeat_audit.reports.files.schemas import json_schema

SARIF_SCHEMA = Path(__file__).parent.parent / "reports" / "sarif-schema-2.1.0.json"
PROCESS = ("--workers", "1")


@pytest.fixture
def mixed(make_fleet, silent_server):
    """Return a fleet with damaged homes, homes out of reach, and one that hangs."""
    if SIZE:
        return make_fleet(SIZE - 9, damaged=5, unreachable=3, hanging=silent_server)
    return make_fleet(2, damaged=1, unreachable=3, hanging=silent_server)


def checked(cli, fleet, *options):
    code, out, err = cli("fleet", "check", fleet.file, "--format", "json", "-q", *options)
    assert err == ""
    return code, out


@pytest.mark.slow
def test_every_home_is_reported_once_and_the_same_wherever_it_runs(cli, mixed):
    pytest.importorskip("distributed", reason="install the extra 'fleet'")
    before = digest(mixed.file.parent / "homes")

    code, one = checked(cli, mixed, *PROCESS)
    pooled = checked(cli, mixed, "--workers", "2")
    on_dask = checked(cli, mixed, "--workers", "2", "--dask")

    assert (code, one) == pooled == on_dask
    assert digest(mixed.file.parent / "homes") == before
    document = json.loads(one)
    homes = {home["home"]: home for home in document["homes"]}
    assert [home["home"] for home in document["homes"]] == mixed.names
    assert {name for name, home in homes.items() if home["error"] is None} == {
        *mixed.homes["sound"]
    }
    assert all(homes[name]["counts"]["error"] == 13 for name in mixed.homes["sound"])
    assert all("damaged" in homes[name]["error"] for name in mixed.homes["damaged"])
    (hanging,) = mixed.homes["hanging"]
    assert homes[hanging]["error"].startswith("it did not finish within 1 s and was stopped")
    assert code == document["exit_code"] == ExitCode.FAILED
    assert document["failed"] == len(mixed.names) - len(mixed.homes["sound"])


def test_the_document_follows_its_schema(small_checked):
    jsonschema = pytest.importorskip("jsonschema")
    document = json.loads(fleet_json(small_checked.facts))

    jsonschema.validate(document, json.loads(json_schema("fleet")))


@pytest.mark.slow
def test_the_exit_code_is_the_worst_of_the_homes(cli, small_fleet):
    assert checked(cli, small_fleet, "--group", "sound")[0] == ExitCode.FINDINGS
    assert checked(cli, small_fleet, "--group", "sound", "--exit-zero")[0] == ExitCode.CLEAN
    assert checked(cli, small_fleet, "--exit-zero")[0] == ExitCode.FAILED


def test_a_bug_that_one_home_shows_costs_the_others_nothing(cli, make_fleet, monkeypatch):
    from skillmeat_audit.fleets import request_check

    fleet = make_fleet(2)
    real = request_check.audit

    def crashing(home, **arguments):
        if fleet.homes["sound"][0] in str(home):
            raise KeyError("postgresql://u:secret@h/d")
        return real(home, **arguments)

    monkeypatch.setattr(request_check, "audit", crashing)
    code, out = checked(cli, fleet, *PROCESS)

    first, second = sorted(json.loads(out)["homes"], key=lambda home: home["error"] is None)
    assert code == first["exit_code"] == ExitCode.CRASHED
    assert first["error"].startswith("crashed with KeyError, a bug of skillmeat-audit")
    assert "secret" not in out
    assert second["exit_code"] == ExitCode.FINDINGS


# A child that is killed with every second request.
DYING = """
import os, sys
from pathlib import Path
sys.stdout.buffer.write(bytes(8))
sys.stdout.buffer.flush()
sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(8)))
if not Path({mark!r}).exists():
    Path({mark!r}).touch()
    os.kill(os.getpid(), 9)
answer = Path({answer!r}).read_bytes()
sys.stdout.buffer.write(bytes(8) + len(answer).to_bytes(8) + answer)
"""


def test_a_child_that_dies_costs_one_home_and_the_next_gets_a_new_one(
    make_fleet, monkeypatch, tmp_path
):
    (home,) = load_definition(make_fleet(1).file).homes
    request = HomeRequest("runs", home)
    (tmp_path / "answer").write_bytes(packed(answer_request(request)))
    code = DYING.format(mark=str(tmp_path / "mark"), answer=str(tmp_path / "answer"))
    monkeypatch.setattr(children, "_START", code.replace("{", "{{").replace("}", "}}"))
    with Child() as child:
        lost, again = child.answer(request), child.answer(request)

    assert lost.facts.exit_code is ExitCode.CRASHED
    assert lost.facts.error == "its process ended (-9): perhaps not enough memory"
    assert again.facts.error is None and again.facts.runs == ()


def loads_pandas(child):
    maps = Path(f"/proc/{child._process.pid}/maps").read_text()
    return "pandas" in maps


@pytest.mark.slow
def test_a_home_that_has_not_changed_is_not_audited_again(make_fleet):
    made = make_fleet(2)
    first, second = load_definition(made.file).homes
    skill = made.path(second.name) / "collections" / "default" / "skills" / "1password"
    time.sleep(3.1)  # a file that has just changed may change again within one tick of the clock
    with Child() as child:
        before = [child.packed_answer(HomeRequest("check", home)) for home in (first, second)]
    with Child() as child:
        again = [child.packed_answer(HomeRequest("check", home)) for home in (first, second)]

        assert again == before == [packed(answer_request(HomeRequest("check", first))), before[1]]
        assert not loads_pandas(child)
        (skill / "SKILL.md").write_text("---\nname: 1password\ndescription: Other words\n---\n")
        changed = child.answer(HomeRequest("check", second))
        assert loads_pandas(child)
        assert not changed.findings.equals(unpacked(before[1]).findings)
        strict = child.answer(HomeRequest("check", first, fail_on=Severity.INFO))
        assert strict.facts.exit_code is ExitCode.FINDINGS
        assert child.answer(HomeRequest("plan", first)).plan


@pytest.mark.slow
def test_an_answer_is_the_same_after_it_was_sent(small_fleet):
    (home,) = load_definition(small_fleet.file).in_groups(["sound"]).homes
    for verb in ("check", "plan", "runs"):
        answer = answer_request(HomeRequest(verb, home))
        received = unpacked(packed(answer))

        assert received.facts == answer.facts
        assert received.plan == answer.plan
        assert received.findings.equals(answer.findings)


def test_a_fleet_shows_itself_and_its_findings_begin_with_the_home(small_fleet, small_checked):
    made, fleet = small_fleet, small_checked

    assert repr(fleet).startswith("<Fleet: 1 home of 2 checked, 1 with findings, 1 failed.")
    assert fleet.exit_code is ExitCode.FAILED
    assert list(fleet.homes["home"]) == made.names
    assert fleet.findings.columns[0] == "home"
    assert set(fleet.findings["home"]) == {*made.homes["sound"]}
    page = fleet._repr_html_()
    assert "<script" not in page and "1 of 1 home that could not be checked" in page


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_told_in_one_line(cli, small_fleet, monkeypatch):
    pytest.importorskip("distributed", reason="install the extra 'fleet'")
    from skillmeat_audit.fleets import dask_engine

    monkeypatch.setattr(dask_engine, "_CONNECT_SECONDS", 0.2)
    code, out, err = cli(
        "fleet", "check", small_fleet.file, "--scheduler", "tcp://127.0.0.1:1", "-q"
    )

    assert (code, out) == (ExitCode.FAILED, "")
    assert err.startswith("skillmeat-audit: cannot reach Dask at tcp://127.0.0.1:1: ")
    assert err.count("\n") == 1


FORMATS = {
    "html": b"could not be checked",
    "md": b"could not be checked",
    "json": b'"schema": "skillmeat-audit/fleet/1"',
    "csv": b"home,rule,severity",
    "parquet": b"PAR1",
    "xml": b'errors="1"',
    "sarif": b'"executionSuccessful": false',
    "prom": b"skillmeat_audit_success{home=",
}


@pytest.mark.slow
def test_a_report_has_all_formats_and_says_what_is_new(cli, make_fleet):
    fleet = make_fleet(1, damaged=1)
    folder = fleet.file.parent
    outputs = [f"--output={folder}/report.{suffix}" for suffix in FORMATS]

    assert cli("fleet", "report", fleet.file, *outputs)[0] == ExitCode.FAILED
    first = json.loads((folder / "report.json").read_text())
    cli("fleet", "report", fleet.file, *outputs)
    second = json.loads((folder / "report.json").read_text())

    for suffix, text in FORMATS.items():
        assert text in (folder / f"report.{suffix}").read_bytes(), suffix
    assert "delta" not in first
    assert second["delta"] == {"new": 0, "fixed": 0, "persisting": 29}


@pytest.mark.slow
def test_what_was_new_in_a_report_that_did_not_arrive_stays_new(cli, make_fleet):
    fleet = make_fleet(1)
    nowhere, there = fleet.file.parent / "no" / "r.json", fleet.file.parent / "r.json"

    code, _, err = cli("fleet", "report", fleet.file, "-o", nowhere)
    cli("fleet", "report", fleet.file, "-o", there)

    assert code == ExitCode.UNDELIVERED and "cannot write" in err
    assert "delta" not in json.loads(there.read_text())


def test_a_file_without_a_format_is_refused_with_the_formats_that_exist(cli, small_fleet):
    code, _, err = cli("fleet", "report", small_fleet.file, "-o", "r.txt2")

    assert code == ExitCode.FAILED and "a fleet's report has no format for r.txt2" in err


@pytest.mark.slow
def test_sarif_has_a_run_for_each_home_in_the_order_of_the_file(cli, small_fleet):
    jsonschema = pytest.importorskip("jsonschema")
    fleet = small_fleet
    one = cli("report", fleet.path(fleet.homes["sound"][0]), "--no-history", "--format", "sarif")[1]

    out = cli("fleet", "report", fleet.file, "--no-history", "--format", "sarif")[1]

    document = json.loads(out)
    jsonschema.validate(document, json.loads(SARIF_SCHEMA.read_text()))
    runs = dict(zip(fleet.names, document["runs"], strict=True))
    categories = [run.pop("automationDetails")["id"] for run in document["runs"]]
    assert categories == [f"skillmeat-audit/{name}/" for name in fleet.names]
    (expected,) = json.loads(one)["runs"]
    shown = runs[fleet.homes["sound"][0]]
    assert {**shown, "invocations": expected["invocations"]} == expected
    (damaged,) = runs[fleet.homes["damaged"][0]]["invocations"]
    assert not damaged["executionSuccessful"]
    assert "damaged" in damaged["toolExecutionNotifications"][0]["message"]["text"]


def test_an_unknown_group_is_refused(small_fleet):
    with pytest.raises(UsageError, match="no home is in the group nobody"):
        sma.fleet(small_fleet.file, groups=["nobody"])
