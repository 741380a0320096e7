"""The verb that reports: outputs, exit codes, what cannot be checked or delivered."""

import importlib
import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import digest

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.repair import runs
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.model.choices import REPORT_FORMATS
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.reports.files.formats import NAMES
from skillmeat_audit.ui.cli import crash

api_report = importlib.import_module("skillmeat_audit.api.report")

SUFFIXES = ("html", "md", "json", "csv", "parquet", "xml", "sarif", "prom")


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch, tmp_path):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770724800")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def outputs(folder):
    folder.mkdir(exist_ok=True)
    return [each for suffix in SUFFIXES for each in ("-o", folder / f"r.{suffix}")]


@pytest.mark.slow
def test_every_format_in_one_run(cli, make_home, tmp_path, era):
    home = make_home(era=era)
    before = digest(home)

    code, out, err = cli("report", home, *outputs(tmp_path / "out"))

    assert code == ExitCode.FINDINGS
    assert out == ""
    assert "it has no row (rule K001). Rows of 2 artifacts hold wrong values" in err
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"r.{suffix}" for suffix in SUFFIXES} | {"r.findings.csv"}
    assert digest(home) == before


def test_the_command_line_offers_the_formats_there_are():
    assert REPORT_FORMATS == NAMES


@pytest.mark.slow
def test_formats_never_change_the_exit_code(cli, make_home, tmp_path):
    written = outputs(tmp_path / "out")

    assert cli("report", make_home("clean"), *written)[0] == ExitCode.CLEAN
    home = make_home(at="bad")
    assert cli("report", home, *written)[0] == ExitCode.FINDINGS
    assert cli("report", home, *written, "--exit-zero")[0] == ExitCode.CLEAN


@pytest.mark.slow
def test_without_an_output_the_report_is_printed(cli, make_home):
    printed = cli("report", make_home(), "-q")[1]
    assert printed.startswith("# The list of all artifacts lacks 1 artifact")


def test_the_schema_is_published(cli):
    code, out, _ = cli("report", "--schema")

    assert code == ExitCode.CLEAN
    assert json.loads(out)["$id"] == "skillmeat-audit/report/1"


def test_a_name_that_tells_no_format_is_refused_before_anything_is_written(
    cli, make_home, tmp_path
):
    code, _, err = cli("report", make_home(), "-o", tmp_path / "a.html", "-o", tmp_path / "b.xyz")

    assert code == ExitCode.FAILED
    assert "give --format html|markdown" in err
    assert not (tmp_path / "a.html").exists()


def test_a_report_that_cannot_be_delivered_exits_6_and_the_others_arrive(cli, make_home, tmp_path):
    arguments = ("-o", tmp_path / "no" / "a.html", "-o", tmp_path / "b.json")

    code, _, err = cli("report", make_home(), *arguments)

    assert code == ExitCode.UNDELIVERED
    assert "cannot write" in err
    assert json.loads((tmp_path / "b.json").read_text())["counts"]


def test_a_device_that_is_full_is_not_delivered_to(cli, make_home):
    code, _, err = cli("report", make_home("clean"), "--format", "markdown", "-o", "/dev/full")

    assert code == ExitCode.UNDELIVERED
    assert "No space left" in err


