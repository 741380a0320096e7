"""Every rule: what holds for all of them, and one small case that each reports."""

import re
from functools import cache

import pandas as pd
import pytest
from builders import (
    SOURCE,
    UPSTREAM,
    audited,
    entry,
    imported,
    known,
    repaired,
    row,
    snapshot,
    synced,
    wrote,
)

from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.manifest_repairs import manifest_mends
from skillmeat_audit.diff.provenance.verdicts import attribute
from skillmeat_audit.diff.registry import run_checks
from skillmeat_audit.diff.rules import CHECKS, FAMILIES, RULES
from skillmeat_audit.diff.rules.cells import CELL_RULES
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import CELL_STATUSES, Status
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.rules import NEVER_ACCEPTED
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.repair.plan import changes_from

ELSEWHERE = "https://git.example.org/a/b/"
OTHER = "https://github.com/other/repo/tree/main/skills/alpha"
FULL = {
    "description": "Does it.",
    "author": "Jane",
    "license": "MIT",
    "version": "1.0",
    "tags_json": '["a"]',
    "tools_json": '["Read"]',
}
LONG = "x" * 1025
RESOLVED = {"resolved_sha": "abc", "resolved_version": "v1"}


def findings(snap):
    comparison = compare(snap)
    return run_checks(CHECKS, comparison, attribute(comparison))


@cache
def compared_case(code):
    """Return the comparison of a case, made once for all tests."""
    return compare(CASES[code])


@cache
def case_findings(code):
    """Return all findings of a case."""
    comparison = compared_case(code)
    return run_checks(CHECKS, comparison, attribute(comparison))


def codes(snap):
    return set(findings(snap)["rule"])


def local(**values):
    """Return a snapshot of one local artifact whose row holds *values* instead."""
    said = entry(**FULL, **RESOLVED)
    return snapshot([said], [synced(said, **values)])


def with_file(manifest, front_matter, **values):
    """Return a snapshot of one artifact with *front_matter*, its row with *values*."""
    said = entry(**manifest)
    return snapshot([said], [synced(said, **values)], written={"skill:alpha": front_matter})


def market(rows=None, **values):
    said = imported(**values)
    return snapshot([said], [synced(said, **(rows or {}))], sources=[SOURCE], catalog=[known()])


def with_problem(kind, **values):
    return snapshot(
        [entry()], [synced(entry())], problems=[{"kind": kind, "detail": "why"} | values]
    )


def on_disk(state, **values):
    said = entry()
    return snapshot([said], [synced(said)], written={"skill:alpha": {"state": state} | values})


def unsynced(said, collection="default", **values):
    return synced(said, collection, synced_at=None, **values)


