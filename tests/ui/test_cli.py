"""The command line: exit codes, streams, filters, and bad input."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial

import pytest
from conftest import PROJECT, digest, is_root

from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.reports.facts.skillmeat_facts import facts_in
from skillmeat_audit.ui.cli.verbs import cli as group

TOOL = [sys.executable, "-m", "skillmeat_audit"]


def test_findings_exit_1_and_name_the_next_command(cli, make_home, era):
    code, out, err = cli("check", make_home(era=era))

    assert code == ExitCode.FINDINGS
    assert "it has no row (rule K001).\nRows of 2 artifacts hold wrong values" in out
    assert "pages still show right.\nFix: " in out
    assert "next:  skillmeat-audit plan " in out
    assert "skillmeat-audit show skill:1password " in out
    assert err == ""


def test_a_clean_home_exits_0(cli, make_home, era):
    code, out, _ = cli("check", make_home("clean", era))

    assert code == ExitCode.CLEAN
    assert "Nothing wrong" in out


@pytest.mark.slow
def test_the_folder_that_holds_the_home_will_do(cli, make_home):
    code, out, _ = cli("check", make_home().parent)

    assert code == ExitCode.FINDINGS
    assert "/home/.skillmeat · " in out


@pytest.mark.slow
def test_nothing_of_the_home_changes(cli, make_home, era):
    home = make_home(era=era)
    before = digest(home)

    for arguments in (["check"], ["check", "--format", "json"], ["show", "skill:1password"]):
        cli(*arguments, home)

    assert digest(home) == before


@pytest.mark.slow
def test_a_home_whose_path_is_not_utf8_is_audited_and_what_cannot_be_done_is_told(cli, make_home):
    home = make_home()
    home = home.rename(home.parent / os.fsdecode(b"h\xff"))
    told = cli("plan", home)

    assert cli("check", home)[0] == cli("check", home, "--format", "csv")[0] == ExitCode.FINDINGS
    assert json.loads(cli("check", home, "--format", "json")[1])["home"] == str(home)
    assert cli("show", "1password", home)[0] == cli("runs", home)[0] == ExitCode.CLEAN
    assert (told[0], "it is not UTF-8; rename it" in told[2]) == (ExitCode.FAILED, True)


@pytest.mark.slow
def test_a_plan_made_in_one_locale_is_applied_in_another(make_home, tmp_path):
    home = make_home(at="caf\u00e9")
    # Without UTF-8 mode and coercion, paths are decoded as ASCII with surrogates.
    ascii_paths = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    def run(locale, *arguments):
        command = [*TOOL, *arguments, "--state-dir", tmp_path / "state"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
        return subprocess.run(command, env=environment | locale, capture_output=True, text=True)

    saved = run(ascii_paths, "plan", home, "-o", tmp_path / "plan.json")
    applied = run({"LC_ALL": "C.UTF-8"}, "apply", tmp_path / "plan.json")
    undone = run(ascii_paths, "undo", home)

    assert (saved.returncode, saved.stderr) == (ExitCode.CLEAN, "")
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["home"] == str(home)
    assert (applied.returncode, applied.stderr) == (ExitCode.CLEAN, "")
    assert (undone.returncode, undone.stderr) == (ExitCode.CLEAN, "")


@pytest.mark.parametrize("verb", ["plan", "report"])
def test_the_schema_needs_no_arguments(cli, verb):
    code, out, _ = cli(verb, "--schema")

    assert code == ExitCode.CLEAN
    version = 2 if verb == "plan" else 1
    assert json.loads(out)["$id"] == f"skillmeat-audit/{verb}/{version}"


def test_json_is_all_that_stdout_holds(cli, make_home):
    code, out, _ = cli("check", make_home(), "--format", "json")

    assert code == ExitCode.FINDINGS
    assert json.loads(out)["counts"]["error"] == 13


@pytest.mark.slow
def test_csv_has_a_line_per_finding(cli, make_home):
    home = make_home()

    lines = cli("check", home, "--format", "csv")[1].splitlines()

    counts = json.loads(cli("check", home, "--format", "json")[1])["counts"]
    assert len(lines) == 1 + counts["findings"]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_the_format_never_changes_the_exit_code(cli, make_home, form):
    assert cli("check", make_home(), "--format", form)[0] == ExitCode.FINDINGS
    assert cli("check", make_home("clean"), "--format", form)[0] == ExitCode.CLEAN


def test_exit_zero_hides_findings_and_never_failures(cli, make_home, tmp_path):
    assert cli("check", make_home(), "--exit-zero")[0] == ExitCode.CLEAN
    assert cli("check", tmp_path / "nowhere", "--exit-zero")[0] == ExitCode.FAILED


def test_quiet_says_nothing_at_all(cli, make_home):
    assert cli("check", make_home(), "--quiet") == (ExitCode.FINDINGS, "", "")


@pytest.mark.slow
def test_fail_on_moves_the_threshold(cli, make_home):
    home = make_home("clean")
    (home / "collections/default/skills/stray").mkdir()

    assert cli("check", home)[0] == ExitCode.CLEAN
    assert cli("check", home, "--fail-on", "info")[0] == ExitCode.FINDINGS
    assert cli("check", make_home(), "--select", "M", "--fail-on", "error")[0] == ExitCode.CLEAN


def selected(cli, *arguments):
    findings = json.loads(cli("check", *arguments, "--format", "json")[1])["findings"]
    return {finding["rule"] for finding in findings}, findings


def test_select_takes_codes_and_prefixes(cli, make_home):
    rules, _ = selected(cli, make_home(), "--select", "d", "--select", "S001")

    assert rules == {"D001", "S001"}


def test_what_was_not_asked_for_is_not_called_right(cli, make_home):
    code, out, _ = cli("check", make_home(), "--select", "F003")

    assert code == ExitCode.CLEAN
    assert "Nothing wrong" not in out
    assert "No finding matches select F003; 29 others are hidden." in out
    assert "every row" not in out


def test_ignored_findings_are_counted(cli, make_home):
    _, out, _ = cli("check", make_home(), "--ignore", "M", "--ignore", "K002")

    assert "M005" not in out.partition("ignored on request")[0]
    assert "ignored on request: K002 ×1, M001 ×3" in out


@pytest.mark.slow
def test_one_artifact_is_asked_for_by_id_or_name(cli, make_home):
    home = make_home()

    for name in ("skill:lock-audit", "lock-audit"):
        _, findings = selected(cli, home, "--artifact", name)
        assert {finding["artifact_id"] for finding in findings} == {"skill:lock-audit"}


@pytest.mark.slow
def test_one_collection_is_asked_for_by_id_or_name(cli, make_home):
    home = make_home()

    for name in ("Team", "5f0c4b1e9a7d4e60b812233445566778"):
        _, findings = selected(cli, home, "--collection", name)
        assert {finding["artifact_id"] for finding in findings} == {"skill:1password"}


@pytest.mark.slow
def test_the_settings_file_ignores_with_a_reason(cli, make_home, tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text(
        'fail-on = "error"\n[ignore]\nD001 = "known"\nS = "known too"\nK001 = "later"\n'
    )

    code, out, _ = cli("check", make_home(), "--config", settings)

    assert code == ExitCode.CLEAN
    assert "D001 ×3" in out


BAD_INPUT = {
    "unknown verb": (["chek"], "no such command"),
    "unknown option": (["check", "--frobnicate"], "no such option"),
    "unknown format": (["check", "--format", "xml"], "invalid value"),
    "unknown rule": (["check", "{home}", "--select", "Q9"], "no rule has the code Q9"),
    "empty rule": (["check", "{home}", "--ignore", ""], "no rule has the code (empty)"),
    "unknown artifact": (["show", "1pasword", "{home}"], "did you mean skill:1password"),
    "unknown artifact filter": (
        ["check", "{home}", "--artifact", "zz"],
        "no artifact is called zz",
    ),
    "unknown collection": (["check", "{home}", "--collection", "Teem"], "did you mean Team"),
    "unknown page": (["rules", "Q001"], "no rule has the code Q001"),
    "empty page": (["rules", ""], "no rule has the code (empty)"),
    "no home": (["check", "{home}/nowhere"], "no SkillMeat home"),
    "no database": (["check", "{home}", "--database", "/no/such.db"], "no database at /no/such.db"),
    "other database": (
        ["check", "{home}", "--database", "mysql://x:secret@h/d"],
        "cannot read a database",
    ),
    "odd address": (
        ["check", "{home}", "--database", "postgresql://u:secret@h:notaport/db"],
        "are ambiguous",
    ),
    "empty artifact": (["check", "{home}", "--artifact", ""], "no artifact is called (empty)"),
    "empty collection": (["plan", "{home}", "--collection", ""], "no collection is called (empty)"),
    "nothing to show": (["show", "", "{home}"], "no artifact is called (empty)"),
    "settings that are a folder": (
        ["check", "{home}", "--config", "/"],
        "file /: is not a regular",
    ),
    "endless settings": (["check", "{home}", "--config", "/dev/zero"], "is not a regular file"),
    "no plan": (["apply", "/no/such/plan.json"], "plan HOME -o plan.json"),
    "no such run": (["undo", "{home}", "--run", "x", "--state-dir", "{home}-s"], "no run x"),
    "nothing to undo": (["undo", "{home}", "--state-dir", "{home}-s"], "no run to undo"),
    "unwritable plan": (["plan", "{home}", "-o", "{home}/no/plan.json"], "cannot write"),
    "unknown service": (["apply", "x", "--service", "magic"], "invalid value"),
    "no settings": (["check", "{home}", "--config", "/no/such.toml"], "no settings file"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_one_clear_line_and_exit_2(cli, make_home, case):
    arguments, said = BAD_INPUT[case]
    home = make_home()

    code, out, err = cli(*(argument.format(home=home) for argument in arguments))

    assert code == ExitCode.FAILED
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("skillmeat-audit: ")
    assert "secret" not in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ignore]\nF002 = ''\n", "needs a reason"),
        ("[ignore]\nF002 = 3\n", "needs a reason"),
        ("ignore = 3\n", "must be a table"),
        ("fail-on = 'loud'\n", "must be one of"),
        ("colour = true\n", "unknown key colour"),
        ("= nothing", "cannot read the settings file"),
        ("[ignore]\nQ9 = 'why'\n", "no rule has the code Q9"),
    ],
)
def test_a_bad_settings_file_is_refused(cli, make_home, tmp_path, text, said):
    settings = tmp_path / "settings.toml"
    settings.write_text(text)

    code, _, err = cli("check", make_home(), "--config", settings)

    assert (code, said in err) == (ExitCode.FAILED, True)


def test_a_home_without_a_cache_is_checked_by_its_manifests(cli, make_home):
    home = make_home()
    shutil.rmtree(home / "cache")

    code, out, _ = cli("check", home)

    assert code == ExitCode.CLEAN
    assert "no cache yet" in " ".join(out.split())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a database, not at all", "not an SQLite database"),
        (b"SQLite format 3\0" + b"x" * 4096, "damaged"),
    ],
)
def test_a_database_that_is_none_is_told(cli, make_home, content, said):
    home = make_home()
    (home / "cache/cache.db").write_bytes(content)

    code, _, err = cli("check", home)

    assert (code, said in err) == (ExitCode.FAILED, True)


def test_traceback_shows_where_an_error_was_raised(cli, tmp_path):
    code, _, err = cli("check", tmp_path / "nowhere", "--traceback")

    assert code == ExitCode.FAILED
    assert "in find_home" in err
    assert err.splitlines()[-1].startswith("skillmeat-audit: no SkillMeat home at")


def test_show_answers_why_a_description_is_blank(cli, make_home, era):
    code, out, _ = cli("show", "1password", make_home(era=era))

    assert code == ExitCode.CLEAN
    assert "last writer: batch import and reimport until 2026-02-10 (import-bare" in " ".join(
        out.split()
    )
    assert "D001" in out


def test_show_names_the_choices_of_an_ambiguous_name(cli, make_home):
    home = make_home()
    manifest = home / "collections/default/collection.toml"
    manifest.write_text(
        manifest.read_text()
        + '\n[[artifacts]]\nname = "scribe"\ntype = "skill"\npath = "skills/scribe"\n'
        'origin = "local"\nadded = "2026-01-05T08:00:00"\n'
    )

    code, _, err = cli("show", "scribe", home)

    assert code == ExitCode.FAILED
    assert "agent:scribe, skill:scribe" in err


@pytest.mark.slow
def test_show_knows_every_artifact_that_a_finding_names(cli, make_home):
    home = make_home()
    (home / "collections/default/skills/stray").mkdir()
    manifest = home / "collections/default/collection.toml"
    manifest.write_text(
        manifest.read_text() + '\n[[artifacts]]\nname = "refused"\ntype = "skill"\n'
    )
    stray = cli("show", "stray", home)
    refused = cli("show", "refused", home)

    assert (stray[0], refused[0]) == (ExitCode.CLEAN, ExitCode.CLEAN)
    assert "F006" in stray[1]
    assert "L001" in refused[1]
    assert all("no readable layer has this artifact" in out for _, out, _ in (stray, refused))


def test_show_as_json(cli, make_home):
    report = json.loads(cli("show", "skill:1password", make_home(), "--format", "json")[1])

    assert report["schema"] == "skillmeat-audit/artifact/1"
    assert {layer["layer"].partition(" ")[0] for layer in report["layers"]} == {
        "manifest",
        "front",
        "catalogue",
        "row",
    }


def test_rules_lists_every_rule(cli):
    code, out, _ = cli("rules")

    assert code == ExitCode.CLEAN
    assert all(rule.code in out and rule.title in out for rule in RULES)


def test_a_rule_has_its_page(cli):
    assert cli("rules", "M009", "m016") == cli("rules", "M009,M016")
    out = cli("rules", "d001")[1]

    assert out.startswith("D001 error: Description missing")
    assert "next restart or refresh blanks what" in out.replace("\n", " ")
    assert "docs/skillmeat.md" not in out
    assert "\nBlank after batch import: Batch import until 2026-02-10 (9b7aca97) merged" in out
    assert out.endswith("\n\nDo: skillmeat-audit plan HOME --select D001 -o plan.json\n")


def test_every_section_that_a_rule_refers_to_exists():
    for rule in RULES:
        assert len(facts_in(rule.page)) == rule.page.count("docs/skillmeat.md#"), rule.code


@pytest.mark.parametrize("arguments", [[], ["D001"], ["M"]])
def test_rules_follow_the_width_of_the_terminal(cli, monkeypatch, arguments):
    monkeypatch.setenv("COLUMNS", "50")
    narrow = cli("rules", *arguments)[1]
    monkeypatch.setenv("COLUMNS", "200")
    wide = cli("rules", *arguments)[1]

    assert max(map(len, narrow.splitlines())) <= 50
    assert narrow.split() == wide.split()
    assert len(narrow.splitlines()) > len(wide.splitlines())


def test_rules_as_json(cli):
    listed = json.loads(cli("rules", "--format", "json")[1])["rules"]

    assert [each["code"] for each in listed] == [rule.code for rule in RULES]


@pytest.mark.parametrize("verb", sorted(group.verb_names))
def test_every_verb_has_help(cli, verb):
    code, out, _ = cli(verb, "--help")

    assert code == ExitCode.CLEAN
    assert out.startswith(f"Usage: skillmeat-audit {verb}")
    assert len(out.splitlines()) > 4


def run(*arguments, **options):
    return subprocess.run([*TOOL, *map(str, arguments)], cwd=PROJECT, text=True, **options)


def test_help_and_version_load_nothing_heavy():
    script = (
        "import sys; from skillmeat_audit.ui.cli.main import main; main(['--help']);"
        "main(['--version']); import skillmeat_audit; heavy = {'pandas', 'sqlalchemy', 'rich'};"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT
    )

    assert done.stderr.strip() == ""


@pytest.fixture
def into_a_closed_pipe(fork_server):
    """Return a function that runs a command line whose output nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    yield partial(fork_server.run, stdout=writing)
    os.close(writing)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "csv"])
