"""The headline: what it counts, what it says, and that every format has the same numbers."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from builders import SOURCE, audited, entry, imported, known, row, snapshot, synced
from conftest import SHARED

import skillmeat_audit as sma
from skillmeat_audit.api.compose import make_report
from skillmeat_audit.api.sample import HOMES as BUNDLED
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.notice import Notice
from skillmeat_audit.reports.facts.headline import Selection
from skillmeat_audit.reports.files import github, junit, markdown, prometheus, report_json, sarif
from skillmeat_audit.reports.files.check_json import check_json
from skillmeat_audit.reports.files.html_page import html_page
from skillmeat_audit.reports.files.notice import notice_of
from skillmeat_audit.reports.terminal.check import Layout, check_text

MARKET = {"catalog": [known()], "sources": [SOURCE]}
HOMES = SHARED / "homes"
PARTS = [path.relative_to(HOMES) for path in sorted(HOMES.glob("*/home*"))]
RECORDED = {
    "A-seed": ("artifact_id", {"skill:plain-three", "skill:work-only"}),
    "D-0.9.0": ("artifact_uuid", {"skill:plain-three"}),
    "F-0.74.0": ("artifact_uuid", {"skill:plain-three", "skill:work-only"}),
}
# Blank on the recorded pages, and no manifest, file, catalogue entry or row has a description.
KNOWN_TO_NONE = set(
    """
    command:no-fm-cmd composite:kit-plugin skill:empty-desc skill:get-started.md
    skill:ghost-in-default skill:ghost-not-there skill:no-frontmatter
""".split()
)
needs_homes = pytest.mark.skipif(not PARTS, reason=f"needs the real homes at {SHARED.name}/homes")


def headline(*arguments, **values):
    return audited(snapshot(*arguments, **values)).headline


def numbers(audit):
    return asdict(audit.headline.pages)


def copied(part, tmp_path):
    return sma.audit(
        shutil.copytree(HOMES / part, tmp_path / "copy", symlinks=True), progress=False
    )


def test_a_page_is_blank_where_only_the_file_knows_the_text():
    """SkillMeat's defaults, no indexing: manifest and row have no description, SKILL.md does."""
    said = imported("skill:1password")
    written = {"skill:1password": {"description": "Reads secrets.", "file": "skills/x/SKILL.md"}}
    market = {"catalog": [known("skill:1password")], "sources": [SOURCE]}

    first = headline([said], [synced(said)], written=written, **market).sentences[0]

    assert first == "Pages show 1 artifact without a description; SKILL.md knows it."


def test_the_bundled_home_of_default_settings_has_a_blank_page(cli, make_home, era):
    text = cli("check", make_home("unindexed", era))[1]

    answer = text.split("\n\n")[1].splitlines()
    assert answer[0] == "Pages show 1 artifact without a description; SKILL.md knows it."


def test_a_row_that_is_wrong_behind_a_right_page_is_not_blank():
    found = headline([imported(description="Does it.")], [row()], **MARKET)

    assert (found.pages.without_description, found.pages.not_clickable) == (0, 0)
    assert found.sentence == ("1 artifact has wrong rows (4 errors). Its page still looks right.")


def test_a_local_artifact_without_a_source_needs_no_link():
    said = entry(description="Local.")

    assert headline([said], [synced(said)]).sentence == "Nothing wrong was found."


def test_pages_that_fail_are_part_of_the_answer_whatever_is_selected():
    problem = {"kind": "mistyped", "place": "x:7", "detail": "bad", "artifact_id": "skill:alpha"}
    said = entry(description="Local.")
    audit = audited(snapshot([said], [synced(said)], problems=[problem]))
    audit = replace(audit, selection=Selection(failing=1))

    for part in (audit, audit.only(rule="F003")):
        first = part.headline.sentences[0]
        assert first == "Some pages answer error 500, for 1 reason (rule V004)."
        assert part.headline.tone == "bad"


def test_artifacts_that_no_list_shows_are_part_of_the_answer_whatever_is_selected():
    audit = audited(snapshot([entry(), entry("skill:beta")], []))
    audit = replace(audit, selection=Selection(unlisted=2))

    for part in (audit, audit.only(rule="F003")):
        first = part.headline.sentences[0]
        assert first == "The list of all artifacts lacks 2 artifacts: they have no row (rule K001)."
        assert part.headline.tone == "bad"


