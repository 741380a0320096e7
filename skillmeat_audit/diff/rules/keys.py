"""K: keys, that is which row belongs to which artifact."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, to_arrow, to_mask
from skillmeat_audit.base.columns import (
    TextColumns,
    choose,
    equals,
    is_among,
    is_present,
    join_texts,
)
from skillmeat_audit.base.text import folded, name_difference
from skillmeat_audit.diff.compare import Bools, is_true
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.problems import mendable, safe_where
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts, RuleFindings, findings_of
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, FIELDS
from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status
from skillmeat_audit.model.tables import KEY

_DEFAULT_NAME = "Default Collection"
# Context entities have rows and no manifest entry; their key is not "type:name" by design.
_CONTEXT = "ctx_"


@check("K001", Severity.ERROR)
def row_missing(comparison: Comparison) -> Parts:
    """Manifest entry has no row in the default collection.

    The page that lists all artifacts does not show it. Command-line adds wait for the server's next
    start, locked databases lost part of a batch, skipped imports had no row before 2026-03-03.
    Safe: a row is inserted with what the manifest says. Where an orphan's name differs only in case
    or in Unicode form, the finding names it: a folder was renamed.

    See docs/skillmeat.md#command-line-adds-have-no-row,
    docs/skillmeat.md#locked-database-loses-rows and
    docs/skillmeat.md#skipped-imports-rewrite-provenance.
    """
    if comparison.missing_rows.empty:
        return NO_FINDINGS
    missing = to_arrow(comparison.missing_rows["artifact_id"])
    orphans = comparison.row_texts["artifact_id"].filter(pa.array(_orphans(comparison)))
    values = {
        "collection_id": DEFAULT_COLLECTION,
        "artifact_id": missing,
        "status": Status.ROW_MISSING,
        "evidence": Evidence.MANIFEST,
        "disposition": Disposition.SAFE,
        "detail": _near_names(missing, orphans),
    }
    return (RuleFindings(np.arange(len(missing)), values),)


@check("K002", Severity.WARNING)
def row_orphaned(comparison: Comparison) -> Parts:
    """Row matches no manifest entry: an orphan.

    No path of SkillMeat deletes the rows of an artifact that vanished. Deleting one takes it out of
    its collection and its groups, so it is done only after review. Where a manifest entry differs
    from it only in case or in Unicode form, the finding names the entry.

    See docs/skillmeat.md#orphans-stay.

    Do: skillmeat-audit plan HOME --select K002 --deletes -o plan.json
    """
    orphan = _orphans(comparison)
    if not orphan.any():
        return NO_FINDINGS
    names = comparison.row_texts["artifact_id"].filter(pa.array(orphan))
    near = _near_names(names, comparison.entry_texts["artifact_id"])
    return comparison.row_findings(
        orphan,
        status=Status.ROW_ORPHAN,
        disposition=Disposition.REVIEW,
        detail=pc.replace_with_mask(pa.nulls(len(orphan), ARROW_TEXT), pa.array(orphan), near),
    )


def _orphans(comparison: Comparison) -> Bools:
    """Return True for the rows that no manifest entry declares, not even one that is refused."""
    snapshot, ids = comparison.snapshot, comparison.row_texts["artifact_id"]
    # An entry that cannot be read may be the row's: a deletion on such grounds would lose it.
    if snapshot.may_hide_entries or comparison.has_entry.all():
        return np.zeros(len(ids), dtype=bool)
    problems = snapshot.problems
    refused = to_arrow(problems["artifact_id"][is_true(problems["kind"] == "manifest")])
    declared = comparison.has_entry | is_among(ids, refused) | is_among(ids, comparison.duplicates)
    return comparison.usable & ~declared


def _near_names(names: pa.Array, others: pa.Array) -> pa.Array:
    """Return for each name which of *others* differs from it in case or Unicode form only."""
    by_folded = {folded(other): other for other in others.unique().drop_null().to_pylist()}
    pairs = [(name, by_folded.get(folded(name))) for name in names.to_pylist()]
    texts = [
        None if other is None else f"{other} differs from it only in {name_difference(name, other)}"
        for name, other in pairs
    ]
    return pa.array(texts, ARROW_TEXT)


@check("K003", Severity.ERROR)
def entry_duplicated(comparison: Comparison) -> Parts:
    """One manifest declares the same artifact twice.

    A refresh takes the first entry, the server's start the last, and pages show both. The audit
    does not guess which one is meant: the artifact takes part in no other rule until one entry is
    removed. A plan removes the later ones where all are equal.

    Do: skillmeat-audit plan HOME --select K003 -o plan.json, where the entries are equal; else
    remove one of them from collection.toml.
    """
    if not comparison.duplicates:
        return NO_FINDINGS
    manifest, key = comparison.snapshot.manifest, ["file_collection", "artifact_id"]
    collection, file = comparison.entry_texts["file_collection"], "/collection.toml declares it "
    first = (manifest.duplicated(key, keep=False) & ~manifest.duplicated(key)).to_numpy()
    equal = mendable(comparison, "repeated")
    times = choose(equal, "twice, equal", "more than once")
    detail = join_texts("collections/", collection, file, times)
    return comparison.entry_findings(first, detail=detail, disposition=safe_where(equal))


@check("K004", Severity.WARNING)
def collections_disagree(comparison: Comparison) -> Parts:
    """Several file collections declare the artifact and disagree.

    SkillMeat's start lets the last one win. The audit prefers the entry of the file collection
    named like the row's collection, else that of the active one; disputed cells are marked for
    review.

    See docs/skillmeat.md#last-file-collection-wins.

    Do: make the entries agree, or remove all but one: skillmeat remove NAME -t TYPE -c COLLECTION
    --keep-files.
    """
    pairs, layers = comparison.pairs, comparison.layers
    if pairs.several.empty:
        return NO_FINDINGS
    names = np.full(len(comparison.snapshot.rows), "", dtype=object)
    for field in FIELDS:
        disputed = pairs.disputed(layers.layer(Evidence.MANIFEST, field.column).normal)
        names[pairs.row[disputed]] += f", {field.column}"
    columns = pc.utf8_slice_codeunits(pa.array(names, ARROW_TEXT), len(", "))
    return comparison.row_findings(
        names != "",
        disposition=Disposition.REVIEW,
        detail=join_texts("they disagree on ", columns),
    )


@check("K005", Severity.WARNING)
def name_shared_by_types(comparison: Comparison) -> Parts:
    """One name under several types: SkillMeat's untyped look-up mixes them.

    A refresh that asks for the name alone fails, or writes one artifact's values into the other's
    row. Rename one of them.

    See docs/skillmeat.md#look-ups-without-a-type.

    Do: rename one of them: its folder or file, and name and path of its entry in collection.toml;
    then restart SkillMeat, which adds the new row, and delete the old one: skillmeat-audit plan
    HOME --select K002 --deletes -o plan.json
    """
    manifest, entries = comparison.snapshot.manifest, comparison.entry_texts
    names = join_texts(entries["file_collection"], "\0", entries["name"])
    if pc.count_distinct(names).as_py() == len(names):
        return NO_FINDINGS
    types = manifest.drop_duplicates(["file_collection", "artifact_id"])
    shared = types.duplicated(["file_collection", "name"], keep=False)
    if not shared.any():
        return NO_FINDINGS
    named = types[shared].groupby(["file_collection", "name"])["type"]
    kinds = named.transform(lambda kinds: ", ".join(sorted(kinds))).reindex(manifest.index)
    detail = to_arrow("the name is used for " + kinds)
    return comparison.entry_findings(is_present(detail), detail=detail)


@check("K006", Severity.ERROR)
def row_without_artifact(comparison: Comparison) -> Parts:
    """Row has no usable artifact.

    Its ``artifact_uuid`` is in no row of ``artifacts``, its key is not of the form "type:name", or
    two rows have the same key. SkillMeat cannot show it; the audit does not guess what it was.

    Do: look at it: skillmeat-audit show ARTIFACT HOME. Of two rows delete one in SkillMeat; add an
    artifact that no row of artifacts has once more.
    """
    if comparison.usable.all():
        return NO_FINDINGS
    rows, key_form = comparison.snapshot.rows, 'its key is not of the form "type:name"'
    repeated = rows.duplicated(list(KEY), keep=False).to_numpy()
    detail = choose(repeated, "another row of the collection has the same key", key_form)
    # What is missing is said before how the key looks.
    dangling = ~is_true(rows["has_artifact"]).to_numpy()
    detail = choose(dangling, "its artifact_uuid is in no row of artifacts", detail)
    context = to_mask(pc.starts_with(comparison.row_texts["artifact_id"], _CONTEXT))
    return comparison.row_findings(~comparison.usable & ~context, detail=detail)


@check("K007", Severity.ERROR)
def collection_missing(comparison: Comparison) -> Parts:
    """Row's collection does not exist.

    Somebody deleted the collection without foreign keys in force: no page shows the row.

    Do: create the collection again in SkillMeat, or delete the row with a tool for SQLite.
    """
    collections = to_arrow(comparison.snapshot.collections["id"])
    # Without a table of collections (an older schema) every row would be stray.
    if not len(collections):
        return NO_FINDINGS
    return comparison.row_findings(~is_among(comparison.row_texts["collection_id"], collections))


@check("K008", Severity.WARNING)
def default_collection_unclear(comparison: Comparison) -> Parts:
    """Default collection is double, or missing.

    0.9.0 to 0.45 looked for one of type ``default``, found none and made a second "Default
    Collection" with another id. Imports go to id ``default``; without it nothing can be inserted,
    and missing rows are not reported one by one.

    See docs/skillmeat.md#two-default-collections.

    Do: keep the collection with the id default: move what only the other one holds, and delete that
    in SkillMeat.
    """
    snapshot = comparison.snapshot
    if snapshot.era is None:
        return NO_FINDINGS
    collections = TextColumns(snapshot.collections)
    is_default = equals(collections["id"], DEFAULT_COLLECTION)
    alike = equals(collections["name"], _DEFAULT_NAME)
    alike |= equals(collections["collection_type"], "default")
    extra = collections["id"].filter(pa.array(alike & ~is_default)).to_pylist()
    beside = f"a default collection beside {DEFAULT_COLLECTION!r}"
    findings = [{"collection_id": each, "detail": beside} for each in extra]
    if not is_default.any():
        findings = [{"detail": f"there is no collection with the id {DEFAULT_COLLECTION!r}"}]
    return findings_of({"disposition": Disposition.NONE} | row for row in findings)
