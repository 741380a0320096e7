"""Schedules: valid for the platform's own tools, idempotent, and nobody else's is touched."""

import os
import shlex
import shutil
import subprocess
import sys
from datetime import datetime

import pytest
import yaml
from cronsim import CronSim

from skillmeat_audit import __version__
from skillmeat_audit.api import schedule
from skillmeat_audit.api.schedule import ScheduleRequest
from skillmeat_audit.base.errors import BusyError, HomeError, StateError, UsageError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.schedule import cron, systemd, workflow
from skillmeat_audit.schedule.job import Job, job_name, parse_time_of_day
from skillmeat_audit.schedule.lock import exclusive_lock

ODD = "/home/x y/100% 'of' \"it\" $HOME \\n/.skillmeat"
# A tool of the platform that keeps what it is told in a file: crontab, and systemctl.
CRONTAB = """#!/bin/sh
case "$1" in
  -l) test -f "$TOLD" || { echo "no crontab for x" >&2; exit 1; }; cat "$TOLD" ;;
  -) cat > "$TOLD" ;;
esac
"""
SYSTEMCTL = '#!/bin/sh\necho "$@" >> "$TOLD"\n'


def job(home="/home/x/.skillmeat", every="day", variables=()):
    argv = (sys.executable, "-m", "skillmeat_audit", "report", home)
    return Job(home, argv, every, 3, 17, "/home/x/log % file", "0.1.0", variables)


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Put a tool of ours first on the path; return what makes it, and the file of what it heard."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))

    def make(name, text):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
        return tmp_path / "told"

    return make


def test_a_crontab_keeps_its_other_lines(tool, make_home):
    told, home, request = tool("crontab", CRONTAB), make_home(), ScheduleRequest("cron")
    told.write_text("MAILTO=x\n0 1 * * * theirs\n")

    assert "is in the crontab" in schedule.install(home, request)
    once = told.read_text()
    assert "already" in schedule.install(home, request)
    assert told.read_text() == once
    schedule.install(home, ScheduleRequest("cron", every="week"))
    assert told.read_text().count("skillmeat_audit report") == 1
    assert "17 3 * * 1" in schedule.status(home, "cron")
    assert "removed from the crontab" in schedule.remove(home, "cron")
    assert told.read_text() == "MAILTO=x\n0 1 * * * theirs\n"
    assert "has no line of skillmeat-audit" in schedule.remove(home, "cron")


@pytest.mark.parametrize("said", ["you are not allowed to use this program", "disk error"])
def test_a_crontab_that_cannot_be_read_is_not_replaced(tool, make_home, said):
    told = tool(
        "crontab",
        f'#!/bin/sh\nif [ "$1" = -l ]; then echo "{said}" >&2; exit 1; fi\ncat > "$TOLD"\n',
    )

    for act in (
        lambda: schedule.install(make_home(), ScheduleRequest("cron")),
        lambda: schedule.remove(make_home(), "cron"),
    ):
        with pytest.raises(StateError, match=f"{said}; choose another --kind"):
            act()
    assert not told.exists()


def test_a_crontab_in_any_encoding_is_kept(tool, make_home):
    told, home = tool("crontab", CRONTAB), make_home()
    told.write_bytes(b"# caf\xe9\n")

    schedule.install(home, ScheduleRequest("cron"))
    schedule.remove(home, "cron")

    assert told.read_bytes() == b"# caf\xe9\n"


def test_lines_of_others_stay_where_our_end_was_lost(tool, make_home):
    told, home = tool("crontab", CRONTAB), make_home()
    schedule.install(home, ScheduleRequest("cron"))
    begin, line, end = told.read_text().splitlines(keepends=True)
    told.write_text(f"{begin}{line}0 1 * * * theirs\n{begin}{line}{end}")

    schedule.remove(home, "cron")

    assert told.read_text() == f"{begin}{line}0 1 * * * theirs\n"


