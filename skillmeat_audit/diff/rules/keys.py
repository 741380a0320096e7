"""K: keys, that is which row belongs to which artifact."""

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import folded, name_difference
from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.expected import duplicates, missing_rows
from skillmeat_audit.diff.registry import FOUND, NOTHING, rule
from skillmeat_audit.diff.rules.select import entry_findings, has_entry, row_findings
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, FIELDS
from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status
from skillmeat_audit.model.tables import KEY

_DEFAULT_NAME = "Default Collection"
# Context entities have rows and no manifest entry; their key is no "type:name" by design.
_CONTEXT = "ctx_"


@rule("K001", Severity.ERROR)
def K001(comparison: Comparison) -> pd.DataFrame:
    """Manifest entry has no row in the default collection.

    The page that lists all artifacts does not show it. Command-line adds wait for the server's next
    start (§7.42), locked databases lost part of a batch (§7.26), skipped imports had no row before
    2026-03-03 (§7.28). Safe: a row is inserted with what the manifest says. Where an orphan's name
    differs only in case or in Unicode form, the finding names it: a folder was renamed.
    """
    missing = missing_rows(comparison.snapshot)
    if missing.empty:
        return NOTHING
    orphans = comparison.snapshot.rows["artifact_id"][_orphans(comparison)]
    near = dict(zip(missing["artifact_id"], _alike(missing["artifact_id"], orphans), strict=True))
    return FOUND.from_records([
        {
            "collection_id": DEFAULT_COLLECTION, "artifact_id": artifact_id,
            "status": Status.ROW_MISSING, "evidence": Evidence.MANIFEST,
            "disposition": Disposition.SAFE, "detail": near[artifact_id],
        }
        for artifact_id in missing["artifact_id"]
    ])  # fmt: skip


@rule("K002", Severity.WARNING)
def K002(comparison: Comparison) -> pd.DataFrame:
    """Row matches no manifest entry: an orphan.

    No path of SkillMeat deletes the rows of an artifact that vanished (§7.41). Deleting one takes
    it out of its collection and its groups, so it is done only after review. Where a manifest entry
    differs from it only in case or in Unicode form, the finding names the entry.
    """
    snapshot = comparison.snapshot
    orphan = _orphans(comparison)
    if not orphan.any():
        return NOTHING
    detail = pd.Series(pd.NA, index=orphan.index, dtype="string")
    detail[orphan] = _alike(snapshot.rows["artifact_id"][orphan], snapshot.manifest["artifact_id"])
    return row_findings(
        comparison, orphan,
        status=Status.ROW_ORPHAN, disposition=Disposition.REVIEW, detail=detail,
    )  # fmt: skip


def _orphans(comparison: Comparison) -> pd.Series:
    """Return True for the rows that no manifest entry declares, not even one that is refused."""
    snapshot = comparison.snapshot
    if snapshot.may_hide_entries or (comparison.entry >= 0).all():
        return pd.Series(False, index=snapshot.rows.index)
    ids = snapshot.rows["artifact_id"]
    refused = is_in(ids, snapshot.problems["artifact_id"][snapshot.problems["kind"] == "manifest"])
    return comparison.usable & ~has_entry(comparison) & ~refused & ~is_in(ids, duplicates(snapshot))


def _alike(names: pd.Series, others: pd.Series) -> list[str | None]:
    """Return for each of *names* which of *others* differs from it in case or Unicode form only."""
    by_folded = {folded(each): each for each in others.dropna().unique()}
    near = [(each, by_folded.get(folded(each))) for each in names]
    return [
        None if other is None else f"{other} differs from it only in {name_difference(each, other)}"
        for each, other in near
    ]


@rule("K003", Severity.ERROR)
def K003(comparison: Comparison) -> pd.DataFrame:
    """One manifest declares the same artifact twice.

    SkillMeat takes the first and shows both. Which one is meant is not guessed: the artifact takes
    part in no other rule until one entry is removed.
    """
    manifest = comparison.snapshot.manifest
    key = ["file_collection", "artifact_id"]
    twice = manifest.duplicated(key)
    if not twice.any():
        return NOTHING
    detail = (
        "collections/" + manifest["file_collection"] + "/collection.toml declares it more than once"
    )
    return entry_findings(comparison, manifest.duplicated(key, keep=False) & ~twice, detail=detail)


