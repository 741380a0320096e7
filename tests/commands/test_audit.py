"""The audit as scripts call it."""

from builders import audited, entry, row, snapshot

from skillmeat_audit.commands.audit import Scope, scoped


def test_a_collection_without_an_id_is_no_other_ones():
    snap = snapshot(
        [entry()], [row(), row(collection="t1")], collections=((None, "Lost"), ("t1", "Team"))
    )
    found, _ = scoped(audited(snap).findings, Scope(collections=("Team",)), snap)

    assert set(found["collection_id"]) == {"t1"}