def test_nothing_is_written_beside_a_pipe(cli, make_home, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    code, _, err = cli("report", make_home(), "--format", "html", "-o", pipe)

    assert code == ExitCode.FINDINGS
    assert err.startswith("2026-02-10T12:00:00Z: The list of all artifacts lacks 1")
    assert os.read(read, 9) == b"<!DOCTYPE"
    assert {path.name for path in tmp_path.iterdir()} == {"home", "pipe", "state"}


VERBS = pytest.mark.parametrize(
    ("verb", "code", "name"),
    [
        (["report", "--no-history"], ExitCode.UNDELIVERED, "standard output"),
        (["check"], ExitCode.FAILED, "the output"),
    ],
)


@pytest.mark.slow
@VERBS
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_that_is_cut_off_is_an_error(
    make_home, tmp_path, unbuffered, verb, code, name
):
    command = [sys.executable, "-m", "skillmeat_audit", *verb, make_home(), "--format", "json"]
    with (tmp_path / "out").open("wb") as out:  # as on a disk with room for a page of it
        ended = subprocess.run(
            ["prlimit", "--fsize=8192", *command],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )

    assert ended.returncode == code
    assert f"cannot write {name}: File too large" in ended.stderr


@pytest.mark.slow
@VERBS
def test_standard_output_that_nobody_reads_is_not_an_error(
    fork_server, make_home, verb, code, name
):
    reading, writing = os.pipe()
    os.close(reading)
    ended = fork_server.run(*verb, make_home(), "--format", "json", stdout=writing)
    os.close(writing)

    assert ended.returncode == ExitCode.FINDINGS
    assert "cannot write" not in ended.stderr


def test_what_cannot_be_checked_is_reported_too(cli, make_home, tmp_path):
    home = make_home()
    (home / "cache" / "cache.db").write_bytes(b"SQLite format 3\0 and no more")

    code, _, err = cli("report", home, *outputs(tmp_path / "out"), "--exit-zero")

    out = tmp_path / "out"
    assert code == ExitCode.FAILED
    assert err.count("\n") >= 2
    assert json.loads((out / "r.json").read_text())["failure"]
    assert "could not be checked" in (out / "r.html").read_text()
    assert 'success{home="' in (out / "r.prom").read_text()
    assert not (out / "r.csv").exists()


@pytest.mark.slow
def test_a_file_is_replaced_whole_and_a_link_stays_a_link(cli, make_home, tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)

    cli("report", make_home(), "-o", link)

    assert link.is_symlink()
    assert json.loads(real.read_text())["schema"]
    assert not list(tmp_path.glob("*.tmp"))
    assert stat.S_IMODE(real.stat().st_mode) == 0o666 & ~_umask()


def _umask():
    now = os.umask(0)
    os.umask(now)
    return now


@pytest.mark.slow
def test_a_runner_gets_summary_and_annotations(cli, make_home, tmp_path, monkeypatch):
    summary = tmp_path / "step"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    _, out, _ = cli("report", make_home(), "--github")

    assert out.startswith("::error title=")
    assert summary.read_text().startswith("before\n# The list of all artifacts lacks 1")


@pytest.mark.slow
def test_a_summary_past_the_limit_is_not_delivered(cli, make_home, tmp_path, monkeypatch):
    summary = tmp_path / "step"
    summary.write_bytes(b"x" * 1024 * 1024)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    assert cli("report", make_home(), "--github")[0] == ExitCode.UNDELIVERED


@pytest.mark.slow
def test_the_same_home_gives_the_same_bytes(cli, make_home, tmp_path):
    home = make_home()
    for name in ("one", "two"):
        cli("report", home, *outputs(tmp_path / name), "--no-history")

    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_filters_narrow_the_report(cli, make_home, tmp_path):
    cli("report", make_home(), "--select", "S", "-o", tmp_path / "r.json")

    found = json.loads((tmp_path / "r.json").read_text())["findings"]
    assert {each["rule"][0] for each in found} == {"S"}


def key_of(change):
    return change["collection_id"], change["artifact_id"]


@pytest.mark.slow
def test_each_cause_has_the_command_that_mends_it_and_nothing_else(cli, make_home, tmp_path, era):
    home = make_home(era=era)
    cli("report", home, "-o", tmp_path / "r.json", "-o", tmp_path / "r.csv")
    findings = pd.read_csv(tmp_path / "r.csv")
    mended = set()

    for cause in json.loads((tmp_path / "r.json").read_text())["causes"]:
        for command in cause["commands"]:
            tool, *arguments = shlex.split(command)
            assert tool == "skillmeat-audit"
            if arguments[0] != "plan":
                continue
            code, out, _ = cli(*arguments[:-1], tmp_path / "plan.json", "--format", "json")
            assert code == ExitCode.CLEAN
            repaired = {
                # One finding inserts or deletes a row, whatever its cells.
                (
                    change["collection_id"],
                    change["artifact_id"],
                    rule,
                    column if change["op"] == "update" else "",
                )
                for change in json.loads(out)["changes"]
                for column, cell in change["cells"].items()
                for rule in cell["rules"]
            }
            assert {rule for *_, rule, _ in repaired} <= set(cause["rules"])
            mended |= repaired

    assert len(mended) == (findings["disposition"] != "none").sum()


@pytest.mark.slow
def test_a_writer_narrows_what_is_found(cli, make_home):
    home = make_home()

    _, out, _ = cli("check", home, "--writer", "import-bare", "--format", "json")
    assert {each["writer"] for each in json.loads(out)["findings"]} == {"import-bare"}

    code, _, err = cli("check", home, "--writer", "import-bear")
    assert code == ExitCode.FAILED
    assert "did you mean import-bare?" in err


def test_a_part_is_told_to_be_a_part(cli, make_home, tmp_path):
    home = make_home()
    cli("report", home, "--select", "M", "--writer", "import-bare", "-o", tmp_path / "r.json")

    found = json.loads((tmp_path / "r.json").read_text())
    part = "7 findings match select M; writer import-bare; 22 others are hidden."
    assert found["headline"]["sentence"].endswith(part)
    assert found["notes"] == ["only a part was asked for: select M; writer import-bare"]


@pytest.mark.slow
def test_a_home_under_any_name_is_reported_by_its_real_path(cli, make_home, tmp_path, monkeypatch):
    odd = os.fsdecode(b"it's \xff 100%")
    home = make_home(at=odd)
    monkeypatch.chdir(tmp_path)

    code, _, _ = cli("report", odd, *outputs(tmp_path / "out"))

    assert code == ExitCode.FINDINGS
    named = os.fsencode(home).decode(errors="backslashreplace")
    assert json.loads((tmp_path / "out" / "r.json").read_text())["home"] == named
    assert f'home="{named}"' in (tmp_path / "out" / "r.prom").read_text().replace("\\\\", "\\")


def test_the_second_run_says_what_changed(cli, make_home, tmp_path):
    home = make_home()
    assert "since" not in cli("report", home, "-o", tmp_path / "one.json")[2]
    (home / "collections/default/collection.toml").write_text(
        (home / "collections/default/collection.toml").read_text().replace("1password", "2password")
    )

    _, _, err = cli("report", home, *outputs(tmp_path / "two"))

    assert "since 2026-02-10T12:00:00Z: " in err
    found = json.loads((tmp_path / "two" / "r.json").read_text())
    assert found["changes"]["new"] == sum(each["state"] == "new" for each in found["findings"]) > 0
    assert found["changes"]["fixed"]
    assert "compared with 2026-02-10 12:00 UTC" in (tmp_path / "two" / "r.html").read_text()


@pytest.mark.slow
def test_a_report_that_got_lost_is_not_compared_with(cli, make_home, tmp_path):
    home = make_home()
    cli("report", home, "-o", tmp_path / "no" / "r.md")

    assert "since" not in cli("report", home, "-o", tmp_path / "r.md")[2]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clean", "batch-import"])
def test_a_history_that_cannot_be_kept_exits_6_and_the_report_arrives(
    cli, make_home, tmp_path, name
):
    code, _, err = cli("report", make_home(name), "-o", tmp_path / "r.md", "--history", tmp_path)

    assert code == ExitCode.UNDELIVERED
    assert err.count("cannot write the history") == 1
    assert "cannot write the history" in (tmp_path / "r.md").read_text()


def test_history_lists_the_runs(cli, make_home, tmp_path):
    home = make_home()
    none = cli("history", home)[1]
    assert none.startswith("no reports of this home yet\nnext:")
    assert " ".join(none.split()).count(f"{home} ") == 2
    cli("report", home, "-q")
    (home / "cache" / "cache.db").write_bytes(b"SQLite format 3\0 and no more")
    cli("report", home, "-q")

    code, out, _ = cli("history", home)

    assert code == ExitCode.CLEAN
    assert "could not be checked" in out.splitlines()[0]
    assert "13 errors" in out.splitlines()[-1]
    found = json.loads(cli("history", home, "--format", "json")[1])
    assert [run["outcome"] for run in found["runs"]] == ["checked", "failed"]


@pytest.mark.slow
def test_no_history_keeps_nothing(cli, make_home, tmp_path):
    cli("report", make_home(), "-q", "--no-history")

    assert not (tmp_path / "state").exists()


@pytest.mark.slow
def test_a_baseline_accepts_what_is_known(cli, make_home, tmp_path):
    home, file = make_home(), tmp_path / "baseline.json"
    update = ("--update-baseline", "--reason", "known", "--owner", "ops", "--expires", "2026-02-11")
    code, out, err = cli("check", home, "--baseline", file, *update)

    assert code == ExitCode.CLEAN
    assert "accepted in the baseline: 29 findings" in out
    assert "29 entries, 0 before" in err
    code, out, _ = cli("check", home, "--baseline", file, "--format", "json")
    assert (code, json.loads(out)["baseline"]["accepted"]) == (ExitCode.CLEAN, 29)
    arguments = ("--baseline", file, "-o", tmp_path / "r.json", "-o", tmp_path / "r.sarif")
    assert cli("report", home, *arguments)[0] == ExitCode.CLEAN
    (run,) = json.loads((tmp_path / "r.sarif").read_text())["runs"]
    assert all(each["suppressions"] for each in run["results"])


@pytest.mark.slow
def test_an_expired_baseline_accepts_nothing_and_says_so(cli, make_home, tmp_path, monkeypatch):
    home, file = make_home(), tmp_path / "baseline.json"
    cli("check", home, "--baseline", file, "--update-baseline", "--expires", "2026-02-10", "-q")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1770724800 + 24 * 3600))

    code, out, _ = cli("check", home, "--baseline", file)

    assert code == ExitCode.FINDINGS
    assert (
        "baseline entries that are expired (--update-baseline --expires renews them): "
        in " ".join(out.split())
    )
    assert "(20 of 29)" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--update-baseline"], "--update-baseline requires --baseline"),
        (["--owner", "x", "--baseline", "b"], "--owner requires --update-baseline"),
        (["--baseline", "nowhere.json"], "--update-baseline creates it"),
    ],
)
def test_a_baseline_that_says_nothing_is_refused(cli, make_home, arguments, said):
    code, _, err = cli("check", make_home("clean"), *arguments)

    assert code == ExitCode.FAILED
    assert said in err


