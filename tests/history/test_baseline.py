"""The baseline: what it accepts, and that it never accepts what could not be checked."""

from datetime import date

import pytest
from builders import audited, entry, row, snapshot

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.history.baseline import (
    AcceptanceTerms,
    accept_findings,
    load_baseline,
    save_baseline,
    update_entries,
)
from skillmeat_audit.model.rules import NEVER_ACCEPTED
from skillmeat_audit.model.tables import FINDINGS

TODAY = date(2026, 2, 10)
NONE = FINDINGS.empty()


def findings(author="J", *names, **problems):
    said = [entry(name, author=author) for name in names or ("skill:a", "skill:b")]
    rows = [row(each["artifact_id"]) for each in said]
    return audited(snapshot(said, rows, **problems)).findings


@pytest.fixture(scope="module")
def found():
    return findings()


@pytest.fixture(scope="module")
def baseline(found):
    return update_entries([], found, AcceptanceTerms("on purpose", "ops"), TODAY, whole=True)


def test_findings_in_the_baseline_are_accepted(found, baseline):
    left, accepted = accept_findings(baseline, found, NONE, TODAY)

    assert left.empty
    assert len(accepted.findings) == len(found) == len(accepted.reasons)
    assert set(accepted.reasons) == {"on purpose"}
    assert accepted.stale == accepted.expired == ()


def test_another_value_is_another_finding(baseline):
    left, accepted = accept_findings(baseline, findings("K"), NONE, TODAY)

    assert set(left["rule"]) == {"M005"}
    assert len(accepted.stale) == 2


def test_entries_without_a_finding_are_stale_unless_it_is_ignored(found, baseline):
    _, accepted = accept_findings(baseline, found.head(0), found, TODAY)
    assert accepted.stale == ()

    _, accepted = accept_findings(baseline, found.head(0), NONE, TODAY)
    assert len(accepted.stale) == len(baseline)


def test_expired_entries_accept_nothing_and_are_reported(found):
    entries = update_entries(
        [], found, AcceptanceTerms(expires=date(2026, 2, 9)), TODAY, whole=True
    )

    left, accepted = accept_findings(entries, found, NONE, TODAY)
    assert len(left) == len(found) == len(accepted.expired)

    assert accept_findings(entries, found, NONE, date(2026, 2, 9))[0].empty


def test_what_could_not_be_checked_is_never_accepted(tmp_path):
    broken = {"kind": "manifest", "place": "collections/x", "detail": "line 3: no"}
    found = findings("J", "skill:a", problems=[broken])
    assert "L001" in set(found["rule"])

    entries = update_entries([], found, AcceptanceTerms(), TODAY, whole=True)

    assert "L001" not in {each.rule for each in entries}
    path = tmp_path / "baseline.json"
    text = '{"rule": "L001", "digest": "0", "reason": "no"}'
    path.write_text(f'{{"schema": "skillmeat-audit/baseline/1", "entries": [{text}]}}')
    with pytest.raises(UsageError, match="cannot be accepted"):
        load_baseline(path)


def test_the_rules_that_are_never_accepted_are_rules():
    assert {rule.code for rule in RULES} > set(NEVER_ACCEPTED)


def test_an_update_keeps_reasons_and_drops_fixed_findings(found, baseline):
    now = update_entries(
        baseline, findings("J", "skill:b", "skill:c"), AcceptanceTerms("new"), TODAY, whole=True
    )

    reasons = {(each.artifact, each.reason) for each in now}
    assert reasons == {("skill:b", "on purpose"), ("skill:c", "new")}
    part = update_entries(
        baseline, findings("J", "skill:c"), AcceptanceTerms("new"), TODAY, whole=False
    )
    assert {each.artifact for each in part} == {"skill:a", "skill:b", "skill:c"}


def test_an_update_renews_expired_entries_only_with_a_new_date(found):
    old = update_entries(
        [], found, AcceptanceTerms("why", "ops", date(2026, 2, 9)), TODAY, whole=True
    )
    valid = update_entries(
        [], found, AcceptanceTerms("why", "ops", date(2026, 2, 10)), TODAY, whole=True
    )
    later = AcceptanceTerms("other", "me", date(2027, 1, 1))

    assert update_entries(old, found, AcceptanceTerms(), TODAY, whole=True) == old
    assert update_entries(valid, found, later, TODAY, whole=True) == valid
    (told,) = {
        (each.reason, each.owner, each.expires)
        for each in update_entries(old, found, later, TODAY, whole=True)
    }
    assert told == ("why", "ops", date(2027, 1, 1))


def test_of_duplicate_entries_the_last_to_expire_is_kept(found, baseline):
    dated = update_entries([], found, AcceptanceTerms(expires=date(2026, 2, 11)), TODAY, whole=True)

    for entries in ([*dated, *baseline], [*baseline, *dated]):
        assert set(update_entries(entries, found, AcceptanceTerms(), TODAY, whole=True)) == set(
            baseline
        )


def test_a_byte_order_mark_is_ignored_and_a_link_stays_a_link(baseline, tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    save_baseline(link, baseline)
    assert link.is_symlink()

    real.write_bytes(b"\xef\xbb\xbf" + real.read_bytes())
    assert {each.key for each in load_baseline(link)} == {each.key for each in baseline}


def test_the_file_is_sorted_one_entry_a_line_without_times(found, baseline, tmp_path):
    paths = tmp_path / "one.json", tmp_path / "two.json"
    save_baseline(paths[0], baseline)
    save_baseline(paths[1], reversed(load_baseline(paths[0])))

    one, two = (path.read_bytes() for path in paths)
    assert one == two
    assert one.count(b"\n") == len(baseline) + 2
    assert load_baseline(paths[0]) == load_baseline(paths[1])
    assert {each.key for each in load_baseline(paths[0])} == {each.key for each in baseline}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is wrong"),
        ("\xff", "is wrong"),
        ('{"schema": "x",\n"entries": [\n<<<<<<< HEAD\n]}', "line 3"),
        ('{"schema": "x", "entries": []}', "is not a skillmeat-audit/baseline/1"),
        ('{"schema": "skillmeat-audit/baseline/1", "entries": [{"rule": "D001"}]}', "is wrong"),
        (
            '{"schema": "skillmeat-audit/baseline/1", "entries": [{"rule": "D001", "digest": "0", '
            '"reason": " "}]}',
            "needs a reason",
        ),
        (
            '{"schema": "skillmeat-audit/baseline/1", "entries": [{"rule": "D001", "digest": "0", '
            '"reason": "x", "line": 3}]}',
            "is wrong",
        ),
        (
            '{"schema": "skillmeat-audit/baseline/1", "entries": [{"rule": "D001", "digest": "0", '
            '"reason": "x", "expires": "soon"}]}',
            "is wrong",
        ),
    ],
)
def test_a_mistake_in_the_file_is_reported(tmp_path, text, said):
    path = tmp_path / "baseline.json"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(UsageError, match=said):
        load_baseline(path)