def test_a_missing_row_counts_under_a_filter(make_home):
    home = make_home("clean")
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as database, database:
        database.execute("DELETE FROM collection_artifacts WHERE collection_id = 'default'")
    audit = sma.audit(home, progress=False)
    part = sma.audit(home, scope=sma.Scope(select=["F003"]), progress=False)

    assert audit.headline.unlisted == (audit.findings["rule"] == "K001").sum() > 0
    assert part.headline.unlisted == audit.headline.unlisted


@pytest.mark.slow
def test_the_command_line_counts_what_fails_under_a_filter(cli, make_home):
    home = make_home("clean")
    manifest = home / "collections" / "default" / "collection.toml"
    manifest.write_text(
        manifest.read_text().replace(
            "[artifacts.metadata]", "[artifacts.metadata]\nversion = 1.10", 1
        )
    )

    for options in ((), ("--select", "D"), ("--ignore", "L")):
        text = " ".join(cli("check", home, *options)[1].split())
        assert "Some pages answer error 500, for 1 reason (rule V004)." in text


def test_a_known_source_that_is_no_link_is_counted():
    said = imported(description="Does it.")

    found = headline([said], [synced(said)])

    assert found.sentence.startswith("Pages show 1 artifact with a source that cannot be clicked.")


@pytest.mark.parametrize(
    ("era", "column", "expected"),
    [
        ("artifact_id", "version", 1),
        ("artifact_uuid", "version", 1),
        ("artifact_uuid", "author", 1),
        ("artifact_uuid", "resolved_sha", 0),
    ],
)
def test_values_that_only_the_file_has_are_blanked_next(era, column, expected):
    said = entry(description="Local.")
    written = {"skill:alpha": {column: "1"}}

    found = headline([said], [synced(said, **{column: "1"})], written=written, era=era)

    assert found.pages.values_blanked_next == expected
    assert ("blanks 1 value that a row holds" in found.sentence) == bool(expected)


def test_rows_that_no_refresh_reaches_keep_their_values():
    """Since 0.9.0 a refresh writes the first row of an artifact, and a start those of `default`."""
    said = entry(description="Local.")
    rows = [
        synced(said, added_at="2026-01-01"),
        synced(said, "t1", added_at="2026-01-02", author="J"),
    ]

    found = headline([said], rows, written={"skill:alpha": {"author": "J"}}, era="artifact_uuid")

    assert found.pages.values_blanked_next == 0


@pytest.mark.slow
def test_a_filter_and_a_baseline_limit_the_answer(cli, make_home, tmp_path):
    home, accepted = make_home(), tmp_path / "accepted.toml"
    nothing = cli("check", home, "--select", "F003")[1]
    cli("check", home, "--baseline", accepted, "--update-baseline")
    known_only = cli("check", home, "--baseline", accepted)[1]

    assert "No finding matches select F003; 29 others are hidden." in nothing
    assert re.search(r"Nothing new; \d+ known findings are accepted\.", known_only)


def test_an_unreadable_manifest_is_part_of_the_answer():
    problem = {
        "kind": "manifest",
        "place": "collections/default/collection.toml:9",
        "detail": "bad",
    }

    sentence = headline([], [], problems=[problem]).sentence

    assert sentence.startswith(
        "1 manifest could not be read in full (collections/default/collection.toml:9: bad): "
        "what it says is not known. Make it readable, then check again."
    )


@pytest.mark.parametrize("damage", ["directory", "not TOML"])
def test_an_unreadable_manifest_comes_first_with_path_and_reason(cli, make_home, damage):
    manifest = make_home() / "collections" / "default" / "collection.toml"
    manifest.write_text("x = [")
    if damage == "directory":
        manifest.unlink()
        manifest.mkdir()

    code, out, _ = cli("check", manifest.parents[2])

    first = " ".join(out.split("\n\n")[1].split())
    reason = "is not TOML 1.0" if damage == "not TOML" else "is not a regular file"
    assert first.startswith(
        "1 manifest could not be read in full (collections/default/collection.toml: " + reason
    )
    assert "Make it readable, then check again." in first
    assert code == 1  # an error among the findings: the rest was checked


def test_the_numbers_of_artifacts_add_up():
    """Blank, shown wrong, wrong behind a right page, lacking details: each artifact counts once."""
    said = [imported(f"skill:{name}", description="D.", author="J") for name in ("blank", "behind")]
    local = [entry(f"skill:{name}", description="D.", author="J") for name in ("stale", "lacking")]
    rows = [
        synced(said[0], description=None),
        row("skill:behind"),
        synced(local[0], description="Old."),
        synced(local[1], author=None),
    ]
    market = {"catalog": [known("skill:blank"), known("skill:behind")], "sources": [SOURCE]}

    found = headline([*said, *local], rows, **market)

    pages = found.pages
    assert (pages.not_right, pages.shown_wrong) == (1, 1)
    assert (pages.wrong_but_shown_right, pages.lacking_details) == (1, 1)
    assert found.sentences[1:] == (
        "Pages show a wrong description, source or origin of 1 artifact.",
        "The row of 1 artifact holds wrong values that pages still show right.",
        "Rows of 1 more artifact lack or misstate tags, author, license, tools or version.",
    )