@pytest.mark.slow
def test_safe_changes_are_applied_before_the_report(cli, make_home, tmp_path):
    home = make_home()

    manifests = manifest_bytes(home)

    code, _, err = cli("report", home, "--apply-safe", "-o", tmp_path / "r.json")

    found = json.loads((tmp_path / "r.json").read_text())
    assert code == ExitCode.FINDINGS
    assert f"  {found['notes'][0]}\n" in err
    said, command, _ = found["notes"][0].split("'")
    assert said.startswith("4 rows (15 cells) applied in run ")
    assert manifest_bytes(home) == manifests
    assert not [each for each in found["findings"] if each["disposition"] == "safe"]
    code, out, _ = cli(*command.split()[1:])
    assert code == ExitCode.CLEAN
    assert "4 rows (13 cells) undone" in out


def manifest_bytes(home):
    return {path: path.read_bytes() for path in home.rglob("collection.toml")}


@pytest.mark.slow
def test_fills_are_applied_to_rows_and_manifests_only_where_asked(cli, make_home, tmp_path):
    home = make_home()
    manifests = manifest_bytes(home)

    code, _, err = cli("report", home, "--apply-safe", "--apply-fill", "-o", tmp_path / "r.json")

    found = json.loads((tmp_path / "r.json").read_text())
    assert code == ExitCode.FINDINGS
    note, command, _ = found["notes"][0].split("'")
    assert note.startswith("4 rows (26 cells) and 6 keys of manifests applied in run ")
    assert note in err
    assert manifest_bytes(home) != manifests
    assert not {each["disposition"] for each in found["findings"]} & {"safe", "fill"}
    assert cli(*command.split()[1:])[0] == ExitCode.CLEAN
    assert manifest_bytes(home) == manifests


