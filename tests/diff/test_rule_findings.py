"""What rules return, and how findings are made of it."""

import numpy as np
import pyarrow as pa
from builders import entry, row, snapshot

from skillmeat_audit.base.arrow import ARROW_TEXT
from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.provenance.verdicts import attribute
from skillmeat_audit.diff.registry import Check, run_checks
from skillmeat_audit.diff.rule_findings import RuleFindings, findings_of
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.tables import FINDINGS

LETTERS = pa.array(["a", "b", None, "d"], ARROW_TEXT)
NUMBERED = pa.array([0, 1, None, 0], pa.int8())
CODED = pa.DictionaryArray.from_arrays(NUMBERED, pa.array(["x", "y"], ARROW_TEXT))


def column(part, name):
    """Return a column of *part* as a list, after a look at its type."""
    values = part.column(name)
    assert values.type == ARROW_TEXT
    return values.to_pylist()


def test_a_column_is_a_text_for_all_an_array_at_the_positions_or_null():
    texts = {"detail": "for all", "actual": LETTERS, "evidence": CODED, "expected": None}
    part = RuleFindings(np.array([1, 2, 3]), texts)

    assert column(part, "detail") == ["for all"] * 3
    assert column(part, "actual") == ["b", None, "d"]
    assert column(part, "evidence") == ["y", None, "x"]
    assert column(part, "expected") == column(part, "status") == [None] * 3


def test_detached_findings_are_the_same_and_hold_no_other_values():
    part = RuleFindings(np.array([3]), {"actual": LETTERS, "detail": "for all"}, np.array([7]))

    detached = part.detached()

    assert len(detached.texts["actual"]) == len(detached) == 1
    assert detached.rows.tolist() == [7]
    assert [column(detached, name) for name in ("actual", "detail")] == [["d"], ["for all"]]


def test_records_are_findings_about_no_row():
    parts = findings_of({"collection_id": name} for name in "ab")

    assert [column(part, "collection_id") for part in parts] == [["a"], ["b"]]
    assert [part.rows for part in parts] == [None, None]


def findings(*rules):
    """Return the findings of rules (code, whether it explains, what it finds) on one row."""
    comparison = compare(snapshot([entry()], [row()]))
    checks = [
        Check(Rule(code, Severity.ERROR, "Title", "", "", explains), lambda _, part=part: (part,))
        for code, explains, part in rules
    ]
    return run_checks(checks, comparison, attribute(comparison))


def of_row(**texts):
    """Return one finding about the only row."""
    key = {"collection_id": "default", "artifact_id": "skill:alpha"}
    return RuleFindings(np.array([0]), key | texts, np.array([0]))


def test_the_registry_adds_rule_severity_and_writer():
    graver = of_row(severity="info", detail="b")

    found = findings(
        ("T002", False, graver), ("T001", False, of_row()), ("K008", False, *findings_of([{}]))
    )

    assert list(found.columns) == list(FINDINGS.columns)
    assert {str(dtype) for dtype in found.dtypes} == {"string"}
    names = ("rule", "severity", "writer", "detail")
    assert [tuple(each[name] for name in names) for each in records(found)] == [
        ("K008", "error", None, None),
        ("T001", "error", "membership-add", None),
        ("T002", "info", "membership-add", "b"),
    ]


def test_the_first_rule_that_explains_a_cell_stands_for_all():
    cell = of_row(column="source", status="missing")

    found = findings(("S001", False, cell), ("S007", True, cell), ("S008", True, cell))

    assert found["rule"].tolist() == ["S007"]


def test_a_finding_without_a_status_is_about_no_cell():
    cell, other = of_row(column="source", status="missing"), of_row(column="source")

    found = findings(("S002", False, other), ("S007", True, cell))

    assert found["rule"].tolist() == ["S002", "S007"]