@pytest.mark.parametrize(
    ("name", "code"), [("batch-import", ExitCode.FINDINGS), ("clean", ExitCode.CLEAN)]
)
def test_a_reader_that_went_away_changes_no_exit_code(
    into_a_closed_pipe, make_home, name, code, form
):
    ended = into_a_closed_pipe("check", make_home(name), "--format", form)

    assert (ended.returncode, ended.stderr) == (code, "")


@pytest.mark.parametrize("arguments", [["--help"], ["rules"], ["check", "--help"]])
def test_help_that_nobody_reads_is_not_an_error(into_a_closed_pipe, arguments):
    ended = into_a_closed_pipe(*arguments)

    assert (ended.returncode, ended.stderr) == (ExitCode.CLEAN, "")


@pytest.mark.slow
def test_a_reader_of_one_line_gets_it(make_home):
    command = f"{sys.executable} -m skillmeat_audit check {make_home()} --verbose | head -n 1"

    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=PROJECT)

    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


STALLING = """
import sys, time
from skillmeat_audit.ui.cli import main as cli
class Stall:
    def find_spec(self, name, *_):
        if name == {module!r}:
            print("stalled", flush=True)
            time.sleep(60)
sys.meta_path.insert(0, Stall())
cli.entry()
"""


def stopped(signals, module, *arguments, **options):
    """Send *signals* to a run that stalls while it imports *module*; return it and its stderr."""
    running = subprocess.Popen(
        [sys.executable, "-c", STALLING.format(module=module), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        **options,
    )
    assert running.stdout.readline() == "stalled\n"
    for each in signals:
        running.send_signal(each)
    _, err = running.communicate(timeout=30)
    return running.returncode, err


@pytest.mark.slow
@pytest.mark.parametrize("module", ["click", "skillmeat_audit.api.audit"])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGHUP, ExitCode.HUNG_UP),
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
    ],
)
def test_a_signal_ends_the_run_with_one_line(make_home, number, code, module):
    ended = stopped([number], module, "check", make_home())

    assert ended == (code, "interrupted; nothing was changed\n")