@pytest.mark.parametrize("verb", ["report", "schedule"])
def test_fills_alone_are_refused(cli, make_home, verb):
    code, _, err = cli(verb, make_home(), "--apply-fill")

    assert code == ExitCode.FAILED
    assert "--apply-fill requires --apply-safe" in err


@pytest.mark.slow
def test_an_exclusive_run_does_not_start_beside_another(cli, make_home, tmp_path):
    from skillmeat_audit.loaders.home import home_state_folder
    from skillmeat_audit.schedule.lock import exclusive_lock

    home = make_home("clean")
    with exclusive_lock(home_state_folder(home) / "report.lock"):
        code, _, err = cli("report", home, "--exclusive", "-o", tmp_path / "r.json")
        assert cli("report", home, "-q", "--no-history")[0] == ExitCode.CLEAN

    assert code == ExitCode.CONFLICT
    assert "is in progress" in err
    assert not (tmp_path / "r.json").exists()
    assert cli("report", home, "--exclusive", "-q")[0] == ExitCode.CLEAN


@pytest.mark.slow
def test_without_a_history_the_state_folder_is_still_the_given_one(cli, make_home, tmp_path):
    arguments = ("--no-history", "--exclusive", "--apply-safe", "-q", "--state-dir")

    code, _, _ = cli("report", make_home(), *arguments, tmp_path / "given")

    assert code == ExitCode.FINDINGS
    assert {path.name for path in (tmp_path / "given").glob("*/*")} >= {"report.lock"}
    assert list((tmp_path / "given").rglob("journal.json"))
    assert not list((tmp_path / "given").rglob("history.db"))
    assert not list(Path(os.environ["XDG_STATE_HOME"]).rglob("journal.json"))


