"""One vocabulary over all verbs: options, lists, homes, times, help, and what errors suggest."""

import json
import re

import pytest

from skillmeat_audit.diff.provenance.paths import PATHS
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.verbs import cli as group

SUBVERBS = {
    f"{name} {each}": command
    for name in group.verb_names
    for each, command in getattr(group.verb(name), "commands", {}).items()
}
VERBS = sorted({*group.verb_names, *SUBVERBS} - {name.split()[0] for name in SUBVERBS})
READERS = ("check", "show", "rules", "runs", "history", "replay", "doctor", "config")


def options_of(verb):
    command = SUBVERBS.get(verb) or group.verb(verb)
    return {name for param in command.params for name in param.opts}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_color_and_traceback(verb):
    assert {"--color", "--traceback"} <= options_of(verb)


@pytest.mark.parametrize("verb", READERS)
def test_what_a_verb_prints_can_go_to_a_file(verb):
    assert {"--format", "--output", "-o"} <= options_of(verb)


@pytest.mark.slow
def test_the_format_follows_the_suffix_unless_it_is_named(cli, make_home, tmp_path):
    home = make_home()
    table, text = tmp_path / "findings.csv", tmp_path / "named.csv"

    code, out, _ = cli("check", home, "-o", table)
    cli("check", home, "-o", text, "--format", "text")

    assert (code, out) == (ExitCode.FINDINGS, "")
    assert table.read_text("utf-8") == cli("check", home, "--format", "csv")[1]
    assert "next:  skillmeat-audit plan" in text.read_text("utf-8")


def test_an_output_that_cannot_be_written_is_an_error(cli, tmp_path):
    code, out, err = cli("rules", "-o", tmp_path / "none" / "rules.json")

    assert (code, out) == (ExitCode.FAILED, "")
    assert "cannot write" in err


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_a_second_output_is_refused(cli, make_home, tmp_path, verb):
    code, _, err = cli(verb, make_home(), "-o", tmp_path / "a", "-o", tmp_path / "b")

    assert code == ExitCode.FAILED
    assert "one file only" in err
    assert not (tmp_path / "a").exists()


def codes(cli, *arguments):
    findings = json.loads(cli("check", *arguments, "--format", "json")[1])["findings"]
    return {(each["rule"], each["artifact_id"]) for each in findings}


@pytest.mark.slow
def test_a_comma_list_is_the_same_as_repetition(cli, make_home):
    home = make_home()

    assert codes(cli, home, "--select", "D001,s") == codes(
        cli, home, "--select", "D001", "--select", "S"
    )
    assert codes(cli, home, "--artifact", "1password,lock-audit") == codes(
        cli, home, "--artifact", "1password", "--artifact", "lock-audit"
    )
    assert len(codes(cli, home, "--writer", "import-bare,membership-add")) > 5
    assert not {rule for rule, _ in codes(cli, home, "--ignore", "D,M")} & {"D001", "M001"}


def test_a_comma_before_a_space_is_part_of_a_name(cli, make_home):
    code, _, err = cli("check", make_home(), "--collection", "Team, Berlin")

    assert code == ExitCode.FAILED
    assert "no collection is called Team, Berlin" in err


@pytest.mark.slow
def test_dispositions_and_eras_take_comma_lists(cli, make_home, tmp_path):
    home = make_home()
    both = cli("plan", home, "--disposition", "safe,fill", "--format", "json")[1]

    assert both == cli("plan", home, "--format", "json")[1]
    assert "'nope' is not one of" in cli("plan", home, "--disposition", "safe,nope")[2]
    source = tmp_path / "source" / "commands"  # one artifact is replayed in a second
    source.mkdir(parents=True)
    (source / "one.md").write_text("---\ndescription: One.\n---\n")
    eras = ("--era", "artifact_id,artifact_uuid")
    code, out, _ = cli("replay", *eras, "--no-time", "--source", source.parent)
    assert code == ExitCode.CLEAN
    assert out.count("batch import until 2026-02-10") == 2


@pytest.mark.slow
def test_rules_takes_a_comma_list_and_explain_is_the_same(cli):
    code, out, _ = cli("explain", "d001,K002")

    assert code == ExitCode.CLEAN
    assert out == cli("rules", "D001,K002")[1]
    assert out.startswith("D001 error: ")
    assert "\nK002 warning: " in out


@pytest.mark.slow
def test_the_home_comes_from_the_environment(cli, make_home, monkeypatch):
    home = make_home()
    monkeypatch.setenv("SKILLMEAT_AUDIT_HOME", str(home))

    assert cli("check")[1] == cli("check", home)[1]
    assert cli("runs")[0] == ExitCode.CLEAN


@pytest.mark.slow
def test_a_relative_home_is_printed_as_an_absolute_one(cli, make_home, monkeypatch):
    home = make_home()
    monkeypatch.chdir(home.parent)

    for verb in ("check", "plan"):
        assert cli(verb, ".")[1].startswith(f"{home} · ")