def test_a_signal_that_was_ignored_from_the_start_stays_ignored(make_home):
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    ended = stopped(
        [signal.SIGINT, signal.SIGTERM], "click", "check", make_home(), preexec_fn=ignore
    )

    assert ended[0] == ExitCode.TERMINATED


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_audit_leaves_no_copy_of_the_cache(make_home, tmp_path, number):
    home = make_home()
    copies = tmp_path / "copies"
    copies.mkdir()
    script = (
        "import time, skillmeat_audit.loaders.cache as cache\n"
        "def stall(*_): print('stalled', flush=True); time.sleep(60)\n"
        "cache.tables_of = stall\n"
        "from skillmeat_audit.ui.cli.main import entry; entry()"
    )
    with closing(sqlite3.connect(home / "cache/cache.db")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE collection_artifacts SET synced_at = NULL")
        writer.commit()
        running = subprocess.Popen(
            [sys.executable, "-c", script, "check", str(home)],
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            env=os.environ | {"TMPDIR": str(copies)},
        )
        running.stdout.readline()
        held = list(copies.iterdir())
        running.send_signal(number)
        running.communicate(timeout=30)

    assert running.returncode == 128 + number
    assert len(held) == 1
    assert list(copies.iterdir()) == []


@pytest.mark.slow
def test_output_survives_a_stream_that_cannot_encode(make_home):
    done = run(
        "check", make_home(), capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}
    )

    assert done.returncode == ExitCode.FINDINGS
    assert done.stderr == ""


