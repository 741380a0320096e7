"""The order of findings: the worst first."""

import pandas as pd

from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.model.trend import REPORTED
from skillmeat_audit.reports.facts.ordering import severity_ranks, worst_first


def findings(table, *lines):
    columns = ("rule", "severity", "state")[: 3 if table is REPORTED else 2]
    return table.from_records([dict(zip(columns, line.split(), strict=True)) for line in lines])


def test_the_rank_of_a_severity_is_its_position_from_the_worst():
    ranks = severity_ranks(pd.Series(["info", "error", "warning"], dtype="string"))

    assert ranks.to_list() == [Severity.INFO.rank, Severity.ERROR.rank, Severity.WARNING.rank]
    assert [severity.rank for severity in SEVERITIES] == [0, 1, 2]


def test_the_worst_come_first_and_equals_keep_their_order():
    frame = findings(FINDINGS, "T001 info", "D001 error", "K002 warning", "A001 error")

    assert list(worst_first(frame)["rule"]) == ["D001", "A001", "K002", "T001"]


def test_of_one_severity_new_findings_come_first():
    frame = findings(REPORTED, "T001 info new", "D001 error persisting", "S001 error new")

    assert list(worst_first(frame)["rule"]) == ["S001", "D001", "T001"]
