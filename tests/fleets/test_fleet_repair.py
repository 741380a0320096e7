"""Plans of a fleet are applied once per home, whoever is killed in the middle."""

import hashlib
import json
import os
import signal
import subprocess
import sys

import msgspec
import pytest
from conftest import digest

import skillmeat_audit as sma
from skillmeat_audit.api.report import LOCK_NAME
from skillmeat_audit.base.urls import sqlite_url
from skillmeat_audit.fleets import dask_engine, repairs
from skillmeat_audit.fleets.definition import load_definition
from skillmeat_audit.fleets.engines import Engine
from skillmeat_audit.fleets.operations import FleetSession, apply_fleet
from skillmeat_audit.fleets.plans_folder import PlannedHome, plan_name, write_plans
from skillmeat_audit.fleets.repair_options import RepairOptions
from skillmeat_audit.loaders.home import home_state_folder
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.repair import apply as apply_module
from skillmeat_audit.repair.plan import encode_plan
from skillmeat_audit.repair.run_folders import read_runs
from skillmeat_audit.schedule.lock import exclusive_lock


@pytest.fixture(autouse=True)
def _no_second_reading(monkeypatch):
    """Leave out the second after which a run reads its manifests again: it is tested elsewhere."""
    monkeypatch.setattr(apply_module, "confirm_written", lambda manifests: manifests)


@pytest.fixture(scope="module")
def planned_once(built_home):
    """Return the plan of a home: those of its copies differ by paths only."""
    return sma.audit(built_home("batch-import", "artifact_id"), progress=False).plan().document


@pytest.fixture
def make_plans(make_fleet, planned_once):
    """Return a function that makes a fleet of so many homes, and the folder of its plans."""

    def make(number):
        fleet = make_fleet(number)
        folder = fleet.file.parent / "plans"
        homes = load_definition(fleet.file).homes
        plans = [
            msgspec.structs.replace(
                planned_once,
                home=str(fleet.path(home.name)),
                database=sqlite_url(fleet.path(home.name) / "cache" / "cache.db"),
            )
            for home in homes
        ]
        planned = [PlannedHome(home, plan_name(n, home), None) for n, home in enumerate(homes, 1)]
        write_plans(folder, planned, [encode_plan(plan) for plan in plans])
        return fleet, folder

    return make


@pytest.fixture
def plans(make_plans):
    """Return a fleet of two homes and the folder of its plans."""
    return make_plans(2)


def done(cli, verb, folder, *options):
    code, out, _ = cli("fleet", verb, folder, "--format", "json", "-q", *options)
    return code, json.loads(out)["homes"]


def journals(fleet):
    return {name: read_runs(home_state_folder(fleet.path(name))) for name in fleet.names}


@pytest.mark.slow
def test_plans_are_written_applied_and_put_back(cli, make_fleet):
    fleet = make_fleet(2)
    folder = fleet.file.parent / "plans"
    assert cli("fleet", "plan", fleet.file, "-o", folder)[0] == ExitCode.CLEAN

    code, applied = done(cli, "apply", folder)
    listed = json.loads(cli("fleet", "runs", fleet.file, "--format", "json")[1])["homes"]
    _, undone = done(cli, "undo", folder)

    assert code == ExitCode.CLEAN
    assert [home["run"]["applied"] for home in applied] == [10, 10]
    assert [[run["state"] for run in home["runs"]] for home in listed] == [["committed"]] * 2
    assert [home["run"]["applied"] for home in undone] == [10, 10]
    nothing = done(cli, "undo", folder)[1]
    assert [home["run"]["notes"] for home in nothing] == [
        ["no run of this plan is to be undone"]
    ] * 2


@pytest.mark.slow
def test_a_rehearsal_leaves_every_byte(cli, plans):
    fleet, folder = plans
    before = digest(fleet.file.parent / "homes")

    code, homes = done(cli, "apply", folder, "--rehearse")

    assert code == ExitCode.CLEAN
    assert [(home["run"]["run"], home["run"]["applied"]) for home in homes] == [(None, 10)] * 2
    assert digest(fleet.file.parent / "homes") == before


@pytest.mark.slow
def test_resume_repeats_nothing_that_was_committed_and_does_the_rest(cli, plans):
    fleet, folder = plans
    first, second = fleet.names
    plan = sorted(folder.glob("0001-*"))[0]
    cli("apply", plan)

    _, homes = done(cli, "apply", folder, "--resume")

    assert [home["run"]["resumed"] for home in homes] == [True, False]
    assert [len(journals(fleet)[name]) for name in (first, second)] == [1, 1]
    assert homes[0]["run"]["run"] == journals(fleet)[first][0].run


@pytest.mark.slow
def test_runs_of_the_release_0_2_0_are_resumed(cli, plans, monkeypatch):
    _, folder = plans
    with monkeypatch.context() as patch:
        patch.setattr(
            apply_module,
            "plan_digest",
            lambda plan: hashlib.sha256(encode_plan(plan)).hexdigest(),
        )
        cli("apply", sorted(folder.glob("0001-*"))[0])

    _, homes = done(cli, "apply", folder, "--resume")

    assert [home["run"]["resumed"] for home in homes] == [True, False]


def test_a_home_that_is_locked_is_left_alone_and_the_others_are_done(cli, plans, monkeypatch):
    monkeypatch.setattr(repairs, "LOCK_SECONDS", 0.1)
    fleet, folder = plans
    with exclusive_lock(home_state_folder(fleet.path(fleet.names[0])) / LOCK_NAME):
        code, (locked, other) = done(cli, "apply", folder, "--workers", "1")

    assert code == locked["exit_code"] == ExitCode.CONFLICT
    assert "another run on this home is in progress" in locked["error"]
    assert other["run"]["applied"] == 10


