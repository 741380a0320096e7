"""V: what people see in SkillMeat's pages, by the model of them (`diff.web_view`)."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import map_texts
from skillmeat_audit.base.columns import (
    choose,
    equals,
    is_among,
    is_present,
    join_texts,
    unequal,
)
from skillmeat_audit.diff.compare import Bools, is_true
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.problems import problem_findings
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts, findings_of
from skillmeat_audit.diff.web_view import (
    FROM_MANIFEST,
    FROM_ROW,
    NO_SOURCE,
    RECONSTRUCTED,
    is_active_refused,
    link_obstacles,
)
from skillmeat_audit.model.fields import RUN_TIME, STAMP
from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status
from skillmeat_audit.model.tables import KEY

DESCRIPTION, SOURCE = "description", "source"
_LAYER_NAMES = {
    str(Evidence.MANIFEST): "the manifest",
    str(Evidence.FRONTMATTER): "the artifact's file",
    str(Evidence.CATALOG): "the catalogue",
}


@check("V001", Severity.ERROR)
def page_without_description(comparison: Comparison) -> Parts:
    """A page shows no description although a layer knows one.

    A page is served from the row if the row was ever synced; if not, from the manifest of the
    active collection; failing that, from the artifacts table. The detail names which of them served
    this page, and the layer that knows the text. The cell's own finding (D001, D002) repairs it;
    where the row holds the text already, any repair of the row does, because it sets ``synced_at``,
    and V003 where the row needs none.

    See docs/skillmeat.md#what-pages-show and docs/skillmeat.md#blank-pages.

    Do: skillmeat-audit plan HOME --select D001,D002,D005,V003 -o plan.json
    """
    blank = comparison.is_blank & comparison.usable
    if not blank.any():
        return NO_FINDINGS
    repairs, cells = comparison.repairs_of(DESCRIPTION), comparison.cell_texts
    in_row = is_present(comparison.normal_rows(DESCRIPTION)) & ~comparison.row_accidents
    evidence = cells["evidence"].take(repairs)
    in_layer = map_texts(evidence, _LAYER_NAMES.__getitem__)
    layer = pc.coalesce(in_layer, choose(in_row, "the row", None))
    return comparison.row_findings(
        blank & is_present(layer),
        column=DESCRIPTION,
        evidence=evidence,
        disposition=pc.coalesce(cells["disposition"].take(repairs), _stamping(comparison)),
        detail=join_texts(_tier_reasons(comparison), "; ", layer, " has one"),
    )


def _stamping(comparison: Comparison) -> pa.Array:
    """Return, per row, how safe the safest repair is that sets ``synced_at``, none if synced."""
    unsynced = unequal(comparison.page_texts["tier"], FROM_ROW)
    dispositions = comparison.cell_texts["disposition"]
    fill, safe = (
        unsynced & comparison.has_cell(equals(dispositions, each))
        for each in (Disposition.FILL, Disposition.SAFE)
    )
    others = choose(fill, Disposition.FILL, Disposition.NONE)
    return choose(safe | _never_served(comparison), Disposition.SAFE, others)


def _tier_reasons(comparison: Comparison) -> pa.Array:
    """Return, per row, what serves its page without a description, and why."""
    active = comparison.snapshot.home.active_collection
    never = "the row was never synced"
    has_no_entry = f"the active collection ({active}) has no entry of it"
    if is_active_refused(comparison.snapshot):
        has_no_entry = f"the manifest of the active collection ({active}) is unreadable"
    reasons = {
        FROM_ROW: "the page is served from the row, which has none",
        FROM_MANIFEST: f"{never}: the page is served from collections/{active}, which has none",
        RECONSTRUCTED: f"{never} and {has_no_entry}: the page shows what the artifacts table has",
    }
    return map_texts(comparison.page_texts["tier"], reasons.__getitem__)


@check("V002", Severity.WARNING)
def page_source_not_clickable(comparison: Comparison) -> Parts:
    """A page's source cannot be clicked although a layer knows where it leads.

    The pages link a source if three things hold: its repository is among the first 100 registered
    sources, the catalogue of that source has an entry of the artifact's name and type, and a search
    for the name finds it among the first 10. The detail names the condition that fails. If it is
    the row's source, repairing that cell (S001, S002) repairs the link. Local artifacts without any
    source are right as they are.

    See docs/skillmeat.md#what-pages-show.

    Do: skillmeat-audit plan HOME --select S001,S002 -o plan.json, where the source is the reason;
    else what the detail names.
    """
    snapshot, pages, cells = comparison.snapshot, comparison.page_texts, comparison.cell_texts
    repairs, obstacle = comparison.repairs_of(SOURCE), pages["obstacle"]
    expected = cells["expected"].take(repairs)
    known = unequal(obstacle, NO_SOURCE) | is_present(expected)
    dead = known & is_present(obstacle) & comparison.usable
    if not dead.any() or not snapshot.cache.catalog_known:
        return NO_FINDINGS
    repaired = pc.coalesce(expected, pages[SOURCE])
    mends = is_present(expected) & ~is_present(link_obstacles(snapshot, repaired))
    return comparison.row_findings(
        dead,
        column=SOURCE,
        actual=pages[SOURCE],
        evidence=choose(mends, cells["evidence"].take(repairs), None),
        disposition=choose(mends, cells["disposition"].take(repairs), Disposition.NONE),
        detail=obstacle,
    )


@check("V003", Severity.WARNING)
def page_blank_for_ever(comparison: Comparison) -> Parts:
    """Page stays blank: its row is right but was never synced, and no refresh reaches it.

    SkillMeat does not serve a row without ``synced_at``, and looks for the entry in the active
    collection only. Its server's start cannot write ``synced_at`` since 0.9.0, and a refresh looks
    in the file collection named like the DB collection: where that has no entry either, the page
    stays permanently blank. Safe: the repair writes ``synced_at`` and no value.

    See docs/skillmeat.md#blank-pages and docs/skillmeat.md#server-start-drops-columns.
    """
    snapshot = comparison.snapshot
    never_served = _never_served(comparison)
    if not never_served.any():
        return NO_FINDINGS
    collection = comparison.manifest_value("file_collection")
    refreshed = equals(collection, comparison.row_texts["collection_id"])
    until = choose(refreshed, "a refresh of this collection fills it", "no refresh looks there")
    active = f", the active one is {snapshot.home.active_collection}; "
    return comparison.row_findings(
        never_served,
        column=STAMP,
        expected=RUN_TIME,
        evidence=Evidence.MANIFEST,
        disposition=Disposition.SAFE,
        detail=join_texts("its entry is in collections/", collection, active, until),
    )


def _never_served(comparison: Comparison) -> Bools:
    """Return the rows that are right and whose page shows less, for want of ``synced_at``."""
    snapshot, pages = comparison.snapshot, comparison.page_texts
    unserved = equals(pages["tier"], RECONSTRUCTED)
    if STAMP not in snapshot.cache.columns or not unserved.any():
        return np.zeros(len(unserved), dtype=bool)
    wrong = comparison.has_cell(unequal(comparison.cell_texts["status"], Status.EXTRA))
    right = comparison.has_entry & comparison.usable & ~wrong
    collection = comparison.manifest_value("file_collection")
    elsewhere = unequal(collection, snapshot.home.active_collection)
    held = is_present(comparison.normal_rows(DESCRIPTION))
    no_text = held & ~is_present(pages[DESCRIPTION])
    ids, source = comparison.row_texts["artifact_id"], comparison.normal_rows(SOURCE)
    no_source = equals(pages[SOURCE], ids) & unequal(source, ids)
    return right & unserved & elsewhere & (no_text | no_source)


@check("V004", Severity.ERROR)
def page_fails(comparison: Comparison) -> Parts:
    """One value makes a page answer error 500.

    Three values do: an artifact in a group fails the list of its collection with
    ``include_groups=true`` (0.39 to 0.74); a value of a wrong type in a manifest fails the list of
    all artifacts, or the artifact's own page (L004 names the key); an import id of the form
    ``type:name`` fails the list of a collection with a row of that artifact that was never synced
    and has no entry in the active collection. The detail says which, and the way out.

    See docs/skillmeat.md#pages-that-fail.

    Do: what the detail names; for a value in a manifest: skillmeat-audit plan HOME --select L004 -o
    plan.json
    """
    mistyped = problem_findings(comparison, "mistyped")
    return _grouped(comparison) + mistyped + _poisoned(comparison)


def _grouped(comparison: Comparison) -> Parts:
    """Return findings: the collections of which an artifact is in a group."""
    snapshot = comparison.snapshot
    if snapshot.era != "artifact_uuid" or snapshot.cache.groups.empty:
        return NO_FINDINGS
    groups = snapshot.cache.groups.merge(snapshot.rows[list(KEY)].drop_duplicates(), on=list(KEY))
    return findings_of(
        {
            "collection_id": str(collection),
            "disposition": Disposition.NONE,
            # What to do comes first: a headline shows the beginning.
            "detail": f"take {_names(part['artifact_id'])} out of the group "
            f"{_names(part['name'])}: the page that lists this collection with its groups "
            "(include_groups=true) fails while one of its artifacts is in a group",
        }
        for collection, part in groups.groupby("collection_id", sort=True)
    )


def _names(values: pd.Series) -> str:
    return ", ".join(sorted(set(values.dropna())))


def _poisoned(comparison: Comparison) -> Parts:
    """Return findings: rows whose page is looked up in the catalogue, and found there."""
    snapshot = comparison.snapshot
    looked_up = equals(comparison.page_texts["tier"], RECONSTRUCTED)
    if snapshot.era == "artifact_uuid":  # the artifacts row is found before
        looked_up &= ~is_true(snapshot.rows["has_artifact"]).to_numpy()
    ids, import_ids = comparison.row_texts["artifact_id"], comparison.catalog_texts["import_id"]
    return comparison.row_findings(
        looked_up & is_among(ids, import_ids),
        column=SOURCE,
        detail="a catalogue entry has its type:name as import id: the list of this collection "
        "answers 500; import the artifact again from its source",
    )
