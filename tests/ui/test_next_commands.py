"""Every command that a verb prints does what is promised beside it."""

import html
import json
import re
import shlex
import shutil
from itertools import cycle
from pathlib import Path

import pytest
from conftest import REAL_HOMES, SHARED

from skillmeat_audit import audit
from skillmeat_audit.api.sample import ERAS, HOMES

FILTERS = [
    (),
    ("--select", "D"),
    ("--select", "K", "--ignore", "K001"),
    ("--writer", "import-bare"),
    ("--collection", "Default Collection", "--select", "M"),
]
PLANS = [
    (),
    ("--deletes",),
    ("--disposition", "safe"),
    ("--disposition", "review"),
    ("--rows-only",),
    ("--manifests-only", "--select", "D"),
]
REVIEW = ("--disposition", "review", "--deletes")
# 12 keys of 1 manifest · 2 rows to insert (13 cells), 32 rows to update (89 cells)
COUNTS = r"(?:\(?[\d,]+ (?:keys? of|rows? to|cells?)[\w ]*\)?[ ·,]*)+"


def unbroken(text):
    """Return *text* with every command on one line, as a shell reads it."""
    return re.sub(r" \\\n +", " ", text)


def first_steps(text):
    """Return the label, words and reason of each command below the headline."""
    head, _, _ = unbroken(text).partition("\nnext:")
    steps = re.findall(
        r"^(Fix|Review|By hand): skillmeat-audit (.*?)\s+\((.*?)\)$", head, re.M | re.S
    )
    return [(label, shlex.split(words), " ".join(why.split())) for label, words, why in steps]


def first_step(text):
    """Return the first plan below the headline, None without one."""
    return next((step for step in first_steps(text) if step[0] != "By hand"), None)


def assert_first_steps_are_not_repeated(text, cli, folder):
    """Assert that the plan below the headline writes what it promises, and is printed once."""
    steps = first_steps(text)
    following = [words for words, _ in printed_commands(text)]
    assert not [words for _, words, _ in steps if words in following]
    # Where only review is left to a plan, what no plan repairs is first.
    assert [label for label, _, _ in steps] in (
        [],
        ["Fix"],
        ["Fix", "By hand"],
        ["By hand"],
        ["By hand", "Review"],
        ["Review"],
    )
    for label, words, why in steps:
        saved = [str(folder / word) if word.endswith(".json") else word for word in words]
        code, out, err = cli(*saved)
        assert code == (1 if label == "By hand" else 0), (words, err)
        if label != "By hand":
            promised = re.sub("[^\\d,]+", " ", counts_sentence(out.replace("\n ", ""))).split()
            sizes = re.findall(r"[\d,]*\d(?= (?:cell|key|new row|row to delete))", why)
            assert {*sizes} <= {*promised}


def printed_commands(text):
    """Return the commands after ``next:`` as words, with what is promised beside or below."""
    commands, parts = [], []
    for line in unbroken(text).partition("\nnext:")[2].splitlines():
        if line.strip().startswith("skillmeat-audit "):
            command, _, promise = line.strip().partition("    ")
            commands.append(shlex.split(command)[1:])
            parts.append(promise.strip())
        elif line.startswith(" " * 11) and parts:
            parts[-1] = f"{parts[-1]} {line.strip()}".strip()
        else:
            break
    return list(zip(commands, parts, strict=True))


def counts_sentence(text):
    """Return the part of *text* that counts keys, rows and cells, empty for none."""
    found = re.search(COUNTS, text)
    return found[0] if found else ""


def counts(text):
    """Return the numbers of rows, cells and keys in a sentence."""
    return re.findall(r"([\d,]+) (key|row|cell)s?(?: to (\w+))?", counts_sentence(text))


def follow(cli, text, folder):
    """Run the commands that *text* prints, plans saved in *folder*; return the verbs."""
    followed = []
    for words, promise in printed_commands(text):
        saved = [str(folder / word) if word.endswith(".json") else word for word in words]
        code, out, err = cli(*saved)
        assert code == (1 if words[0] == "check" else 0), (words, out, err)
        if words[0] == "plan":
            assert counts(promise), promise
            assert counts(out.replace("\n ", "")) == counts(promise), (words, promise, out[:300])
        followed.append(words[0])
    return followed


# Every home once: the eras take turns, as commands do not depend on both together.
BUNDLED = list(zip(HOMES, cycle(ERAS), strict=False))