CASES = {
    "D001": local(description=None),
    "D002": local(description="Another."),
    "D003": snapshot([entry()], [synced(entry(), description="Mine alone.")]),
    "D004": snapshot([entry()], [synced(entry())]),
    "D005": with_file({}, {"description": "Written."}, description="Written."),
    "D006": local(description="None"),
    "F001": on_disk("missing", reason="no such file"),
    "F002": snapshot([entry(path="/home/old/.skillmeat/collections/default/skills/alpha")]),
    "F003": on_disk("outside", reason="the path leads out of the collection folder"),
    "F004": on_disk("unreadable", reason="is not UTF-8"),
    "F005": with_file({}, {"name": "Other_Name", "description": LONG}, description=LONG),
    "F006": with_problem("undeclared", artifact_id="skill:stray", place="skills/stray"),
    "F007": with_file({}, {"reason": "line 3: why; quote the value"}),
    "F008": with_file({"author": "Jane"}, {"author": "Ann"}),
    "K001": snapshot([entry()]),
    "K002": snapshot([], [row()]),
    "K003": snapshot([entry(), entry()], [row()]),
    "K004": snapshot([entry(author="Jane"), entry(place="work", author="Ann")], [row()]),
    "K005": snapshot([entry(), entry("command:alpha")]),
    "K006": snapshot([], [row("no-type")]),
    "K007": snapshot([], [row(collection="gone")]),
    "K008": snapshot(collections=(("default", "Default"), ("f00", "Default Collection"))),
    "L001": with_problem("manifest", place="collections/other/collection.toml:7"),
    "L002": snapshot([entry(linked=True)]),
    "L003": snapshot(home=Home(pd.NA, None, "default", "config.toml cannot be read")),
    "L004": with_problem("unrefreshable", artifact_id="skill:alpha", place="x/collection.toml:7"),
    "M001": local(tags_json=None),
    "M002": local(tags_json='["b"]'),
    "M003": local(tools_json=None),
    "M004": local(tools_json='["Bash"]'),
    "M005": local(author=None),
    "M006": local(author="Ann"),
    "M007": local(license=None),
    "M008": local(license="ISC"),
    "M009": local(version=None),
    "M010": local(version="0.9"),
    "M011": snapshot([entry()], [synced(entry(), tags_json='["a"]')]),
    "M012": snapshot([entry()], [synced(entry(), tools_json='["Read"]')]),
    "M013": snapshot([entry()], [synced(entry(), author="Ann")]),
    "M014": snapshot([entry()], [synced(entry(), license="ISC")]),
    "M015": snapshot([entry()], [synced(entry(), version="1")]),
    "M016": with_file({}, {"author": "Ann"}, author="Ann"),
    "M020": local(tags_json="a, b"),
    "R001": local(resolved_sha="abd"),
    "R002": local(resolved_version=None),
    "R003": snapshot([entry()], [synced(entry(), resolved_sha="abc")]),
    "R004": snapshot([entry()], [synced(entry(), resolved_version="v1")]),
    "S001": market({"source": None}),
    "S002": market({"source": OTHER}),
    "S003": market({"origin": None}),
    "S004": local(origin="github"),
    "S005": market({"origin_source": None}),
    "S006": market({"origin_source": "gitlab"}),
    "S007": local(origin_source="github"),
    "S008": local(origin="marketplace", origin_source="github", source=UPSTREAM),
    "S009": market({"source": "skill:alpha"}),
    "S010": market(source=OTHER),
    "S011": market(source=f"{UPSTREAM}-1", artifact_id="skill:alpha-1", name="alpha-1"),
    "S012": market(import_id="lost"),
    "S013": local(source=UPSTREAM),
    "S014": market({"origin_source": "github"}, source=ELSEWHERE, origin_source=None),
    "T001": local(synced_at=None),
    "T002": with_file(
        {"author": "Jane"}, {"author": "Ann", "modified_at": "2026-03-01 00:00:00.000000"}
    ),
    "V001": local(description=None),
    "V002": market(source=OTHER),
    "V003": snapshot([entry(place="work", **FULL)], [unsynced(entry(place="work", **FULL))]),
    "V004": with_problem("mistyped", artifact_id="skill:alpha", place="x/collection.toml:7"),
    "X001": with_problem("schema"),
    "X002": with_problem("integrity"),
    "X003": with_problem("older"),
    "X004": with_problem("absent"),
    "X005": with_problem("unsecured"),
}


def test_every_rule_has_a_case_and_every_case_a_rule():
    assert sorted(CASES) == [rule.code for rule in RULES]


@pytest.mark.parametrize("code", sorted(CASES))
def test_the_rule_speaks_in_its_compared_case(code):
    assert code in set(case_findings(code)["rule"])


