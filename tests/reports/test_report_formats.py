"""Every format of a report: golden files, other people's validators, hostile names, limits."""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import html5lib
import jsonschema
import pandas as pd
import pytest
from builders import TRAPS, audited, entry, imported, row, snapshot, synced, trapped
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from markupsafe import escape
from prometheus_client.parser import text_string_to_metric_families

from skillmeat_audit.api.compose import make_report
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.model.trend import FIXED, REPORTED, RUNS, Accepted, Delta
from skillmeat_audit.reports.facts.report import Failure, RunContext
from skillmeat_audit.reports.facts.report_page import page_of
from skillmeat_audit.reports.files import (
    github,
    html_page,
    junit,
    markdown,
    prometheus,
    report_json,
    sarif,
)
from skillmeat_audit.reports.files.formats import FORMATS, format_called, format_of
from skillmeat_audit.reports.files.schemas import json_schema

GOLDEN = Path(__file__).parent / "golden"
SARIF_SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
FILES = {
    "html": "report.html",
    "markdown": "report.md",
    "json": "report.json",
    "csv": "report.csv",
    "junit": "report.xml",
    "sarif": "report.sarif",
    "prometheus": "report.prom",
    "github-annotations": "annotations.txt",
}
AT = "2026-02-10T12:00:00Z"


@pytest.fixture(scope="module")
def usual():
    """A report of a home with blanks, drift, an orphan, a baseline and earlier runs."""
    entries = [
        imported(description="Does it.", tags_json='["a"]'),
        entry("skill:b", description="New."),
        entry("command:c", description="Fine."),
    ]
    rows = [
        row(),
        row("skill:alpha", "t1"),
        synced(entries[1], description="Old."),
        synced(entries[2]),
        row("skill:gone", description="x"),
    ]
    report = make_report(audited(snapshot(entries, rows)), made_at=AT)
    states = ["new" if n % 3 == 0 else "persisting" for n in range(len(report.findings))]
    findings = REPORTED.conform(report.findings.assign(state=states, since_at=AT))
    gone = FIXED.from_records(
        [
            {
                "fingerprint": "f" * 16,
                "rule": "D001",
                "severity": "error",
                "collection_id": "default",
                "artifact_id": "skill:mended",
                "column": "description",
                "since_at": AT,
            },
        ]
    )
    changes = Delta("2026-02-09T12:00:00Z", states.count("new"), states.count("persisting"), gone)
    accepted = Accepted(findings.tail(1), ("known",), ("S001 skill:x",), ("D001 skill:y",))
    past = RunContext(changes, runs(), accepted)
    fired = tuple(rule for rule in RULES if rule.code in set(findings["rule"]))
    rule_book = replace(
        report.rule_book, version="1.2.3", rules=fired
    )  # golden files hold no others
    return replace(report, past=past, findings=findings, rule_book=rule_book)


@pytest.fixture(scope="module")
def hostile():
    """A report in which every name and value is a trap."""
    report = make_report(audited(trapped()), made_at=AT)
    accepted = Accepted(report.findings.head(1), TRAPS[:1], TRAPS, TRAPS)
    return replace(report, past=RunContext(accepted=accepted), notes=TRAPS)


def runs():
    return RUNS.from_records(
        [
            {
                "run": n,
                "at": f"2026-02-0{n}T12:00:00Z",
                "outcome": "failed" if n == 3 else "checked",
                "delivered": True,
                "artifacts": 3,
                "rows": 5,
                "error": n,
                "warning": 9 - n,
                "info": 1,
                "new": 1,
                "fixed": 0,
                "persisting": n,
                "blank_descriptions": n,
                "broken_sources": 1,
            }
            for n in range(1, 6)
        ]
    )


FAILED = Failure("/home/x/.skillmeat", "the cache is damaged", "0.1.0", AT)