def test_a_home_that_is_gone_has_a_report_under_its_own_name(cli, make_home, tmp_path):
    home = make_home()
    home.rename(tmp_path / "elsewhere")

    code, _, _ = cli("report", home.parent, "--exclusive", "-o", tmp_path / "r.prom")

    assert code == ExitCode.FAILED
    assert f'success{{home="{home}"}} 0' in (tmp_path / "r.prom").read_text()


def test_the_cache_itself_is_no_place_for_a_history(cli, make_home, tmp_path):
    home = make_home()
    before = digest(home)
    options = ("-o", tmp_path / "r.json", "--state-dir", tmp_path / "state")

    code, _, err = cli("report", home, "--history", home / "cache" / "cache.db", *options)

    assert code == ExitCode.UNDELIVERED
    assert "is the database of another program" in err
    assert len([line for line in err.splitlines() if line.startswith("skillmeat-audit: ")]) <= 2
    assert digest(home) == before


@pytest.mark.parametrize("option", ["--baseline", "--notify-file"])
@pytest.mark.parametrize("other", ["pipe", "device"])
def test_what_has_no_end_is_refused_and_not_waited_for(cli, make_home, tmp_path, option, other):
    path = tmp_path / "pipe" if other == "pipe" else "/dev/zero"
    if other == "pipe":
        os.mkfifo(path)

    code, _, err = cli("report", make_home(), option, path)

    assert code == ExitCode.FAILED
    assert "is not a regular file" in err


@pytest.mark.parametrize("failure", ["refusal", "crash"])
def test_a_failure_after_the_safe_changes_names_their_run(
    cli, make_home, tmp_path, monkeypatch, failure
):
    home, out = make_home(), tmp_path / "r.md"
    state = ("--state-dir", tmp_path / "state")
    original, calls = api_report._audit, []

    def second_fails(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise DatabaseError("the cache went away") if failure == "refusal" else RuntimeError()
        return original(*arguments)

    monkeypatch.setattr(api_report, "_audit", second_fails)
    monkeypatch.setattr(sys, "argv", ["skillmeat-audit"])
    try:
        code, _, err = cli("report", home, "--apply-safe", "-o", out, *state)
    except RuntimeError as exc:
        crash.report_crash(exc, [])
        code, err = ExitCode.FAILED, "run "

    assert code == ExitCode.FAILED
    run = next(iter(runs(home, options=Options(tmp_path / "state")))).run
    assert run in out.read_text() and "undo" in out.read_text()
    assert run in err or failure == "crash"
    assert run in cli("history", home, "--format", "json", *state)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "name"), [("md", "markdown"), ("prom", "prometheus")])
def test_a_format_can_be_named_by_the_suffix_of_its_files(cli, make_home, suffix, name):
    home = make_home()
    options = ("--no-history", "-q", "--format")

    assert cli("report", home, *options, suffix)[1] == cli("report", home, *options, name)[1] != ""


def test_a_page_that_cannot_be_written_is_one_line(cli, make_home, tmp_path):
    code, _, err = cli("report", make_home(), "-q", "-o", tmp_path / "none" / "x.html")

    assert code == ExitCode.UNDELIVERED
    assert (
        err == f"skillmeat-audit: cannot write {tmp_path}/none/x.html: No such file or directory\n"
    )