def test_a_first_crontab_is_made(tool, make_home):
    told = tool("crontab", CRONTAB)

    schedule.install(make_home(), ScheduleRequest("cron"))

    assert told.read_text().startswith("# skillmeat-audit schedule: begin ")


def test_the_job_of_a_deleted_home_can_be_removed(tool, make_home):
    told, home = tool("crontab", CRONTAB), make_home()
    schedule.install(home, ScheduleRequest("cron"))
    shutil.rmtree(home)

    schedule.remove(home.parent, "cron")

    assert told.read_text() == ""
    with pytest.raises(HomeError):
        schedule.install(home, ScheduleRequest("cron"))


@pytest.mark.parametrize(
    ("every", "fields"), [("hour", "17 * * * *"), ("day", "17 3 * * *"), ("week", "17 3 * * 1")]
)
def test_cron_reads_its_line(every, fields):
    """The parser of cronsim, and the shell, as cron hands the rest of the line to it."""
    odd = job(ODD, every)
    line = cron.crontab_line(odd)

    assert line.startswith(f"{fields} ")
    CronSim(fields, datetime(2026, 2, 10))
    command = line.removeprefix(f"{fields} ").replace("\\%", "%")
    assert "%" not in line.replace("\\%", "")
    folder = ["mkdir", "-p", "/home/x", "&&"]
    assert shlex.split(command) == [*folder, *odd.argv, ">>/home/x/log % file", "2>&1"]


@pytest.mark.slow
def test_the_printed_cron_line_runs_and_reports(cli, make_home, tmp_path, monkeypatch):
    state = tmp_path / "a state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    home = make_home()

    hint, _, line, _ = cli("schedule", home, "--kind", "cron")[1].splitlines()

    assert hint == "# paste with: crontab -e"
    command = line.removeprefix("17 3 * * * ").replace("\\%", "%")
    done = subprocess.run(["sh", "-c", command], cwd="/", capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (log,) = state.rglob("*.log")
    assert "Rows of 2 artifacts hold wrong values" in log.read_text()
    assert len([*state.rglob("report.html"), *state.rglob("report.json")]) == 2


def test_printed_units_name_their_files_and_the_command_that_starts_them(make_home, tool, tmp_path):
    home = make_home()
    name = job_name(str(home))

    lines = schedule.printed(home, ScheduleRequest("systemd")).splitlines()

    folder = tmp_path / "config" / "systemd" / "user"
    assert {f"# {folder / name}.service", f"# {folder / name}.timer"} <= set(lines)
    assert lines[-1].startswith("# then: systemctl --user daemon-reload && ")
    assert lines[-1].endswith(f" && systemctl --user enable --now {name}.timer")


def test_a_timer_is_installed_and_removed(tool, make_home, tmp_path):
    told, home, request = tool("systemctl", SYSTEMCTL), make_home(), ScheduleRequest("systemd")
    folder = tmp_path / "config" / "systemd" / "user"

    assert "timer installed" in schedule.install(home, request)
    assert "already" in schedule.install(home, request)
    name = job_name(str(home))
    assert {path.name for path in folder.iterdir()} == {f"{name}.timer", f"{name}.service"}
    assert f"--user enable --now {name}.timer" in told.read_text()
    schedule.status(home, "systemd")
    assert "removed" in schedule.remove(home, "systemd")
    assert not list(folder.iterdir())
    assert f"--user disable --now {name}.timer" in told.read_text()
    assert "no timer of skillmeat-audit" in schedule.remove(home, "systemd")
    assert "no timer of skillmeat-audit" in schedule.status(home, "systemd")


def test_nothing_is_written_without_a_systemd_user_manager(tool, make_home, tmp_path):
    tool("systemctl", "#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")

    with pytest.raises(StateError, match="Failed to connect to bus; choose another --kind"):
        schedule.install(make_home(), ScheduleRequest("systemd"))
    assert not list((tmp_path / "config").rglob("*.timer"))


def test_files_of_others_are_not_removed(tool, make_home, tmp_path):
    tool("systemctl", SYSTEMCTL)
    home = make_home()
    path = tmp_path / "config" / "systemd" / "user" / f"{job_name(str(home))}.service"
    path.parent.mkdir(parents=True)
    path.write_text("[Unit]\n")

    with pytest.raises(StateError, match="was not written by skillmeat-audit"):
        schedule.install(home, ScheduleRequest("systemd"))
    schedule.remove(home, "systemd")

    assert path.read_text() == "[Unit]\n"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("every", ["hour", "day", "week"])
def test_systemd_reads_its_units(tmp_path, every):
    for home in ("/home/x/.skillmeat", ODD):
        units = systemd.unit_files(job(home, every, ("SKILLMEAT_AUDIT_TOKEN",)))
        for name, text in units.items():
            (tmp_path / name).write_text(text)
        paths = [str(tmp_path / name) for name in units]
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", "--man=no", *paths],
            capture_output=True,
            text=True,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        )
        ours = [line for line in done.stderr.splitlines() if "skillmeat-audit" in line]
        assert not ours
    due = subprocess.run(
        ["systemd-analyze", "calendar", systemd.on_calendar(job(every=every))], capture_output=True
    )
    assert due.returncode == 0