@pytest.mark.parametrize("name", FILES)
def test_a_report_equals_its_golden_file(usual, name):
    """Run with REGENERATE=1 to write the golden files anew, and look at the difference."""
    path = GOLDEN / FILES[name]
    content = format_called(name).render(usual)
    if os.environ.get("REGENERATE"):
        path.write_bytes(content)

    assert content == path.read_bytes()


@pytest.mark.slow
def test_a_report_as_json_conforms_to_its_published_schema(usual, hostile):
    schema = json.loads(json_schema("report"))

    jsonschema.Draft202012Validator.check_schema(schema)
    for content in (
        report_json.report_json(usual),
        report_json.report_json(hostile),
        report_json.failure_json(FAILED),
    ):
        found = json.loads(content)
        jsonschema.validate(found, schema)
        assert found["schema"] == schema["$id"] == "skillmeat-audit/report/1"
        assert content.isascii()


def test_sarif_conforms_to_the_standard(usual, hostile):
    for content in (sarif.sarif(usual), sarif.sarif(hostile), sarif.failure_sarif(FAILED)):
        jsonschema.validate(json.loads(content), SARIF_SCHEMA)


def test_sarif_declares_every_rule(hostile):
    (run,) = json.loads(sarif.sarif(hostile))["runs"]

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [r.code for r in RULES]


def test_sarif_suppresses_accepted_findings(usual):
    (run,) = json.loads(sarif.sarif(usual))["runs"]

    assert [r["suppressions"][0]["justification"] for r in run["results"] if "suppressions" in r]
    prints = [each["partialFingerprints"]["findingIdentity/v1"] for each in run["results"]]
    assert len(set(prints[:-1])) == len(usual.findings)


def test_sarif_marks_a_failure(usual):
    (run,) = json.loads(sarif.failure_sarif(FAILED))["runs"]

    assert run["invocations"][0]["executionSuccessful"] is False


def test_junitparser_reads_the_junit_report(usual, hostile):
    for report in (usual, hostile):
        found = JUnitXml.fromstring(junit.junit_xml(report).decode())
        assert found.tests == len(report.rule_book.rules)
        failing = {code for code in report.findings["rule"] if _severity(code) != "info"}
        assert found.failures == len(failing)
    assert JUnitXml.fromstring(junit.failure_xml(FAILED).decode()).errors == 1


def _severity(code):
    return next(rule.severity for rule in RULES if rule.code == code)


def test_prometheus_client_reads_the_metrics(usual, hostile):
    for report in (usual, hostile):
        families = {f.name: f for f in text_string_to_metric_families(prometheus.metrics(report))}
        assert families["skillmeat_audit_success"].samples[0].value == 1
        assert not any(s.timestamp for family in families.values() for s in family.samples)
        assert sum(s.value for s in families["skillmeat_audit_findings"].samples) == len(
            report.findings
        )
        assert "fake_metric" not in families


def test_a_failure_has_metrics_of_its_own():
    families = {
        f.name: f for f in text_string_to_metric_families(prometheus.failure_metrics(FAILED))
    }

    assert families["skillmeat_audit_success"].samples[0].value == 0
    assert set(families) == {
        "skillmeat_audit_success",
        "skillmeat_audit_completion_timestamp_seconds",
    }


def parsed(content):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content.decode())


def test_the_page_is_html_without_scripts_or_requests(usual, hostile):
    for content in (
        html_page.html_page(usual),
        html_page.html_page(hostile),
        html_page.failure_page(FAILED),
    ):
        tags = list(parsed(content).iter())
        names = {each.tag for each in tags if isinstance(each.tag, str)}
        assert not names & {"script", "img", "link", "iframe", "form", "object", "evil"}
        attributes = {name for each in tags for name in each.attrib}
        assert not {name for name in attributes if name.startswith("on")} | {"src"} & attributes
        links = [each.attrib["href"] for each in tags if "href" in each.attrib]
        ids = [each.attrib["id"] for each in tags if "id" in each.attrib]
        assert len(ids) == len(set(ids))
        assert {link.removeprefix("#") for link in links} <= set(ids)
        assert b"@import" not in content
        assert b"url(" not in content