@rule("K004", Severity.WARNING)
def K004(comparison: Comparison) -> pd.DataFrame:
    """Several file collections declare the artifact and disagree.

    SkillMeat's start lets the last one win (§7.40). The entry of the file collection named like the
    row's collection is preferred, else that of the active one; cells in dispute are marked for
    review.
    """
    pairs, layers = comparison.pairs, comparison.layers
    if pairs.several.empty:
        return NOTHING
    names = np.full(len(comparison.snapshot.rows), "", dtype=object)
    for field in FIELDS:
        disputed = pairs.disputed(layers.layer(Evidence.MANIFEST, field.column).normal)
        names[pairs.row[disputed]] += f", {field.column}"
    columns = pd.Series(names, dtype="string").str.removeprefix(", ")
    detail = "they disagree on " + columns
    return row_findings(comparison, columns != "", disposition=Disposition.REVIEW, detail=detail)


@rule("K005", Severity.WARNING)
def K005(comparison: Comparison) -> pd.DataFrame:
    """One name under several types: SkillMeat's untyped look-up mixes them.

    A refresh that asks for the name alone fails, or writes one artifact's values into the other's
    row (§7.39). Rename one of them.
    """
    manifest = comparison.snapshot.manifest
    types = manifest.drop_duplicates(["file_collection", "artifact_id"])
    shared = types.duplicated(["file_collection", "name"], keep=False)
    if not shared.any():
        return NOTHING
    named = types[shared].groupby(["file_collection", "name"])["type"]
    kinds = named.transform(lambda kinds: ", ".join(sorted(kinds))).reindex(manifest.index)
    return entry_findings(comparison, kinds.notna(), detail="the name is used for " + kinds)


@rule("K006", Severity.ERROR)
def K006(comparison: Comparison) -> pd.DataFrame:
    """Row has no usable artifact.

    Its ``artifact_uuid`` is in no row of ``artifacts``, its key is no "type:name", or the same key
    stands twice. SkillMeat cannot show it; what it was meant to be is not guessed.
    """
    if comparison.usable.all():
        return NOTHING
    rows = comparison.snapshot.rows
    detail = pd.Series('its key is not of the form "type:name"', index=rows.index, dtype="string")
    detail = detail.mask(
        rows.duplicated(list(KEY), keep=False), "the same key stands twice in the collection"
    )
    detail = detail.mask(~rows["has_artifact"], "its artifact_uuid is in no row of artifacts")
    context = is_true(rows["artifact_id"].str.startswith(_CONTEXT))
    return row_findings(comparison, ~comparison.usable & ~context, detail=detail)


@rule("K007", Severity.ERROR)
def K007(comparison: Comparison) -> pd.DataFrame:
    """Row's collection does not exist.

    Somebody deleted the collection without foreign keys in force: no page shows the row.
    """
    known = comparison.snapshot.collections["id"]
    stray = ~is_in(comparison.snapshot.rows["collection_id"], known)
    return row_findings(comparison, stray & (len(known) > 0))


@rule("K008", Severity.WARNING)
def K008(comparison: Comparison) -> pd.DataFrame:
    """Default collection is double, or missing.

    0.9.0 to 0.45 looked for one of type ``default``, found none and made a second "Default
    Collection" with another id (§7.32). Imports go to id ``default``; without it nothing can be
    inserted, and missing rows are not reported one by one.
    """
    snapshot = comparison.snapshot
    if snapshot.era is None:
        return NOTHING
    collections = snapshot.collections
    is_default = is_true(collections["id"] == DEFAULT_COLLECTION)
    alike = is_true(collections["name"] == _DEFAULT_NAME) | is_true(
        collections["collection_type"] == "default"
    )
    extra = collections.loc[alike & ~is_default, "id"]
    said = [
        {"collection_id": extra_id, "detail": f"a default collection beside {DEFAULT_COLLECTION!r}"}
        for extra_id in extra
    ]
    if not is_default.any():
        said = [{"detail": f"there is no collection with the id {DEFAULT_COLLECTION!r}"}]
    return FOUND.from_records([{"disposition": Disposition.NONE} | each for each in said])