@pytest.mark.slow
def test_show_forgives_the_order_of_its_arguments(cli, make_home):
    home = make_home()

    code, out, err = cli("show", home, "1password")

    assert (code, out) == (ExitCode.CLEAN, cli("show", "1password", home)[1])
    assert "the order is ARTIFACT HOME" in err
    assert "which artifact?" in cli("show", home)[2]


@pytest.mark.slow
def test_show_prints_whole_values_with_verbose(cli, make_home):
    home = make_home()

    assert cli("show", "1password", home, "-v")[1] == cli("show", "1password", home, "--full")[1]


@pytest.mark.slow
def test_quiet_excludes_verbose(cli, make_home):
    code, _, err = cli("check", make_home(), "-q", "-v")

    assert code == ExitCode.FAILED
    assert "--quiet and --verbose exclude each other" in err


@pytest.mark.slow
def test_quiet_verbs_print_nothing_and_do_all(cli, make_home, tmp_path):
    home, plan, state = make_home(), tmp_path / "plan.json", tmp_path / "state"

    printed = [
        cli("plan", home, "-q", "-o", plan),
        cli("apply", plan, "-q", "--state-dir", state),
        cli("undo", home, "-q", "--state-dir", state),
    ]

    assert printed == [(ExitCode.CLEAN, "", "")] * 3
    assert len(json.loads(cli("runs", home, "--state-dir", state, "--format", "json")[1])["runs"])


@pytest.mark.slow
def test_color_is_forced_or_forbidden(cli, make_home, monkeypatch):
    home = make_home()
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b[" in cli("check", home, "--color", "always")[1]
    assert "\x1b[" not in cli("check", home, "--color", "never")[1]
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b[" not in cli("check", home)[1]


@pytest.mark.slow
def test_times_are_utc_in_iso_form_in_every_verb(cli, make_home, tmp_path):
    home, plan, state = make_home(), tmp_path / "plan.json", ["--state-dir", tmp_path / "state"]
    cli("plan", home, "-o", plan)
    cli("apply", plan, *state)
    reported = cli("report", home, "-o", tmp_path / "a.json", *state)[2]

    for text in (reported, cli("runs", home, *state)[1], cli("history", home, *state)[1]):
        assert re.search(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
        assert not re.search(r"\d{4}-\d\d-\d\d \d\d:", text)


@pytest.mark.slow
def test_skipped_rows_have_their_collections_by_name(cli, planned, tmp_path):
    case = planned()
    cli("apply", case.file, "--state-dir", case.state)

    text = cli("apply", case.file, "--state-dir", case.state)[1]
    text += cli("undo", case.home, "--state-dir", case.state, "--rehearse")[1]

    assert not re.search(r"skipped .* · [0-9a-f]{32}", text)


SUGGESTIONS = {
    ("check", "--json"): "did you mean --format json?; see 'skillmeat-audit check --help'",
    ("check", "--no-colour"): "did you mean --color never?",
    ("check", "--selct", "D"): "did you mean --select?",
    ("undo", "--dry-run"): "did you mean --rehearse?",
    ("check", "--zzz"): "no such option --zzz; see",
    ("chek",): "did you mean check?; see 'skillmeat-audit --help'",
    ("fix",): "did you mean plan, then apply?",
    ("zzz",): "no such command zzz; see",
    ("rules", "D01"): "did you mean D001?",
    ("rules", "/tmp/x"): "no rule has the code /tmp/x",
    ("apply",): "missing argument 'FILE'; see 'skillmeat-audit apply --help'",
}


@pytest.mark.parametrize("arguments", SUGGESTIONS)
def test_a_wrong_word_is_answered_with_the_right_one(cli, arguments):
    code, _, err = cli(*arguments)

    assert code == ExitCode.FAILED
    assert SUGGESTIONS[arguments] in err


def test_an_unknown_code_path_lists_those_that_exist(cli, make_home):
    err = cli("check", make_home(), "--writer", "zzz")[2]

    assert all(name in err for name in PATHS)


def test_verbs_are_grouped_and_their_help_fits_80_columns(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = cli("--help")[1]

    assert re.findall(r"^(\w[\w ]*):$", out, re.MULTILINE) == [
        "Options",
        *group.sections,
        "Exit codes",
    ]
    assert "..." not in out.partition("Options:")[2]
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_examples_that_fit(cli, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "80")
    out = cli(*verb.split(), "--help")[1]

    assert "\nExamples:\n  $ " in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_words_of_the_output_are_explained_in_the_help(cli):
    for verb in ("check", "plan"):
        assert "\nDispositions:\n  safe " in cli(verb, "--help")[1]
    assert "\nExit codes:\n  0  " in cli("check", "--help")[1]
    assert "\nArguments:\n  HOME  " in cli("history", "--help")[1]