def test_homes_that_cannot_be_planned_are_told_again_when_plans_are_applied(cli, make_fleet):
    fleet = make_fleet(1, damaged=1)
    text = fleet.file.read_text().replace('group = "sound"', "read-only = true")
    fleet.file.write_text(text)
    folder = fleet.file.parent / "plans"

    assert cli("fleet", "plan", fleet.file, "-o", folder)[0] == ExitCode.FAILED
    code, homes = done(cli, "apply", folder)

    errors = sorted(home["error"] for home in homes)
    assert code == ExitCode.FAILED
    assert "is not an SQLite database" in errors[0]
    assert "it was not planned: the fleet file says that it is read-only" in errors[1]
    assert cli("fleet", "plan", fleet.file, "-o", folder)[0] == ExitCode.FAILED  # not empty


def test_a_plan_for_another_home_is_refused(cli, plans):
    _, folder = plans
    one, other = sorted(folder.glob("000*"))
    one.write_bytes(other.read_bytes())

    code, (refused, done_home) = done(cli, "apply", folder)

    assert code == ExitCode.FAILED and "not for this home" in refused["error"]
    assert done_home["run"]["applied"] == 10


def test_an_interruption_says_that_homes_may_have_been_written(plans, monkeypatch):
    _, folder = plans
    monkeypatch.setattr(Engine, "answers", interrupted)

    with pytest.raises(KeyboardInterrupt) as raised:
        apply_fleet(folder, FleetSession(), RepairOptions())

    (note,) = raised.value.__notes__
    assert note.startswith("some homes may have been written; 'skillmeat-audit fleet apply --res")


def interrupted(*_):
    raise KeyboardInterrupt


COORDINATOR = """
import sys, time
from skillmeat_audit.fleets import children
wait = children._exchanged
def slow(*exchange):
    print("sending", flush=True)
    return wait(*exchange)
children._exchanged = slow
from skillmeat_audit.ui.cli.main import main
main(["fleet", "apply", sys.argv[1], "--workers", "2", "-q", *sys.argv[2:]])
"""


@pytest.mark.slow
def test_a_killed_coordinator_is_resumed_and_every_home_is_applied_once(cli, make_plans):
    fleet, folder = make_plans(5)
    command = [sys.executable, "-c", COORDINATOR, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as coordinator:
        for _ in range(3):  # two homes are in work, and a third begins
            coordinator.stdout.readline()
        os.kill(coordinator.pid, signal.SIGKILL)

    code, homes = done(cli, "apply", folder, "--resume", "--workers", "1")

    assert code == ExitCode.CLEAN
    assert [run["run"]["applied"] for run in homes] == [10] * 5
    committed = {
        name: [run.run for run in runs if run.state == "committed"]
        for name, runs in journals(fleet).items()
    }
    assert [len(runs) for runs in committed.values()] == [1] * 5
    assert [home["run"]["run"] for home in homes] == [runs[0] for runs in committed.values()]
    assert sum(home["run"]["resumed"] for home in homes) in (1, 2, 3)


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_costs_nothing(make_plans, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="install the extra 'fleet'")
    fleet, folder = make_plans(3)
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    )
    (worker,) = cluster.workers.values()

    def kill_worker(futures, *_):
        """Kill the only worker once the first home is applied; its nanny starts another."""
        futures[0].result()
        os.kill(worker.process.pid, signal.SIGKILL)
        return futures

    monkeypatch.setattr(dask_engine, "with_progress", kill_worker)
    session = FleetSession(Engine(scheduler=cluster.scheduler_address, progress=False))
    try:
        facts = apply_fleet(folder, session, RepairOptions())
    finally:
        cluster.close()

    assert [home.error for home in facts.homes] == [None] * 3
    assert [home.run.applied for home in facts.homes] == [10] * 3
    states = [[run.state for run in runs] for runs in journals(fleet).values()]
    assert states == [["committed"]] * 3
    # The answer of the first home was lost with its worker: it is requested again, not written.
    assert facts.homes[0].run.resumed


@pytest.mark.slow
def test_a_cache_on_a_server_is_repaired_with_credentials_of_the_environment(
    cli, home_on_postgres, monkeypatch, tmp_path
):
    home, url = home_on_postgres()
    monkeypatch.setenv("CACHE_ADDRESS", url)
    file, folder = tmp_path / "fleet.toml", tmp_path / "plans"
    file.write_text(f'[[homes]]\npath = "{home}"\ndatabase = "${{CACHE_ADDRESS}}"\n')
    host = url.partition("@")[2]

    assert cli("fleet", "plan", file, "-o", folder)[0] == ExitCode.CLEAN
    index = (folder / "fleet-plans.json").read_text()
    _, (applied,) = done(cli, "apply", folder)
    _, (again,) = done(cli, "apply", folder, "--resume")

    assert "${CACHE_ADDRESS}" in index and host not in index
    assert applied["run"]["applied"] == 10
    assert again["run"]["run"] == applied["run"]["run"] and again["run"]["resumed"]
    monkeypatch.delenv("CACHE_ADDRESS")
    code, (refused,) = done(cli, "apply", folder)
    assert code == ExitCode.FAILED
    assert "the variable CACHE_ADDRESS of the database's address is not set" in refused["error"]