def test_the_page_opens_with_the_answer_then_the_changes_then_the_causes(usual):
    text = html_page.html_page(usual).decode()
    parts = [
        "<h1",
        "Blank pages</h2>",
        "Since the last run</h2>",
        "By cause</h2>",
        "Earlier runs</h2>",
    ]

    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "Pages show 1 artifact without a description; a row knows it." in text
    assert "skillmeat-audit plan /home/x/.skillmeat <span>--writer</span> import-bare" in text
    assert f"All {len(usual.findings)} findings" in text


def test_rules_have_titles_and_causes_fold(usual):
    text = html_page.html_page(usual).decode()

    titles = usual.rule_book.names.titles
    assert all(f"<td>{escape(titles[code])}</td>" in text for code in usual.findings["rule"])
    assert text.count('<details class="cause"') == len(usual.groups)
    assert "<details open" not in text


def test_the_page_links_the_files_beside_it(usual):
    text = html_page.html_page(replace(usual, beside=("a b.findings.csv", "a.json"))).decode()

    assert '<a href="a%20b.findings.csv">a b.findings.csv</a>, <a href="a.json">' in text


def test_the_page_shows_what_was_written_into_manifests(usual):
    diff = ManifestDiff("collections/default/collection.toml", ("-a = 1", '+a = "<b>"'))
    text = html_page.html_page(replace(usual, diffs=(diff,))).decode()

    assert "What was written into collections/default/collection.toml</summary>" in text
    assert "<del>-a = 1</del>" in text
    assert "<ins>+a = &#34;&lt;b&gt;&#34;</ins>" in text


def test_a_blank_page_says_since_when(usual):
    column = usual.findings["column"]
    dated = usual.findings.assign(since_at=AT).where(column.isin(["description", "source"]))
    report = replace(usual, findings=usual.findings.assign(since_at=dated["since_at"]))
    blank = {each.artifact_id for each in usual.blanks}

    since = page_of(report).blank_since
    assert since
    assert set(since) <= blank
    assert f"<small>since {AT[:10]} at the latest</small>" in html_page.html_page(report).decode()


def test_the_page_is_bounded():
    many = [entry(f"skill:a{n}", author="&" * 3000, description="&" * 5000) for n in range(400)]
    report = make_report(audited(snapshot(many, [row(each["artifact_id"]) for each in many])))
    accepted = Accepted(report.findings.head(0), (), ("&" * 500,) * 900, ("x" * 500,) * 900)
    past = RunContext(accepted=accepted)

    page = html_page.html_page(replace(report, past=past))

    assert len(page) < 1_000_000
    assert f"25 of {len(report.findings)} findings" in page.decode()
    assert len(markdown.markdown(replace(report, past=past)).encode()) < github.SUMMARY_LIMIT_BYTES


def test_similar_notes_leave_room_for_other_findings():
    paths = [entry(f"skill:a{n}", path=f"/old/skills/a{n}") for n in range(40)]
    report = make_report(audited(snapshot(paths, [synced(each) for each in paths])))

    text = markdown.markdown(report)

    assert text.count("F002 info |") == text.count("D004 info |") == 5
    assert text.count("5 of 40 findings") == 2


def test_what_is_fixed_takes_a_line_per_artifact(usual):
    home = [{"fingerprint": f"{n}", "rule": "L001", "severity": "error"} for n in range(9)]
    gone = FIXED.from_records(
        home
        + [
            {
                "fingerprint": f"{n}{rule}",
                "rule": rule,
                "severity": "error",
                "collection_id": "default",
                "artifact_id": f"skill:a{n:02}",
                "column": "x",
                "since_at": AT,
            }
            for n in range(30)
            for rule in ("D001", "S001")
        ]
    )
    report = replace(usual, past=replace(usual.past, changes=Delta(AT, 0, 0, gone)))

    page, text = html_page.html_page(report).decode(), markdown.markdown(report)

    assert "69 fixed, in 20 of 31 rows" in page
    assert "| `the home` | L001 ×9 |\n" in text
    assert "| `skill:a18` · `Default Collection` | D001 S001 |\n" in text
    assert "skill:a19" not in page + text