@pytest.mark.skipif(is_root(), reason="root may read everything; run as another user")
def test_an_unreadable_database_is_told(cli, make_home):
    home = make_home()
    (home / "cache/cache.db").chmod(0)

    code, _, err = cli("check", home)

    assert (code, "cannot read" in err) == (ExitCode.FAILED, True)


@pytest.mark.parametrize("columns", ["abc", "0", "-5", "1e3", ""])
def test_a_width_that_is_not_one_is_replaced_by_the_default(cli, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)

    code, out, _ = cli("rules")

    assert code == ExitCode.CLEAN
    assert all(rule.code in out for rule in RULES)


def test_a_width_that_no_line_needs_is_not_padded_to(cli, built_home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "9" * 12)

    code, out, _ = cli("check", built_home("batch-import", "artifact_id"))

    assert code == ExitCode.FINDINGS
    assert "skill:1password" in out


@pytest.mark.slow
def test_a_closed_stdout_changes_nothing_but_the_output(make_home):
    command = f"{sys.executable} -m skillmeat_audit check {make_home()} >&-"

    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=PROJECT)

    assert (done.returncode, done.stderr) == (ExitCode.FINDINGS, "")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("form", ["text", "json"])
def test_output_that_cannot_be_written_is_reported(fork_server, make_home, form):
    with open("/dev/full", "w") as full:
        ended = fork_server.run("check", make_home(), "--format", form, stdout=full.fileno())

    assert ended.returncode == ExitCode.FAILED
    assert ended.stderr == "skillmeat-audit: cannot write the output: No space left on device\n"


