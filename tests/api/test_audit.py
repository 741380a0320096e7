"""The audit as scripts call it."""

import pytest
from builders import audited, entry, imported, row, snapshot

from skillmeat_audit.api.scope import Scope, apply_scope
from skillmeat_audit.base.errors import UsageError


def test_a_collection_without_an_id_is_no_other_ones():
    snap = snapshot(
        [entry()], [row(), row(collection="t1")], collections=((None, "Lost"), ("t1", "Team"))
    )
    found, _ = apply_scope(audited(snap).findings, Scope(collections=("Team",)), snap)

    assert set(found["collection_id"]) == {"t1"}


def test_a_tally_counts_every_finding_and_says_what_things_are_called():
    entries = [imported(f"skill:a{n}", description="Does.") for n in range(2)]
    audit = audited(snapshot(entries, [row("skill:a0"), row("skill:a0", "t1")]))

    by_rule = audit.tally("severity", "rule")
    assert list(by_rule.columns) == ["severity", "rule", "title", "findings"]
    assert list(by_rule["severity"]) == ["error"] * 5 + ["info"]
    assert by_rule["findings"].sum() == len(audit.findings)

    by_writer = audit.tally("writer", "collection")
    assert by_writer.to_dict("records") == [
        {"writer": "import-bare", "collection": "Default Collection", "findings": 5},
        {"writer": "membership-add", "collection": "Team", "findings": 5},
        {"writer": "no row", "collection": "Default Collection", "findings": 1},
    ]


def test_a_tally_of_nothing_is_empty():
    assert audited(snapshot()).tally("rule", "severity").empty


def test_a_tally_by_what_findings_do_not_have_is_refused():
    with pytest.raises(UsageError, match="no column colour to count by"):
        audited(snapshot()).tally("rule", "colour")