def test_everything_in_a_job_is_absolute(make_home, tmp_path, monkeypatch):
    home = make_home()
    monkeypatch.chdir(home.parent)

    made = schedule.job_of(".", ScheduleRequest("cron", outputs=("a.html",), state_dir="s"))

    assert made.argv[:5] == (sys.executable, "-P", "-m", "skillmeat_audit", "report")
    assert str(home) in made.argv
    assert f"--output={home.parent}/a.html" in made.argv
    assert f"--state-dir={home.parent}/s" in made.argv
    assert "--exclusive" in made.argv


def test_a_workflow_is_a_workflow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = ScheduleRequest("github", "week", "04:05")

    found = yaml.safe_load(schedule.printed("home's", request))

    assert found[True]["schedule"] == [{"cron": "5 4 * * 1"}]
    steps = found["jobs"]["audit"]["steps"]
    (command,) = [step["run"] for step in steps if "report" in step.get("run", "")]
    assert shlex.split(command)[:3] == ["skillmeat-audit", "report", "home's"]
    assert schedule.install("home", request).endswith("written")
    assert "already" in schedule.install("home", request)
    assert "is installed" in schedule.status("home", "github")
    assert schedule.remove("home", "github").endswith("removed")
    assert "is not installed" in schedule.status("home", "github")
    assert not (tmp_path / workflow.WORKFLOW_FILE).exists()