@pytest.mark.slow
def test_sarif_places_are_below_the_checkout_or_the_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = [entry(author="J")]
    for root, uri, base in (
        (tmp_path / "a b" / ".skillmeat", "a%20b/.skillmeat/collections", "%SRCROOT%"),
        (tmp_path, "collections", "%SRCROOT%"),
        (tmp_path.parent / "b", "collections", "HOME"),
    ):
        home = Home(root, "sqlite:///x", "default")
        report = make_report(audited(snapshot(entries, [row()], home=home)))
        (run,) = json.loads(sarif.sarif(report))["runs"]
        place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place == {"uri": f"{uri}/default/collection.toml", "uriBaseId": base}
        assert (run["originalUriBaseIds"][base].get("uri") is None) == (base == "%SRCROOT%")


def test_nothing_in_markdown_becomes_markup(hostile):
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(
        markdown.markdown(hostile)
    )
    kinds = {t.type for token in tokens for t in [token, *(token.children or [])]}

    assert not kinds & {"html_inline", "html_block", "link_open", "image"}


def test_tables_in_markdown_keep_their_columns(hostile):
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown.markdown(hostile))
    cells, rows = [0], []
    for token in tokens:
        if token.type in ("td_open", "th_open"):
            cells[-1] += 1
        elif token.type == "tr_close":
            rows.append(cells.pop())
            cells.append(0)

    assert set(rows) <= {3, 4, 7}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_no_control_reaches_a_reader(hostile, form):
    if form.name == "parquet":
        return
    text = form.render(hostile).decode()

    assert not set("\x00\x08\x1b\u202e\u2028") & set(text)


def test_formulas_are_disarmed_in_csv(hostile):
    cells = [
        cell
        for line in csv.reader(io.StringIO(format_called("csv").render(hostile).decode()))
        for cell in line
    ]

    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_parquet_holds_unchanged_findings(hostile):
    content = format_called("parquet").render(hostile)

    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(content)), hostile.findings)


def test_annotations_keep_within_the_limits_and_cannot_be_injected(hostile):
    lines = github.annotations(hostile).splitlines()

    kinds = [line.split(" ")[0] for line in lines]
    assert set(kinds) <= {"::error", "::warning", "::notice"}
    assert all(kinds.count(kind) <= github.ANNOTATIONS_PER_KIND for kind in kinds)
    assert all(line.count(" title=") == 1 for line in lines)
    assert f"of {len(hostile.findings)} findings annotated" in lines[-1]


def test_the_exit_code_comes_from_the_report(usual):
    clean = make_report(audited(snapshot([entry()], [synced(entry())])))

    assert usual.exit_code() == ExitCode.FINDINGS
    assert clean.exit_code() == ExitCode.CLEAN
    assert clean.sentence.startswith("No error and no warning was found, 1 note.")
    assert replace(clean, warnings=("x",)).exit_code() == FAILED.exit_code() == ExitCode.FAILED


@pytest.mark.parametrize(
    ("file", "named", "expected"),
    [
        ("a.html", None, "html"),
        ("A.MD", None, "markdown"),
        ("a.json", None, "json"),
        ("a.json", "sarif", "sarif"),
        ("a.sarif", "json", "sarif"),
        ("a.sarif.json", None, "sarif"),
        ("a.xml", None, "junit"),
        ("a.prom", "html", "prometheus"),
        ("step", "github-summary", "github-summary"),
        ("a.md", "github-summary", "github-summary"),
        ("step", None, None),
    ],
)
def test_the_format_of_a_file(file, named, expected):
    found = format_of(file, named)

    assert (found and found.name) == expected