@pytest.fixture(params=[*REAL_HOMES, *BUNDLED], ids=str)
def any_home(request, tmp_path, built_home):
    """A copy of each home at hand: those of real releases, and those of data/."""
    if isinstance(request.param, Path):
        home = shutil.copytree(request.param, tmp_path / "a home", symlinks=True)
        return home
    return shutil.copytree(built_home(*request.param), tmp_path / "a home" / ".skillmeat")


def test_the_real_homes_are_at_hand():
    if not REAL_HOMES:
        pytest.skip(f"needs the real homes at {SHARED.name}/homes")
    assert len(REAL_HOMES) > 2


@pytest.mark.slow
def test_every_verb_on_every_home_prints_commands_that_do_what_they_promise(
    cli, any_home, tmp_path
):
    checked = cli("check", any_home)[1]
    assert ("next:" in checked) == bool(follow(cli, checked, tmp_path))
    assert_first_steps_are_not_repeated(checked, cli, tmp_path)
    for options in ((), ("--deletes",), ("--disposition", "review")):
        code, out, err = cli("plan", any_home, *options)
        assert code == 0 or "no cache" in err
        follow(cli, out, tmp_path)
    for artifact in sorted({*re.findall(r"^(?:skill|agent|command):\S+", checked, re.MULTILINE)})[
        :2
    ]:
        assert follow(cli, cli("show", artifact, any_home)[1], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("filters", FILTERS, ids=" ".join)
def test_check_repeats_its_filters(cli, make_home, tmp_path, filters):
    out = cli("check", make_home(), *filters)[1]

    assert ("next:" in out) == bool(follow(cli, out, tmp_path))
    assert_first_steps_are_not_repeated(out, cli, tmp_path)
    for option in filters:
        for words in (words for _, words, _ in first_steps(out) if words[0] == "plan"):
            assert option in words


@pytest.mark.slow
@pytest.mark.parametrize("options", PLANS, ids=" ".join)
def test_plan_repeats_its_options(cli, make_home, tmp_path, options):
    out = cli("plan", make_home(), *options)[1]

    follow(cli, out, tmp_path)
    for words, promise in printed_commands(out):
        if promise.startswith("saves"):
            assert {*options} <= {*words}
            assert counts(promise) == counts(out.partition("\n\n")[0].replace("\n ", ""))


@pytest.mark.slow
def test_a_saved_plan_is_rehearsed_applied_and_undone_by_what_is_printed(cli, any_home, tmp_path):
    state = tmp_path / "st ate"
    code, out, err = cli(
        "plan", any_home, "-o", tmp_path / "plan.json", "--state-dir", state, "--deletes"
    )
    if code == 2:
        assert "no cache" in err
        return

    while steps := [words for words, _ in printed_commands(out) if words[0] in ("apply", "undo")]:
        for words in steps:
            assert str(state) in words
            if "--interactive" not in words:  # asks on a terminal
                code, out, err = cli(*words)
                assert code == 0, (words, out, err)


@pytest.mark.slow
def test_options_are_repeated_quoted_and_without_a_password(cli, make_home, tmp_path):
    home = make_home()
    database = shutil.copy(home / "cache" / "cache.db", tmp_path / "other cache.db")

    out = cli("check", home, "--database", database, "--state-dir", tmp_path / "it's")[1]

    for words in (first_step(out)[1], printed_commands(out)[0][0]):
        assert words[words.index("--database") + 1] == str(database)
        assert words[words.index("--state-dir") + 1] == str(tmp_path / "it's")


@pytest.mark.slow
def test_a_plan_of_what_a_baseline_does_not_accept_has_the_baseline(cli, make_home, tmp_path):
    home, baseline = make_home(), tmp_path / "baseline.json"
    cli("check", home, "--select", "D", "--baseline", baseline, "--update-baseline")

    out = cli("check", home, "--baseline", baseline)[1]

    assert ["--baseline", str(baseline)] == first_step(out)[1][2:4]
    assert follow(cli, out, tmp_path)


@pytest.mark.slow
def test_orphans_lead_to_the_option_that_takes_them_in(cli, make_home, tmp_path):
    out = cli("plan", make_home(), "--disposition", "review")[1]

    assert "1 orphan that --deletes takes in" in " ".join(out.split())
    assert follow(cli, out, tmp_path) == ["plan"]


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_command_too_wide_is_broken_so_that_a_shell_takes_it_whole(
    cli, make_home, tmp_path, monkeypatch, width
):
    home = shutil.copytree(make_home(), tmp_path / "a home" / ".skillmeat")
    state = tmp_path / "it's a state"
    whole = cli("check", home, "--state-dir", state)[1]
    monkeypatch.setenv("COLUMNS", str(width))

    out = cli("check", home, "--state-dir", state)[1]

    assert [words for words, _ in printed_commands(out)] == [
        words for words, _ in printed_commands(whole)
    ]
    assert [words for _, words, _ in first_steps(out)] == [
        words for _, words, _ in first_steps(whole)
    ]
    assert first_step(out)[1][1] == str(home)


def test_only_review_left_is_named_below_the_headline(cli, make_home, tmp_path):
    out = cli("check", make_home(), "--select", "K002")[1]

    label, words, size = first_step(out)

    assert (label, size) == ("Review", "only review is left: 1 row to delete")
    assert "--deletes" in words
    assert_first_steps_are_not_repeated(out, cli, tmp_path)


def test_nothing_to_repair_has_no_first_step(cli, make_home):
    out = cli("check", make_home(), "--select", "K001", "--ignore", "K001")[1]

    assert first_step(out) is None


@pytest.mark.slow
@pytest.mark.parametrize("filters", [(), ("--select", "K002")], ids=" ".join)
def test_every_format_has_the_same_first_command(cli, make_home, tmp_path, filters):
    home = make_home()
    label, words, size = first_step(cli("check", home, *filters)[1])

    checked = json.loads(cli("check", home, *filters, "--format", "json")[1])["repairs"]
    outputs = [word for name in ("r.md", "r.html", "r.json") for word in ("-o", tmp_path / name)]
    _, _, said = cli("report", home, *filters, "--no-history", *outputs)

    line = shlex.join(["skillmeat-audit", *words])
    reported = json.loads((tmp_path / "r.json").read_text())["repairs"]
    assert checked == reported and checked[0]["command"] == line
    assert f"{label}: {line}   ({size})" in said
    assert f"**{label}:** `{line}` ({size})" in (tmp_path / "r.md").read_text()
    page = html.unescape(re.sub("</?span>", "", (tmp_path / "r.html").read_text()))
    assert f'<b>{label}:</b> <code class="command">{line}</code> ({size})' in page


def test_a_notebook_has_the_call_below_the_headline(make_home):
    audited = audit(make_home(), progress=False)

    assert "<p>Fix: <code>audit.plan()</code></p>" in audited._repr_html_()
    assert "<p>Review: <code>" in audited.only(rule="K002")._repr_html_()
    assert "Fix:" not in audited.only(rule="T001")._repr_html_()


@pytest.mark.slow
@pytest.mark.skipif(not REAL_HOMES, reason=f"needs the real homes at {SHARED.name}/homes")
def test_after_a_repair_what_no_plan_repairs_is_first_and_the_printed_commands_run(cli, tmp_path):
    home = shutil.copytree(SHARED / "homes" / "F-0.74.0" / "home", tmp_path / "user", symlinks=True)
    plan, review, state = tmp_path / "p.json", tmp_path / "r.json", tmp_path / "state"
    cli("plan", home, "-o", plan, "--state-dir", state)
    applied = cli("apply", plan, "--state-dir", state)[1]
    checked = cli("check", home, "--state-dir", state)[1]
    planned = cli("plan", home, *REVIEW, "-o", review, "--state-dir", state)[1]

    (by_hand, words, why), (label, _, _) = first_steps(checked)
    assert (by_hand, label) == ("By hand", "Review")
    assert words[-1] == "V004,F001,S012,K005,F007"
    assert why.startswith("3 errors, 5 warnings: V004 Team: take agent:code-critic, skill:folded")
    assert "F001 skill:empty-desc: path skills/empty-desc of collections/default" in why
    assert ["check", str(home / ".skillmeat"), "--state-dir", str(state)] in [
        words for words, promise in printed_commands(applied) if "3 errors, 7 warnings" in promise
    ]
    commands = [words for words, _ in printed_commands(planned)]
    assert [words[-1] for words in commands] == ["--rehearse", "--interactive", "10"]
    assert all(words[-3:-1] == ["--max-overwrites", "10"] for words in commands[:2])
    assert "overwrites or deletes 10 of 48 rows, more than 9" in " ".join(planned.split())
    # The first plan wrote the manifest's text over it: no plan turns that back.
    assert "MANIFEST EDIT desc-nonstring" not in planned
    assert cli(*commands[2])[0] == 0


def test_a_plan_that_was_applied_before_has_nothing_to_do(cli, make_home, tmp_path):
    plan, state = tmp_path / "p.json", tmp_path / "state"
    cli("plan", make_home(), "-o", plan)

    first, second = (cli("apply", plan, "--state-dir", state) for _ in range(2))

    assert first[1].startswith("4 rows (26 cells) and 6 keys of manifests applied")
    assert second == (0, "nothing to do: all 4 rows and 6 keys are already so\n", "")