def test_an_upgrade_that_would_fail_is_part_of_the_answer_unless_it_is_ignored(cli, tmp_path):
    problem = {"kind": "older", "place": "cache.db", "detail": "groups lacks color"}
    said = entry(description="Local.")
    audit = audited(snapshot([said], [synced(said)], problems=[problem]))

    warned = replace(audit, selection=Selection(blocks_upgrade=True)).headline

    assert warned.sentences[-1] == (
        "Do not upgrade to SkillMeat 0.74.0 yet: its pages would answer error 500, as columns are "
        "missing (rule X003)."
    )


@pytest.mark.slow
@needs_homes
def test_a_home_that_cannot_be_upgraded_says_so_until_the_rule_is_ignored(cli, tmp_path):
    home = shutil.copytree(HOMES / "A-seed" / "home", tmp_path / "copy", symlinks=True)
    warning = "Do not upgrade to SkillMeat 0.74.0 yet"

    assert warning in cli("check", home)[1]
    assert warning in cli("check", home, "--select", "D")[1]
    assert warning not in cli("check", home, "--ignore", "X003")[1]


@needs_homes
def test_the_first_blank_pages_are_named_and_a_command_lists_all(cli, tmp_path):
    home = shutil.copytree(HOMES / "F-0.74.0" / "home", tmp_path / "copy", symlinks=True)
    out = " ".join(cli("check", home)[1].replace("\\\n", "").split())

    listed = json.loads(cli("check", home, "--select", "D004,K002,V001", "--format", "json")[1])

    blank = copied("F-0.74.0/home", tmp_path / "other").page_facts.query("blank")
    assert "skill:plain-three, skill:work-only, command:no-fm-cmd, and 4 more: skillmeat" in out
    assert "--select D004,K002,V001 The list of all artifacts lacks 2" in out
    assert {*blank["artifact_id"]} <= {each["artifact_id"] for each in listed["findings"]}


def assert_same_numbers(audit):
    """Compare what every format has of the headline with the one value."""
    sentence, pages, report = audit.headline.sentence, numbers(audit), make_report(audit)
    in_check = json.loads(check_json(audit, "1"))["headline"]
    in_report = json.loads(report_json.report_json(report))["headline"]
    (run,) = json.loads(sarif.sarif(report))["runs"]
    suite = ET.fromstring(junit.junit_xml(report))[0]
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    gauges = prometheus.metrics(report)

    assert in_check == in_report == run["properties"]["headline"]
    assert in_check["sentence"] == sentence == properties["headline.sentence"]
    for name, number in pages.items():
        assert in_check[name] == number
        assert properties[f"headline.{name}"] == ("" if number is None else str(number))
        if f"pages_{name}" in gauges:
            assert re.search(rf"^skillmeat_audit_pages_{name}{{.*}} {number}$", gauges, re.M)
    assert_same_sentences(audit, report)


def assert_same_sentences(audit, report):
    notice = notice_of(report, Severity.INFO)
    text = " ".join(line.plain for line in check_text(audit, Layout(120)))
    for sentence in audit.headline.sentences:
        assert sentence in " ".join(text.split())
        assert sentence in unescape(html_page(report).decode())
        assert markdown.escaped(sentence) in markdown.markdown(report)
        assert sentence in github.annotations(report)
        assert sentence in unescape(audit._repr_html_())
        assert sentence in repr(audit)
        assert notice is None or (isinstance(notice, Notice) and sentence in notice.body)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_format_has_the_numbers_of_a_bundled_home(make_home, name, era):
    assert_same_numbers(sma.audit(make_home(name, era), progress=False))


@pytest.mark.slow
@needs_homes
@pytest.mark.parametrize("part", PARTS or ["none"], ids=str)
def test_every_format_has_the_numbers_of_a_real_home(part, tmp_path):
    assert_same_numbers(copied(part, tmp_path))


