"""The order of severities."""

import pytest

from skillmeat_audit.model.findings import SEVERITIES, Severity


def test_the_worst_severity_has_rank_zero():
    assert sorted(SEVERITIES, key=lambda severity: severity.rank) == ["error", "warning", "info"]
    assert Severity.ERROR.rank == 0


@pytest.mark.parametrize(
    ("threshold", "included"),
    [
        ("error", ["error"]),
        ("warning", ["error", "warning"]),
        ("info", ["error", "warning", "info"]),
    ],
)
def test_a_threshold_includes_itself_and_what_is_worse(threshold, included):
    assert [each for each in SEVERITIES if each.at_least(Severity(threshold))] == included
