"""Which changes are made of which findings."""

import pytest
from builders import audited, entry, imported, row, snapshot, synced, update_of

from skillmeat_audit.model.changes import PLAN_SCHEMA, PlanDocument
from skillmeat_audit.model.findings import WRITABLE
from skillmeat_audit.repair.plan import changes_from, decode_plan, encode_plan


def changes(snap, dispositions=WRITABLE, *, deletes=False):
    audit = audited(snap)
    inserts = audit.comparison.inserts
    return changes_from(audit.findings, inserts, snap.rows, dispositions, deletes=deletes)


def test_the_cells_of_a_row_are_one_update_with_its_precondition():
    (found,) = changes(snapshot([imported(description="Does it.")], [row(author="Ann")]))

    assert found.op == "update"
    assert set(found.after) == {"description", "source", "origin", "origin_source"}
    assert found.before == dict.fromkeys(found.after)
    assert found.rules == ["D001", "S001", "S003", "S005"]


def test_a_missing_row_is_inserted_with_all_known_values():
    said = {"skill:alpha": {"license": "MIT"}}

    (found,) = changes(snapshot([entry(author="Jane")], written=said))

    assert (found.op, found.before) == ("insert", {})
    assert found.after == {"origin": "local", "author": "Jane", "license": "MIT"}
    assert found.disposition == "fill"


def test_only_safe_values_are_inserted_where_only_those_are_asked_for():
    said = {"skill:alpha": {"license": "MIT"}}

    (found,) = changes(snapshot([entry(author="Jane")], written=said), ["safe"])

    assert found.after == {"origin": "local", "author": "Jane"}
    assert found.disposition == "safe"


def test_what_is_in_dispute_is_not_inserted_unasked():
    entries = [entry(author="Jane"), entry(place="work", author="Ann")]

    (found,) = changes(snapshot(entries))

    assert found.after == {"origin": "local"}


def test_orphans_are_deleted_only_on_request():
    snap = snapshot([], [row(description="Mine.")])

    assert changes(snap) == []
    (found,) = changes(snap, deletes=True)
    assert (found.op, found.after) == ("delete", {})
    assert found.before["description"] == "Mine."


def test_review_is_planned_only_on_request():
    snap = snapshot(
        [entry()], [row(origin="local", author="Ann")], written={"skill:alpha": {"author": "Jane"}}
    )

    assert changes(snap) == []
    (found,) = changes(snap, ["review"])
    assert (found.before, found.after) == ({"author": "Ann"}, {"author": "Jane"})


def test_false_provenance_is_written_null():
    said = entry()
    stamped = synced(said, origin="marketplace", origin_source="github", source="https://x/y/z")

    (found,) = changes(snapshot([said], [stamped]))

    assert found.after == {"origin": "local", "origin_source": None, "source": None}


def test_columns_that_the_cache_lacks_are_not_planned():
    older = snapshot([entry(tools_json='["Read"]')], [row()], columns=frozenset({"origin"}))

    (found,) = changes(older)

    assert set(found.after) == {"origin"}


def test_changes_are_in_order():
    entries = [entry(f"skill:{name}", author="J") for name in ("c", "a", "b")]

    found = changes(snapshot(entries, [row("skill:b"), row("skill:b", "t1")]))

    keys = [(each.collection_id, each.artifact_id) for each in found]
    assert keys == sorted(keys)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b"3"])
def test_a_document_that_is_not_a_plan_is_refused(content):
    from skillmeat_audit.base.errors import PlanError

    with pytest.raises(PlanError, match="is not a plan; make one"):
        decode_plan(content)


def test_a_plan_is_the_same_after_a_round_trip():
    odd = {"description": "quote ' \" \\ \0 \U0001f680"}
    change = update_of("skill:alpha", {"description": None}, odd)
    written = PlanDocument(
        PLAN_SCHEMA, "/home/x/.skillmeat", "sqlite:///x", "i", "artifact_id", [], [change]
    )

    assert decode_plan(encode_plan(written)) == written
    assert encode_plan(decode_plan(encode_plan(written))) == encode_plan(written)