def test_codes_are_unique_and_sorted_within_known_families():
    names = [rule.code for rule in RULES]

    assert names == sorted(set(names))
    assert {name[0] for name in names} == set(FAMILIES)
    assert all(re.fullmatch(r"[A-Z]\d{3}", name) for name in names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_title_and_a_page(rule):
    assert 10 < len(rule.title) < 100
    assert "\n" not in rule.title
    assert len(rule.page) > 60


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_ends_with_what_to_do_and_a_plan_has_something_to_do(rule):
    plan = f"skillmeat-audit plan HOME --select {rule.code}"
    dispositions = set(case_findings(rule.code).query("rule == @rule.code")["disposition"])

    assert rule.action
    assert "Do: " not in rule.page
    # Those whose repair is a plan in other cases, or of other rules' findings, say which.
    if rule.action == f"{plan} -o plan.json":
        assert dispositions <= {"safe", "fill"}
    elif plan not in rule.action and "-o plan.json" not in rule.action:
        assert dispositions <= {"none", "review"}


def test_every_page_has_words_of_its_own():
    pages = [rule.page.partition("\n\nSee docs/")[0] for rule in RULES]

    assert len({rule.title for rule in RULES}) == len(set(pages)) == len(RULES)


def test_every_kind_of_disagreement_of_a_column_has_one_rule():
    covered = [(column, s) for _, column, statuses, _ in CELL_RULES for s in statuses]

    # A manifest entry always has an origin: a row's is never extra.
    expected = {(column, s) for column in COLUMNS for s in CELL_STATUSES}
    assert sorted(covered) == sorted(expected - {("origin", Status.EXTRA)})


def test_the_topics_name_rules_that_exist():
    codes = {rule.code for rule in RULES}

    assert codes >= {*NEVER_ACCEPTED}
    assert {rule.family for rule in RULES if rule.judges_keys} == {"K"}


def agreeing():
    """Return layers that agree in everything."""
    said = imported(**FULL, **RESOLVED, import_id="i1")
    return snapshot(
        [said, entry("command:go", **FULL)],
        [synced(said), synced(entry("command:go", **FULL)), synced(said, "t1")],
        written={"skill:alpha": {"name": "alpha"} | FULL, "command:go": FULL},
        sources=[SOURCE],
        catalog=[known(import_id="i1")],
    )


def test_no_rule_reports_layers_that_agree():
    comparison = compare(agreeing())

    assert [each.rule.code for each in CHECKS if len(each.find(comparison))] == []


def test_no_rule_reports_an_empty_home():
    comparison = compare(snapshot())

    assert [each.rule.code for each in CHECKS if len(each.find(comparison))] == []


OF_FILES = ("manifest", "frontmatter", "problems")
OF_CACHE = ("rows", "collections", "catalog", "sources", "groups", "problems")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.code)
def test_the_rule_does_not_change_the_snapshot(check):
    comparison = compared_case(check.rule.code)
    snap = comparison.snapshot
    frames = [getattr(snap, name) for name in OF_FILES]
    frames += [getattr(snap.cache, name) for name in OF_CACHE]
    copies = [frame.copy() for frame in frames]

    check.find(comparison)

    for frame, copy in zip(frames, copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


@pytest.mark.parametrize("code", sorted(CASES))
def test_findings_keep_their_contract_and_order(code):
    found = case_findings(code)

    assert list(found.columns) == list(FINDINGS.columns)
    keys = found[["collection_id", "artifact_id", "rule", "column"]].fillna("")
    assert keys.equals(keys.sort_values(list(keys.columns), kind="stable"))


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_cell_has_one_finding(code):
    found = case_findings(code)

    in_cells = found[found["column"].notna() & found["status"].notna()]
    assert not in_cells.duplicated(["collection_id", "artifact_id", "column"]).any()


def test_an_ambiguous_key_yields_key_findings_only():
    broken = {"path": "/x", "linked": True, "author": "Jane"}
    twice = snapshot(
        [entry(**broken), entry(**broken)],
        [row(description="None", source="x")],
        written={"skill:alpha": {"state": "unreadable"}},
    )

    assert {code[0] for code in codes(twice)} == {"K"}


def test_rows_with_the_same_key_yield_key_findings_only():
    twice = snapshot([entry(author="Jane")], [row(), row()])

    assert {code[0] for code in codes(twice)} == {"K"}


def test_special_rules_keep_what_the_cell_says():
    (found,) = records(case_findings("D006").query("column == 'description'"))

    assert found["rule"] == "D006"
    assert (found["status"], found["expected"], found["disposition"]) == (
        "differs",
        "Does it.",
        "safe",
    )


def test_false_provenance_may_write_null():
    found = records(case_findings("S008").query("rule == 'S008'"))

    assert {each["column"] for each in found} == {"source", "origin", "origin_source"}
    assert {each["disposition"] for each in found} == {"safe"}
    assert [each["expected"] for each in found if each["column"] == "source"] == [None]


@pytest.mark.parametrize("origin", [None, "elsewhere"])
def test_a_pair_that_the_repair_of_its_origin_makes_impossible_is_repaired_too(origin):
    snap = local(origin=origin, origin_source="github")

    (found,) = records(findings(snap).query("column == 'origin_source'"))

    assert (found["rule"], found["expected"], found["disposition"]) == ("S007", None, "safe")


def test_an_accident_that_the_manifest_shares_is_for_review():
    snap = with_file({"description": "None"}, {"description": "Real."})

    (found,) = records(findings(snap).query("column == 'description'"))

    assert (found["rule"], found["expected"], found["disposition"]) == ("D006", "Real.", "review")
    assert "the manifest holds an accident" in found["detail"]


@pytest.mark.slow
def test_an_accident_in_the_manifest_alone_is_reported_and_never_proposed():
    right = with_file({"description": "|"}, {"description": "Real."}, description="Real.")
    empty = with_file({"description": "|"}, {}, description=None)
    known_elsewhere = with_file({"description": "|"}, {"description": "Real."}, description=None)

    for snap in (right, empty):
        (found,) = records(findings(snap).query("rule in ('D001', 'D002', 'D005', 'D006')"))
        assert (found["rule"], found["expected"]) == ("D006", None)
    (found,) = records(
        findings(known_elsewhere).query("column == 'description' and status.notna()")
    )
    assert (found["rule"], found["expected"], found["evidence"]) == ("D001", "Real.", "frontmatter")


def test_a_front_matter_that_is_not_closed_is_not_called_absent():
    snap = with_file({}, {"fenced": False, "reason": "line 1: the front matter is not closed"})

    found = {each["rule"]: each["detail"] for each in records(findings(snap))}

    assert "not closed" in found["F007"]
    assert "not closed" in found["F005"]
    assert "no front matter" not in found["F005"]


def test_rows_are_not_orphans_while_a_manifest_hides_its_entries():
    assert "K002" not in codes(snapshot([], [row()], may_hide_entries=True))


def test_a_row_whose_entry_is_refused_is_not_an_orphan():
    refused = [{"kind": "manifest", "artifact_id": "skill:alpha", "detail": "why"}]

    assert "K002" not in codes(snapshot([], [row()], problems=refused))


@pytest.mark.parametrize(
    ("declared", "held", "difference"),
    [
        ("skill:Alpha", "skill:alpha", "case"),
        ("skill:caf\xe9", "skill:cafe\u0301", "Unicode form (NFC/NFD)"),
        ("skill:caf\xe9", "skill:CAFE\u0301", "case and Unicode form (NFC/NFD)"),
    ],
)
def test_a_missing_row_and_an_orphan_of_one_name_name_each_other(declared, held, difference):
    snap = snapshot([entry(declared), entry("skill:beta")], [row(held), row("skill:gamma")])
    details = {
        (each["rule"], each["artifact_id"]): each["detail"]
        for each in records(findings(snap))
        if each["rule"] in ("K001", "K002")
    }

    assert details == {
        ("K001", declared): f"{held} differs from it only in {difference}",
        ("K001", "skill:beta"): None,
        ("K002", held): f"{declared} differs from it only in {difference}",
        ("K002", "skill:gamma"): None,
    }


def test_context_entities_are_not_broken_rows():
    assert not codes(snapshot([], [row("ctx_0123")])) & {"K002", "K006"}


def test_without_a_default_collection_that_alone_is_case_findings():
    found = codes(snapshot([entry()], [], collections=(("t1", "Team"),)))

    assert "K008" in found
    assert "K001" not in found


def test_without_marketplace_tables_links_are_not_judged():
    snap = snapshot([imported(import_id="x")], [synced(imported())], catalog_known=False)

    assert not codes(snap) & {"S010", "S011", "S012"}


@pytest.mark.parametrize("status", ["removed", "excluded"])
def test_a_removed_or_excluded_catalogue_entry_is_not_a_link(status):
    said = imported()
    snap = snapshot([said], [synced(said)], sources=[SOURCE], catalog=[known(status=status)])

    (found,) = records(findings(snap).query("rule == 'S011'"))

    assert status in found["detail"]


@pytest.mark.parametrize(
    ("import_id", "reason"),
    [("skill:alpha", "type:name"), ("i2", "no catalogue entry"), ("i9", "other")],
)
def test_a_broken_catalogue_link_says_how(import_id, reason):
    catalog = [
        known(import_id="skill:alpha" if ":" in import_id else "i1"),
        known("skill:b", import_id="i9"),
    ]
    artifact = imported(import_id=import_id)
    snap = snapshot([artifact], [synced(artifact)], sources=[SOURCE], catalog=catalog)

    (found,) = records(findings(snap).query("rule == 'S012'"))

    assert reason in found["detail"]


def test_without_checks_there_are_no_findings():
    comparison = compared_case("D001")

    assert run_checks((), comparison, attribute(comparison)).empty


@pytest.mark.parametrize("text", ['{"a": 1}', "[1]", '"a"'])
def test_a_broken_list_with_the_same_content_is_reported_and_repaired(text):
    said = entry(tags_json='["1"]' if text == "[1]" else '["a"]')

    found = records(findings(snapshot([said], [synced(said, tags_json=text)])))

    (broken,) = [each for each in found if each["rule"] == "M020"]
    assert (broken["expected"], broken["disposition"]) == (said["tags_json"], "safe")


@pytest.mark.parametrize("text", ["null", "0", "{}", '""'])
def test_a_broken_list_where_none_is_expected_is_case_findings(text):
    said = entry()

    found = records(findings(snapshot([said], [synced(said, tags_json=text)])))

    assert "M020" in [each["rule"] for each in found]


def found_by(code, snap):
    """Return the findings of one rule."""
    return records(findings(snap).query(f"rule == '{code}'"))


def elsewhere(**values):
    """Return a home whose only artifact is in a file collection that is not active."""
    said = entry(place="work", **FULL)
    return snapshot([said], [unsynced(said, **values)])


@pytest.mark.slow
def test_a_blank_page_says_what_serves_it_and_who_knows_the_text():
    (synced_row,) = found_by("V001", local(description=None))
    file_only = {"skill:alpha": {"description": "Written."}}
    (from_manifest,) = found_by("V001", snapshot([entry()], [row()], written=file_only))
    (reconstructed,) = found_by("V001", elsewhere())

    assert synced_row["detail"] == (
        "the page is served from the row, which has none; the manifest has one"
    )
    assert (synced_row["column"], synced_row["status"]) == ("description", None)
    assert (synced_row["expected"], synced_row["disposition"]) == (None, "safe")
    assert from_manifest["detail"] == (
        "the row was never synced: the page is served from collections/default, which has none; "
        "the artifact's file has one"
    )
    assert (from_manifest["evidence"], from_manifest["disposition"]) == ("frontmatter", "fill")
    assert "the active collection (default) has no entry of it" in reconstructed["detail"]
    assert reconstructed["detail"].endswith("the row has one")
    assert reconstructed["disposition"] == "safe"


_TEXT = entry(place="work", description="Does it.")
AUTHOR_IN_FILE = snapshot([_TEXT], [unsynced(_TEXT)], written={"skill:alpha": {"author": "Ann"}})


@pytest.mark.parametrize(
    ("snap", "disposition"),
    [(elsewhere(version=None), "safe"), (AUTHOR_IN_FILE, "fill")],
)
def test_a_blank_page_is_repaired_by_any_repair_of_its_row(snap, disposition):
    (found,) = found_by("V001", snap)

    assert found["disposition"] == disposition
    assert found_by("V003", snap) == []


def test_a_manifest_that_cannot_be_read_is_named_as_the_cause_of_a_blank_page():
    refused = [{"kind": "manifest", "place": "collections/default/collection.toml:9"}]

    (found,) = found_by("V001", snapshot([entry(**FULL)], [row(**FULL)], problems=refused))

    assert "the manifest of the active collection (default) is unreadable" in found["detail"]


def test_a_page_that_shows_what_the_row_lacks_is_not_blank():
    assert found_by("V001", snapshot([entry(**FULL)], [row()])) == []


def test_a_source_that_the_repair_of_its_cell_makes_clickable_has_its_disposition():
    (lost,) = found_by("V002", market({"source": OTHER}))
    (unregistered,) = found_by("V002", market(source=OTHER))

    assert (lost["disposition"], lost["evidence"]) == ("safe", "manifest")
    assert (unregistered["disposition"], unregistered["evidence"]) == ("none", None)
    assert unregistered["detail"] == "no registered source is its repository"


def test_a_local_artifact_without_a_source_is_right_as_it_is():
    assert found_by("V002", snapshot([entry()], [synced(entry())], sources=[SOURCE])) == []


def test_a_page_that_is_blank_for_ever_says_so_and_how_it_is_repaired():
    (found,) = found_by("V003", elsewhere())

    assert (found["column"], found["status"], found["expected"]) == ("synced_at", None, "now")
    assert (found["disposition"], found["evidence"]) == ("safe", "manifest")
    assert found["detail"] == (
        "its entry is in collections/work, the active one is default; no refresh looks there"
    )


@pytest.mark.parametrize(
    "snap",
    [
        elsewhere(description="Another."),  # its repair sets the time as well
        elsewhere(held_description="Does it."),  # the page shows the artifacts table's
        snapshot([entry(**FULL)], [unsynced(entry(**FULL))]),  # the active collection serves it
        snapshot([entry(place="work", **FULL)], [synced(entry(place="work", **FULL))]),
        snapshot(
            [entry(place="work", **FULL)],
            [unsynced(entry(place="work", **FULL))],
            columns=frozenset(COLUMNS),  # no synced_at to be written
        ),
    ],
)
def test_a_page_that_is_not_blank_for_ever_is_not_reported(snap):
    assert found_by("V003", snap) == []


GROUPED = {"collection_id": "default", "artifact_id": "skill:alpha", "name": "Ops"}


def test_a_group_fails_the_list_of_its_collection_since_0_9():
    said = entry(**FULL)

    (found,) = found_by(
        "V004", snapshot([said], [synced(said)], era="artifact_uuid", groups=[GROUPED])
    )
    older = found_by("V004", snapshot([said], [synced(said)], groups=[GROUPED]))

    assert (found["collection_id"], found["artifact_id"]) == ("default", None)
    assert "lists this collection with its groups (include_groups=true)" in found["detail"]
    assert "take skill:alpha out of the group Ops" in found["detail"]
    assert older == []


def test_an_import_id_of_type_and_name_fails_the_list_of_an_unserved_row():
    catalog = [known(import_id="skill:alpha")]

    (found,) = found_by("V004", snapshot([], [row()], catalog=catalog, sources=[SOURCE]))

    assert "has its type:name as import id" in found["detail"]
    served = snapshot([entry()], [row()], catalog=catalog, sources=[SOURCE])
    assert found_by("V004", served) == []


def test_a_mistyped_value_is_reported_for_the_manifest_and_for_the_page():
    found = findings(with_problem("mistyped", artifact_id="skill:alpha", place="x:7"))
    refresh_only = findings(with_problem("unrefreshable", artifact_id="skill:alpha", place="x:7"))

    assert {"L004", "V004"} <= set(found["rule"])
    assert "V004" not in set(refresh_only["rule"])


def test_a_path_that_exists_outside_of_the_home_is_an_error():
    path = "/srv/other/skills/alpha"
    outside = [{"kind": "elsewhere", "artifact_id": "skill:alpha", "detail": path}]

    (found,) = found_by(
        "F002",
        snapshot([entry(path=path)], problems=[outside[0] | {"place": "collections/default"}]),
    )
    (gone,) = found_by("F002", snapshot([entry(path=path)]))

    assert (found["severity"], gone["severity"]) == ("error", "info")
    assert "exists outside of the home; SkillMeat serves it, and deletes it" in found["detail"]


def test_a_file_that_differs_from_the_manifest_is_for_review_and_never_a_change_of_a_row():
    snap = with_file({"author": "Jane"}, {"author": "Ann"})

    (found,) = found_by("F008", snap)
    changes = audited(snap).findings.pipe(
        changes_from, snap.rows.head(0), snap.rows, ["review"], deletes=False
    )

    assert (found["column"], found["expected"], found["actual"]) == ("author", "Ann", "Jane")
    assert (found["disposition"], found["evidence"]) == ("review", "frontmatter")
    assert changes == []


def test_broken_front_matter_is_not_compared_with_the_manifest():
    assert found_by("F008", with_file({"author": "J"}, {"author": "A", "reason": "line 3"})) == []


def test_tags_that_a_manifest_cannot_hold_are_no_difference_to_the_file():
    file = {"tags_json": f'["Ops", "ops", "ci", "{"x" * 101}"]'}

    assert found_by("F008", with_file({"tags_json": '["ci", "Ops"]'}, file)) == []
    assert len(found_by("F008", with_file({"tags_json": '["ci"]'}, file))) == 1


def test_no_plan_turns_back_what_a_plan_takes_from_the_manifest():
    """The row holds the file's text, D002 takes the manifest's: before a repair, and after it."""
    before = with_file({"description": "New."}, {"description": "Old."}, description="Old.")
    said = entry(description="New.")
    run = wrote(synced(said, description="Old."), description="New.", synced_at="2026-02-10 12:00")
    left = synced(said, synced_at="2026-02-10 12:00")
    after = snapshot(
        [said], [left], written={"skill:alpha": {"description": "Old."}}, repaired=repaired(run)
    )

    for snap in (before, after):
        (found,) = found_by("F008", snap)
        assert found["disposition"] == "none"
        assert found["detail"].endswith("correct the manifest or the file by hand")
        assert manifest_mends(compare(snap)).empty


def test_a_file_that_was_edited_after_a_repair_is_for_review():
    said = entry(description="New.")
    run = wrote(synced(said, description=None), description="New.", synced_at="2026-02-10 12:00")
    left = synced(said, synced_at="2026-02-10 12:00")
    written = {"skill:alpha": {"description": "Edited."}}
    snap = snapshot([said], [left], written=written, repaired=repaired(run))

    (found,) = found_by("F008", snap)

    assert found["disposition"] == "review"
    assert len(manifest_mends(compare(snap))) == 1
