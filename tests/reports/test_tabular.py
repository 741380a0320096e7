"""JSON and CSV for machines."""

import csv
import io
import json

import pytest
from builders import HOSTILE, audited, entry, row, snapshot

from skillmeat_audit.reports.files.check_json import check_json
from skillmeat_audit.reports.files.tabular import findings_csv

KEYS = """
    rule severity collection_id artifact_id column status expected actual evidence disposition
    writer writer_confidence detail
""".split()


def report(snap):
    audit = audited(snap)
    return json.loads(check_json(audit, "1.2.3"))


def test_the_report_has_the_published_keys_and_no_others():
    found = report(snapshot([entry(author="J")], [row()]))

    assert list(found) == [
        "schema",
        "tool_version",
        "home",
        "database",
        "era",
        "headline",
        "counts",
        "repairs",
        "pages",
        "findings",
    ]
    assert found["schema"] == "skillmeat-audit/check/1"
    assert list(found["counts"]) == ["artifacts", "rows", "findings", "error", "warning", "info"]
    assert all(list(finding) == KEYS for finding in found["findings"])


def test_counts_add_up():
    found = report(snapshot([entry(author="J")], [row(), row("skill:orphan")]))

    counts = found["counts"]
    assert (
        counts["findings"]
        == len(found["findings"])
        == sum(counts[severity] for severity in ("error", "warning", "info"))
    )


def test_list_columns_are_lists():
    (found,) = [
        finding
        for finding in report(snapshot([entry(tags_json='["a", "é"]')], [row(tags_json="broken")]))[
            "findings"
        ]
        if finding["column"] == "tags_json"
    ]

    assert (found["expected"], found["actual"]) == (["a", "é"], "broken")


def test_a_value_that_does_not_apply_is_null():
    (found,) = [each for each in report(snapshot([entry()]))["findings"] if each["rule"] == "K001"]

    assert found["column"] is found["expected"] is found["writer"] is None


def test_the_report_is_ascii():
    audit = audited(snapshot([], [row(HOSTILE)]))

    text = check_json(audit, "1")

    assert text.isascii()
    assert b"\x1b" not in text


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x"])
def test_formulas_are_disarmed_in_csv(value):
    audit = audited(snapshot([entry(author="J")], [row(author=value)]))

    rows = list(csv.DictReader(io.StringIO(findings_csv(audit.findings))))

    assert list(rows[0]) == KEYS
    assert f"'{value}" in [each["actual"] for each in rows]


def test_terminal_controls_are_escaped_in_csv():
    audit = audited(snapshot([], [row(HOSTILE)]))

    assert "\x1b" not in findings_csv(audit.findings)


def test_the_same_input_gives_the_same_bytes():
    snaps = [snapshot([entry(author="J")], [row(), row("skill:b")]) for _ in range(2)]

    first, second = (check_json(a, "1") for a in map(audited, snaps))

    assert first == second
