"""What a person sees in a terminal."""

import pytest
from builders import HOSTILE, audited, entry, imported, known, row, snapshot, synced
from rich.cells import cell_len

import skillmeat_audit as sma
from skillmeat_audit.api.next_steps import artifact_steps, repair_steps
from skillmeat_audit.reports.facts.first_steps import first_steps
from skillmeat_audit.reports.facts.next_commands import NextCommands
from skillmeat_audit.reports.terminal.artifact import artifact_text
from skillmeat_audit.reports.terminal.check import Guide, Layout, check_text


def checked(snap, **layout):
    audit = audited(snap)
    lines = check_text(audit, Layout(**({"width": 120} | layout)))
    return "\n".join(line.plain for line in lines)


def shown(snap, artifact="skill:alpha", width=120, *, full=False):
    audit = audited(snap)
    commands = artifact_steps(audit, audit.show(artifact).artifact_id, NextCommands("/HOME"))
    lines = artifact_text(audit.show(artifact), width, commands, full=full)
    return "\n".join(line.plain for line in lines)


def test_the_answer_comes_first_then_the_cause():
    text = checked(snapshot([imported(description="Does it.")], [row()]))

    lines = text.splitlines()
    assert lines[2] == "Pages show 1 artifact with a source that cannot be clicked."
    assert lines[3] == ""
    assert lines[4] == "Rows left wrong, by the path that last wrote them (1 row):"
    assert lines[5].split()[0] == "1"
    assert lines[5].endswith("(import-bare)")


def test_nothing_wrong_is_not_said_where_a_note_was_found():
    right = entry(description="Does it.")

    assert "Nothing wrong" in checked(snapshot([right], [synced(right)]))
    assert "No error and no warning was found, 1 note." in checked(
        snapshot([entry()], [synced(entry())])
    )


@pytest.mark.slow
def test_notes_are_counted_and_listed_on_request():
    snap = snapshot([entry()], [synced(entry())])

    assert "D004" not in checked(snap)
    assert "1 note (--verbose)" in checked(snap)
    assert "D004" in checked(snap, verbose=True)


def unlike_rows(number):
    """Return a snapshot of rows that differ in ever more cells: no two of them are alike."""
    names = ("author", "license", "version", "description")
    entries = [entry(f"skill:a{n}", **dict.fromkeys(names[: n + 1], "x")) for n in range(number)]
    return snapshot(entries, [row(f"skill:a{n}") for n in range(number)])


def test_groups_past_the_limit_are_counted():
    assert "… and 2 more groups" in checked(unlike_rows(4), limit=2)


def test_the_worst_group_is_first():
    text = checked(unlike_rows(4))

    # All have an error; the page of a3 is not blank; a2 has more wrong cells than a0.
    order = [text.index(f"skill:a{n} ·") for n in (2, 1, 0, 3)]
    assert order == sorted(order)


@pytest.mark.slow
def test_rows_that_disagree_alike_are_one_group():
    entries = [entry(f"skill:a{n}", author=f"J{n % 2}") for n in range(5)]
    snap = snapshot(entries, [row(f"skill:a{n}") for n in range(5)])

    text = checked(snap)

    assert "5 rows: M005" in text
    assert "(empty)" in text and "(2 values)" in text
    assert "skill:a0, skill:a1, skill:a2, skill:a3, skill:a4 · Default Collection" in text
    assert "5 rows: " not in checked(snap, group_by="artifact")
    assert "── adding to" in checked(snap, group_by="cause")
    assert "M005  warning         5" in text


@pytest.mark.parametrize("height", [24, 30, 50])
def test_a_screen_is_not_overfilled(height):
    text = checked(unlike_rows(4), width=80, height=height)

    assert len(text.splitlines()) < height


@pytest.mark.parametrize("width", [50, 60, 77, 78, 80, 200])
def test_cells_fit_the_width(width):
    snap = snapshot([imported(description="日本語" * 90)], [row()])

    cells = [line for line in checked(snap, width=width).splitlines() if "→" in line]

    assert len(cells) == 4
    assert max(map(cell_len, cells)) <= width


def test_long_texts_are_shown_from_where_they_differ():
    said = entry(description="same " * 60 + "new end")

    text = checked(snapshot([said], [synced(said, description="same " * 60 + "old end")]))

    assert "old end" in text
    assert "new end" in text


@pytest.mark.slow
def test_names_reach_the_terminal_escaped():
    hostile = imported(HOSTILE, description="\x1b]0;owned\x07", name="x", path="\u202eskills")
    snap = snapshot([hostile], [row(HOSTILE)], collections=(("default", "\x1b[2J\u2028"),))

    for text in (checked(snap, verbose=True), shown(snap, HOSTILE)):
        assert not set("\x1b\u202e\x9b\x07\u2028") & set(text)
        assert "\\x1b" in text


def test_collections_of_one_name_show_their_ids():
    twins = (("default", "Default Collection"), ("f00", "Default Collection"))
    snap = snapshot([entry(author="J")], [row(), row(collection="f00")], collections=twins)

    text = checked(snap)

    assert "Default Collection (default)" in text
    assert "Default Collection (f00)" in text