@pytest.mark.parametrize(
    ("home", "request_", "said"),
    [
        ("/abs", ScheduleRequest("github"), "a path below it"),
        ("a${{x}}", ScheduleRequest("github"), "an expression"),
        ("a\nb", ScheduleRequest("github"), "unprintable characters"),
        ("a", ScheduleRequest("github", outputs=("x",)), "leave --output out"),
        (
            "a",
            ScheduleRequest("github", options=("--apply-safe", "--apply-fill")),
            "leave --apply-safe out",
        ),
        ("a/../../b", ScheduleRequest("github"), "a path below it"),
        (
            "a",
            ScheduleRequest("github", options=("--notify-file=x",)),
            "secret SKILLMEAT_AUDIT_NOTIFY",
        ),
        ("a", ScheduleRequest("github", at="24:00"), "invalid time 24:00"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(home, request_, said):
    with pytest.raises(UsageError, match=said):
        schedule.printed(home, request_)


def test_what_would_fail_every_night_is_refused_now(cli, make_home, tool, tmp_path):
    told, home = tool("crontab", CRONTAB), make_home()
    (tmp_path / "open").write_text("json://x\n")
    (tmp_path / "open").chmod(0o644)

    for arguments, said in (
        (("-o", "report.pdf"), "cannot tell the format"),
        (("-o", tmp_path / "none" / "report.html"), "create it first"),
        (("--baseline", tmp_path / "none"), "cannot read the baseline"),
        (("--config", tmp_path / "none"), "none"),
        (("--notify-file", tmp_path / "open"), "chmod 600"),
        (("--notify-file", tmp_path / "none"), "none: No such file or directory\n"),
        (("--package", "x.whl"), "--package requires --kind github"),
    ):
        code, _, err = cli("schedule", home, "--kind", "cron", "--install", *arguments)
        assert code == ExitCode.FAILED
        assert said in err
    assert not told.exists()


def test_a_workflow_keeps_the_history_of_runs_with_findings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    job = yaml.safe_load(schedule.printed("-home", ScheduleRequest("github")))["jobs"]["audit"]

    steps = {step.get("uses", step.get("run", "")).split("@")[0]: step for step in job["steps"]}
    saved, restored = steps["actions/cache/save"], steps["actions/cache/restore"]
    assert saved["if"] == "always()"
    assert saved["with"]["key"] == restored["with"]["key"]
    (command,) = [step for step in job["steps"] if "report" in step.get("run", "")]
    assert shlex.split(command["run"])[2] == "./-home"
    assert command["env"] == {"SKILLMEAT_AUDIT_NOTIFY": "${{ secrets.SKILLMEAT_AUDIT_NOTIFY }}"}


def test_times_of_the_day():
    assert parse_time_of_day("3:07") == (3, 7)
    for wrong in ("3", "3:7", "12:60", "x", "-1:00"):
        with pytest.raises(UsageError):
            parse_time_of_day(wrong)


def test_a_missing_tool_is_reported(make_home, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StateError, match="crontab is not installed"):
        schedule.install(make_home(), ScheduleRequest("cron"))
    assert schedule.default_kind() == "cron"


def test_runs_do_not_overlap(tmp_path):
    path = tmp_path / "x" / "lock"
    with (
        exclusive_lock(path),
        pytest.raises(BusyError, match="is in progress"),
        exclusive_lock(path),
    ):
        pass
    with exclusive_lock(path):
        pass


def test_the_verb_prints_what_it_would_install(cli, make_home, tool, tmp_path):
    told = tool("crontab", CRONTAB)
    home, services = make_home(), tmp_path / "n"
    services.write_text("json://localhost\n")
    services.chmod(0o600)

    code, out, _ = cli(
        "schedule", home, "--kind", "cron", "--apply-safe", "--notify-file", services
    )
    assert (code, out.count("\n")) == (ExitCode.CLEAN, 4)
    assert "--apply-safe" in out and "--apply-fill" not in out
    for kind in ("cron", "systemd"):
        both = ("--apply-safe", "--apply-fill")
        assert "--apply-safe --apply-fill" in cli("schedule", home, "--kind", kind, *both)[1]
    assert f"--notify-file={services}" in out
    assert "--notify-from" not in out
    lowest = ("--notify-from", "error")
    assert "--notify-from=error" in cli("schedule", home, "--kind", "cron", *lowest)[1]
    assert not told.exists()
    for deed in ("--install", "--status", "--remove"):
        assert cli("schedule", home, "--kind", "cron", deed)[0] == ExitCode.CLEAN
    assert cli("schedule", home, "--install", "--remove")[0] == ExitCode.FAILED


@pytest.mark.parametrize("option", ["--baseline", "--config", "--notify-file"])
@pytest.mark.parametrize("action", [(), ("--install",)])
def test_a_file_that_would_fail_every_night_is_refused(cli, make_home, tmp_path, option, action):
    home, readable = make_home(), tmp_path / "readable"
    readable.write_text("json://localhost\n")
    readable.chmod(0o644)

    for path in (tmp_path / "absent", readable):
        code, out, err = cli("schedule", home, "--kind", "cron", option, path, *action)
        assert (code, out) == (ExitCode.FAILED, "")
        assert path.name in err


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_every_exit_code_but_0_is_a_failure_of_the_job(make_home, kind):
    """Python itself exits 1 where it cannot start, as findings do."""
    text = schedule.printed(make_home(), ScheduleRequest(kind))

    assert "--exit-zero" in text
    assert "SuccessExitStatus" not in text


def test_a_workflow_fails_on_findings_and_on_a_crash(make_home, monkeypatch):
    monkeypatch.chdir(make_home().parent)
    text = schedule.printed(".skillmeat", ScheduleRequest("github"))

    assert "--exit-zero" not in text
    assert "continue-on-error" not in text


@pytest.mark.parametrize("kind", ["systemd", "cron", "github"])
def test_a_schedule_names_the_token_of_a_server_and_never_holds_it(
    cli, make_home, monkeypatch, kind
):
    monkeypatch.setenv("SKILLMEAT_AUDIT_TOKEN", "s3cret-token")
    home = make_home()
    monkeypatch.chdir(home.parent)
    target = ".skillmeat" if kind == "github" else home

    code, out, _ = cli("schedule", target, "--kind", kind, "--live", "http://127.0.0.1:8080")

    assert code == ExitCode.CLEAN
    assert "--live=http://127.0.0.1:8080" in out
    assert "SKILLMEAT_AUDIT_TOKEN" in out
    assert "s3cret" not in out
    assert "SKILLMEAT_AUDIT_TOKEN" not in cli("schedule", target, "--kind", kind)[1]


def test_a_workflow_installs_what_a_server_needs_and_passes_its_secret(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = yaml.safe_load(schedule.printed("home", ScheduleRequest("github", live="https://h")))

    steps = found["jobs"]["audit"]["steps"]
    (step,) = [step for step in steps if "report" in step.get("run", "")]
    assert step["env"]["SKILLMEAT_AUDIT_TOKEN"] == "${{ secrets.SKILLMEAT_AUDIT_TOKEN }}"
    assert any("[notify,live]" in each.get("run", "") for each in steps)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://me:pass-word@h", "has a login"),
        ("http://token@h", "has a login"),
        ("http://a@b@h", "needs the address"),
        ("file:///etc", "needs the address"),
        ("http://h/?token=x", "needs the address"),
        ("", "needs the address"),
    ],
)
def test_an_address_that_must_not_be_stored_is_refused(cli, make_home, url, reason):
    code, out, err = cli("schedule", make_home(), "--kind", "cron", "--live", url)

    assert (code, out) == (ExitCode.FAILED, "")
    assert reason in err
    assert "pass-word" not in err


@pytest.mark.parametrize(
    ("package", "installed"),
    [
        (None, f"skillmeat-audit[notify]=={__version__}"),
        ("git+https://h/x.git@main", "skillmeat-audit[notify] @ git+https://h/x.git@main"),
        ("git+ssh://git@h/x.git", "skillmeat-audit[notify] @ git+ssh://git@h/x.git"),
        ("dist/it's.whl", "./dist/it's.whl[notify]"),
        (".", "./.[notify]"),
    ],
)
def test_a_workflow_installs_what_is_given(tmp_path, monkeypatch, package, installed):
    monkeypatch.chdir(tmp_path)
    job = yaml.safe_load(schedule.printed("home", ScheduleRequest("github", package=package)))

    commands = [shlex.split(step.get("run", "")) for step in job["jobs"]["audit"]["steps"]]
    assert ["python", "-m", "pip", "install", installed] in commands


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("git+https://t0ken@h/x.git@main", "has a login"),
        ("git+ssh://git:t0ken@h/x.git", "has a login"),
        ("/srv/x.whl", "a path below it"),
        ("${{ x }}", "an expression"),
        ("a\nb", "unprintable"),
    ],
)
def test_a_package_that_no_workflow_may_hold_is_refused(tmp_path, monkeypatch, package, reason):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=reason) as refused:
        schedule.printed("home", ScheduleRequest("github", package=package))
    assert "t0ken" not in str(refused.value)