def test_without_a_verb_the_help_is_shown_on_its_own_lines(cli):
    code, _, err = cli()

    assert code == ExitCode.FAILED
    assert err.startswith("Usage: skillmeat-audit")
    assert len(err.splitlines()) > 10


STDERR_CASES = [
    ("check batch-import", ExitCode.FINDINGS),
    ("check clean", ExitCode.CLEAN),
    ("check nowhere", ExitCode.FAILED),
    ("", ExitCode.FAILED),
]


@pytest.fixture
def in_a_folder_of_homes(make_home, tmp_path, monkeypatch):
    for name in ("batch-import", "clean"):
        make_home(name, at=name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_a_folder_of_homes")
@pytest.mark.parametrize(("arguments", "code"), STDERR_CASES)
def test_a_full_stderr_changes_no_exit_code(fork_server, arguments, code):
    with open("/dev/full", "w") as full:
        ended = fork_server.run(*arguments.split(), stderr=full.fileno())

    assert ended.returncode == code


@pytest.mark.slow
@pytest.mark.usefixtures("in_a_folder_of_homes")
@pytest.mark.parametrize(("arguments", "code"), STDERR_CASES[::2])
def test_a_closed_stderr_changes_no_exit_code(arguments, code):
    command = f"{sys.executable} -m skillmeat_audit {arguments} >/dev/null 2>&-"

    assert subprocess.run(command, shell=True).returncode == code


@pytest.mark.slow
def test_links_are_followed_to_the_folders_that_the_settings_name(cli, make_home, tmp_path):
    home = make_home()
    skills = home / "collections" / "default" / "skills"
    skills.rename(tmp_path / "dotskills")
    skills.symlink_to(tmp_path / "dotskills")
    settings = tmp_path / "own.toml"
    settings.write_text(f"allow-links = ['{tmp_path / 'dotskills'}']")
    state = ("--state-dir", tmp_path / "state")
    refused = cli("check", home, "--select", "F003", "--format", "csv")
    allowed = cli("check", home, "--select", "F003", "--config", settings)
    shown = cli("show", "skill:1password", home, "--config", settings, "--format", "json")
    planned = cli("plan", home, "--config", settings, "-o", tmp_path / "plan.json")
    applied = cli("apply", tmp_path / "plan.json", "--config", settings, *state)
    reported = cli("report", home, "--config", settings, "-o", tmp_path / "r.json", *state)

    assert refused[0] == 1
    assert "allow-links" in refused[1]
    assert allowed[0] == planned[0] == applied[0] == 0
    assert "frontmatter" in shown[1]
    assert '"rule":"F003"' not in (tmp_path / "r.json").read_text().replace(" ", "")
    assert reported[0] in (0, 1)
