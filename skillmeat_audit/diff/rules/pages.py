"""V: what people see in SkillMeat's pages, by the model of them (`diff.web_view`)."""

import pandas as pd

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, is_in
from skillmeat_audit.diff.compare import is_true, map_bool, map_distinct
from skillmeat_audit.diff.comparison import NO_FINDINGS, RULE_FINDINGS, Comparison
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.web_view import (
    FROM_MANIFEST,
    FROM_ROW,
    NO_SOURCE,
    RECONSTRUCTED,
    is_active_refused,
    link_obstacles,
)
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
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
def page_without_description(comparison: Comparison) -> pd.DataFrame:
    """A page shows no description although a layer knows one.

    A page is served from the row if the row was ever synced; if not, from the manifest of the
    active collection; failing that, from the artifacts table. The detail names which of them served
    this page, and the layer that knows the text. The cell's own finding (D001, D002) repairs it;
    where the row holds the text already, any repair of the row does, because it sets ``synced_at``,
    and V003 where the row needs none.

    See docs/skillmeat.md#what-pages-show and docs/skillmeat.md#blank-pages.

    Do: skillmeat-audit plan HOME --select D001,D002,D005,V003 -o plan.json
    """
    repairs, row = comparison.repairs_of(DESCRIPTION), comparison.layers.row(DESCRIPTION)
    in_row = row.notna() & ~map_bool(row, is_accident, ACCIDENT_HINT)
    layer = from_arrow(map_distinct(repairs["evidence"], _LAYER_NAMES.get, ARROW_TEXT))
    layer = layer.set_axis(row.index).fillna(
        pd.Series("the row", row.index, dtype="string").where(in_row)
    )
    blank = comparison.is_blank & comparison.usable & layer.notna()
    if not blank.any():
        return NO_FINDINGS
    return comparison.row_findings(
        blank,
        column=DESCRIPTION,
        evidence=repairs["evidence"],
        disposition=repairs["disposition"].fillna(_stamping(comparison)),
        detail=_tier_reasons(comparison) + "; " + layer + " has one",
    )


def _stamping(comparison: Comparison) -> pd.Series:
    """Return, per row, how safe the safest repair is that sets ``synced_at``, none if synced."""
    index, cells = comparison.snapshot.rows.index, comparison.cells
    unsynced = is_true(comparison.pages["tier"] != FROM_ROW)
    disposition = pd.Series(Disposition.NONE, index, dtype="string")
    for each in (Disposition.FILL, Disposition.SAFE):
        repaired = index.isin(cells.loc[cells["disposition"] == each, "row"])
        disposition = disposition.mask(unsynced & repaired, each)
    return disposition.mask(_never_served(comparison), Disposition.SAFE)


def _tier_reasons(comparison: Comparison) -> pd.Series:
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
    return from_arrow(map_distinct(comparison.pages["tier"], reasons.get, ARROW_TEXT))


@check("V002", Severity.WARNING)
def page_source_not_clickable(comparison: Comparison) -> pd.DataFrame:
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
    snapshot, pages = comparison.snapshot, comparison.pages
    repairs = comparison.repairs_of(SOURCE)
    known = is_true(pages["obstacle"] != NO_SOURCE) | repairs["expected"].notna()
    dead = known & ~is_true(pages["clickable"]) & comparison.usable
    if not dead.any() or not snapshot.cache.catalog_known:
        return NO_FINDINGS
    expected = repairs["expected"].fillna(pages[SOURCE])
    repaired = repairs["expected"].notna() & link_obstacles(snapshot, expected).isna()
    return comparison.row_findings(
        dead,
        column=SOURCE,
        actual=pages[SOURCE],
        evidence=repairs["evidence"].where(repaired),
        disposition=repairs["disposition"].where(repaired, Disposition.NONE),
        detail=pages["obstacle"],
    )


@check("V003", Severity.WARNING)
def page_blank_for_ever(comparison: Comparison) -> pd.DataFrame:
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
    refreshed = is_true(collection == snapshot.rows["collection_id"])
    until = pd.Series("no refresh looks there", never_served.index, dtype="string")
    until = until.mask(refreshed, "a refresh of this collection fills it")
    active = snapshot.home.active_collection
    return comparison.row_findings(
        never_served,
        column=STAMP,
        expected=RUN_TIME,
        evidence=Evidence.MANIFEST,
        disposition=Disposition.SAFE,
        detail="its entry is in collections/"
        + collection
        + f", the active one is {active}; "
        + until,
    )


def _never_served(comparison: Comparison) -> pd.Series:
    """Return the rows that are right and whose page shows less, for want of ``synced_at``."""
    snapshot, pages, rows = comparison.snapshot, comparison.pages, comparison.snapshot.rows
    if STAMP not in snapshot.cache.columns:
        return pd.Series(False, index=rows.index)
    wrong = comparison.cells.loc[comparison.cells["status"] != Status.EXTRA, "row"]
    right = comparison.has_entry & comparison.usable & ~rows.index.isin(wrong)
    elsewhere = comparison.manifest_value("file_collection") != snapshot.home.active_collection
    unserved = is_true(pages["tier"] == RECONSTRUCTED) & is_true(elsewhere)
    no_text = pages[DESCRIPTION].isna() & comparison.layers.row(DESCRIPTION).notna()
    no_source = is_true(pages[SOURCE] == rows["artifact_id"]) & is_true(
        comparison.layers.row(SOURCE) != rows["artifact_id"]
    )
    return right & unserved & (no_text | no_source)


@check("V004", Severity.ERROR)
def page_fails(comparison: Comparison) -> pd.DataFrame:
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
    mistyped = comparison.problem_findings("mistyped")
    return pd.concat([_grouped(comparison), mistyped, _poisoned(comparison)], ignore_index=True)


def _grouped(comparison: Comparison) -> pd.DataFrame:
    """Return ``RULE_FINDINGS``: the collections of which an artifact is in a group."""
    snapshot = comparison.snapshot
    groups = snapshot.cache.groups.merge(snapshot.rows[list(KEY)].drop_duplicates(), on=list(KEY))
    if snapshot.era != "artifact_uuid" or groups.empty:
        return NO_FINDINGS
    by_collection = groups.groupby("collection_id", sort=True)
    return RULE_FINDINGS.from_records(
        [
            {
                "collection_id": collection,
                "disposition": Disposition.NONE,
                # What to do comes first: a headline shows the beginning.
                "detail": f"take {_names(part['artifact_id'])} out of the group "
                f"{_names(part['name'])}: the page that lists this collection with its groups "
                "(include_groups=true) fails while one of its artifacts is in a group",
            }
            for collection, part in by_collection
        ]
    )


def _names(values: pd.Series) -> str:
    return ", ".join(sorted(set(values.dropna())))


def _poisoned(comparison: Comparison) -> pd.DataFrame:
    """Return ``RULE_FINDINGS``: rows whose page is looked up in the catalogue, and found there."""
    snapshot, rows = comparison.snapshot, comparison.snapshot.rows
    looked_up = is_true(comparison.pages["tier"] == RECONSTRUCTED)
    if snapshot.era == "artifact_uuid":  # the artifacts row is found before
        looked_up &= ~is_true(rows["has_artifact"])
    return comparison.row_findings(
        looked_up & is_in(rows["artifact_id"], snapshot.catalog["import_id"]),
        column=SOURCE,
        detail="a catalogue entry has its type:name as import id: the list of this collection "
        "answers 500; import the artifact again from its source",
    )