@needs_homes
@pytest.mark.parametrize("case", sorted(RECORDED))
def test_the_blank_artifacts_are_those_of_the_recorded_pages(case, tmp_path):
    recorded = {
        item["id"]
        for path in sorted((HOMES / case / "api").glob("10_before_repair_*.json"))
        for answer in listed(path)
        for item in answer["body"]["items"]
        if not item["description"]
    }

    facts = copied(f"{case}/home", tmp_path).page_facts

    blank = facts[facts["blank"]]
    knowing = blank[blank[["in_manifest", "in_file", "in_catalog", "in_row"]].any(axis=1)]
    assert set(blank["artifact_id"]) == recorded
    assert set(knowing["artifact_id"]) == recorded - KNOWN_TO_NONE == RECORDED[case][1]


def listed(path):
    """Return the answers in *path* that list artifacts of a collection."""
    content = json.loads(path.read_text())
    return content if isinstance(content, list) else []


@pytest.mark.slow
@needs_homes
def test_the_values_that_a_repair_of_rows_would_lose_are_counted(tmp_path):
    """Measured on F-0.74.0 with the release itself: restart and refresh blank 41 filled cells."""
    audit = copied("F-0.74.0/home", tmp_path)
    before = audit.headline.pages.values_blanked_next

    after = audit.plan(targets=["rows"]).apply(sma.Options(tmp_path / "state")).after

    assert after.headline.pages.values_blanked_next - before == 41
    assert printable(after.headline.sentence) == after.headline.sentence


@pytest.mark.slow
def test_a_repair_of_rows_and_manifests_loses_nothing(tmp_path):
    after = copied("F-0.74.0/home", tmp_path).plan().apply(sma.Options(tmp_path / "state")).after

    assert after.headline.pages.values_blanked_next == 0
    assert not set(after.findings["rule"]) & {"D005", "M016"}


def test_findings_are_filtered_by_their_page():
    told = [imported(), imported("skill:b", description="B.")]
    rows = [row(), row("skill:b")]
    audit = audited(snapshot(told, rows, catalog=[known(), known("skill:b")], sources=[SOURCE]))

    blank, right = (
        set(audit.only(page=state).findings["artifact_id"]) for state in ("blank", "right")
    )

    assert (blank, right) == ({"skill:alpha"}, {"skill:b"})
    assert "match page='blank'; " in audit.only(page="blank").headline.sentence


@pytest.mark.slow
def test_an_artifact_shows_its_pages_in_every_form(cli, make_home):
    home = make_home()
    view = sma.audit(home, progress=False).show("skill:1password")

    text = " ".join(cli("show", "skill:1password", home)[1].split())
    pages = json.loads(cli("show", "skill:1password", home, "--format", "json")[1])["pages"]

    line = "served from the manifest: the row was never synced, or was invalidated; its source is"
    assert line in text
    assert line in view._repr_html_()
    assert "page (Default Collection)" in view._repr_html_()
    assert {page["tier"] for page in pages} == {"manifest"}


def test_the_report_lists_blank_pages_with_why_and_what_to_do():
    home = snapshot(
        [imported(), entry("skill:none")],
        [row(), row("skill:none")],
        **MARKET,
        written={"skill:alpha": {"description": "Does.", "file": "x/SKILL.md"}},
    )

    first, second = make_report(audited(home)).blanks

    assert first.why.endswith("SKILL.md knows it")
    assert first.action.endswith("--artifact skill:alpha -o plan.json")
    assert second.why.endswith("no layer knows a description")
    assert second.action == "write a description into its manifest entry, then plan again"


@needs_homes
def test_what_to_do_about_a_blank_page_is_possible(tmp_path):
    blanks = make_report(copied("F-0.74.0/home", tmp_path)).blanks

    actions = {each.artifact_id: each.action for each in blanks}
    assert actions["command:no-fm-cmd"].startswith("write a description into the artifact's file")
    assert actions["composite:kit-plugin"].startswith("write a description into its manifest")
    assert actions["skill:empty-desc"].startswith("its files are missing: restore them, or delete")
    assert actions["skill:get-started.md"].startswith("orphan: delete the row")


def test_the_numbers_of_the_causes_add_up(make_home):
    summary = sma.audit(make_home(), progress=False).summary

    assert sum(cause.rows for cause in summary.causes) == summary.wrong_rows == 3


def test_what_can_be_repaired_is_first_among_the_blank_pages():
    entries = [imported(f"skill:{name}") for name in "abc"]
    audit = audited(
        snapshot(
            entries,
            [synced(each) for each in entries],
            written={"skill:c": {"description": "Text."}},
        )
    )

    blanks = make_report(audit).blanks

    assert [(each.artifact_id, each.is_command) for each in blanks] == [
        ("skill:c", True),
        ("skill:a", False),
        ("skill:b", False),
    ]