def test_a_home_without_a_cache_says_so():
    from skillmeat_audit.model.home import Home

    snap = snapshot([entry()], home=Home("/x", None, "default"), era=None, collections=())

    assert "no cache yet" in checked(snap)


@pytest.mark.slow
def test_values_come_first_then_the_layers_that_have_them():
    text = "Does it. " * 20
    snap = snapshot([imported(description=text)], [row(), row(collection="t1")])

    lines = shown(snap, width=60).splitlines()

    assert lines[1].split() == ["description", "D001"]
    assert lines[2].startswith("    Does it.") and lines[2].endswith("Does it.…")
    assert lines[3].strip() == "manifest (default)"
    assert lines[4] == "  ≠ (empty)  row (Default Collection), row (Team)"
    assert "empty in all layers:" in "\n".join(lines)
    assert shown(snap, width=60, full=True).count("Does it.") > 19


def test_an_artifact_shows_the_writer_of_its_row():
    text = shown(snapshot([imported()], [row()]))

    assert "(import-bare, likely) wrote three fields" in " ".join(text.split())
    assert "three fields" in " ".join(text.split())


def test_an_artifact_shows_the_writer_of_a_right_row():
    text = shown(snapshot([entry(description="Does it.")], [synced(entry(description="Does it."))]))

    assert "row in Default Collection\n  last writer: a refresh in any release (refresh, " in text
    assert "next:" not in text


@pytest.mark.slow
def test_the_repair_command_comes_last():
    mended = shown(snapshot([imported(description="Does it.")], [row()]), width=60)
    orphan = shown(snapshot([], [row()]), width=200)
    said = imported(description="Does it.")
    explained = shown(snapshot([said], [synced(said, author="J")]), width=200)

    assert mended.splitlines()[-3:] == [
        "next:  skillmeat-audit plan /HOME --artifact skill:alpha \\",
        "         -o plan.json",
        "           1 row to update (4 cells)",
    ]
    assert "--artifact skill:alpha --disposition review --deletes -o review.json" in orphan
    assert "1 row to delete: needs review" in orphan
    assert explained.splitlines()[-1].startswith("next:  skillmeat-audit rules M013")


def test_a_missing_file_is_named_in_place_of_a_description():
    missing = {"state": "missing", "reason": "no such file"}
    snap = snapshot([entry()], [row()], written={"skill:alpha": missing})

    assert "front matter: no such file" in shown(snap, width=140)


def test_collections_and_sources_without_a_name_are_shown_by_their_id():
    nameless = (("default", None), (None, None))
    odd = {"id": "s1", "repo_url": None, "owner": None, "repo_name": None}
    snap = snapshot([imported()], [row()], collections=nameless, sources=[odd], catalog=[known()])

    text = shown(snap, width=160)

    assert "row (default)" in text
    assert "catalogue (s1)" in text


def test_endless_names_and_values_are_cut_quickly():
    endless = "x" * 3_000_000
    snap = snapshot([entry(author=endless)], [row(), row(f"skill:{endless}")])

    text = checked(snap)

    assert len(text) < 20_000
    assert "…" in text


@pytest.mark.slow
def test_lines_follow_the_width_of_the_terminal_and_commands_stay_whole():
    snap = snapshot([imported(), entry("agent:x")], [row(), row("skill:orphan")])
    audit = audited(snap)

    for width in (80, 100, 120):
        made = check_text(audit, Layout(width))
        lines = "\n".join(line.plain for line in made).splitlines()
        assert [line for line in lines if len(line) > width and "skillmeat-audit" not in line] == []
        shows = shown(snap, width=width).splitlines()
        assert [line for line in shows if len(line) > width and "skillmeat-audit" not in line] == []


def test_findings_that_differ_in_nothing_are_one_group():
    entries = [entry("skill:review"), entry("command:review")]

    text = checked(snapshot(entries, [synced(each) for each in entries]))

    assert "2 artifacts: K005" in text
    assert text.count("the name is used for command, skill") == 1


def test_the_repairs_in_the_table_are_explained():
    snap = snapshot([imported(description="Does.")], [row(), row("skill:orphan")])

    text = " ".join(checked(snap).split())

    assert "safe = the manifest has the value · review = a person decides" in text
    assert "fill =" not in text


def test_a_rule_without_a_repair_is_repaired_by_hand():
    entries = [entry("skill:review"), entry("command:review")]

    text = checked(snapshot(entries, [synced(each) for each in entries]))

    assert "by hand  One name under several types" in text
    assert "by hand = no plan repairs it" in text


@pytest.mark.parametrize("width", [60, 80])
def test_a_low_screen_shows_the_worst_rules_and_repeats_no_command(make_home, width):
    audit = sma.audit(make_home(), progress=False)
    repairs = repair_steps(audit, NextCommands("~/.skillmeat"))
    steps = first_steps(repairs, audit.findings, audit.names, NextCommands("~/.skillmeat"))

    for height in (8, 24):
        lines = check_text(audit, Layout(width, height=height), Guide(steps, None, repairs[1:]))
        text = "\n".join(line.plain for line in lines)

        assert [code for code in ("D001", "S001", "S003") if f"\n{code} " in text] == [
            "D001",
            "S001",
            "S003",
        ]
        assert text.count("-o plan.json") == 1
