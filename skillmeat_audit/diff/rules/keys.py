"""K: keys, that is which row belongs to which artifact."""

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import folded, name_difference
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.comparison import NO_FINDINGS, RULE_FINDINGS, Comparison, safe_where
from skillmeat_audit.diff.registry import check
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, FIELDS
from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status
from skillmeat_audit.model.tables import KEY

_DEFAULT_NAME = "Default Collection"
# Context entities have rows and no manifest entry; their key is not "type:name" by design.
_CONTEXT = "ctx_"


@check("K001", Severity.ERROR)
def row_missing(comparison: Comparison) -> pd.DataFrame:
    """Manifest entry has no row in the default collection.

    The page that lists all artifacts does not show it. Command-line adds wait for the server's next
    start, locked databases lost part of a batch, skipped imports had no row before 2026-03-03.
    Safe: a row is inserted with what the manifest says. Where an orphan's name differs only in case
    or in Unicode form, the finding names it: a folder was renamed.

    See docs/skillmeat.md#command-line-adds-have-no-row,
    docs/skillmeat.md#locked-database-loses-rows and
    docs/skillmeat.md#skipped-imports-rewrite-provenance.
    """
    missing = comparison.missing_rows["artifact_id"]
    if missing.empty:
        return NO_FINDINGS
    orphans = comparison.snapshot.rows["artifact_id"][_orphans(comparison)]
    return RULE_FINDINGS.build(
        {
            **{name: [None] * len(missing) for name in RULE_FINDINGS.columns},
            "collection_id": [DEFAULT_COLLECTION] * len(missing),
            "artifact_id": missing,
            "status": [Status.ROW_MISSING] * len(missing),
            "evidence": [Evidence.MANIFEST] * len(missing),
            "disposition": [Disposition.SAFE] * len(missing),
            "detail": _near_names(missing, orphans),
        }
    )


@check("K002", Severity.WARNING)
def row_orphaned(comparison: Comparison) -> pd.DataFrame:
    """Row matches no manifest entry: an orphan.

    No path of SkillMeat deletes the rows of an artifact that vanished. Deleting one takes it out of
    its collection and its groups, so it is done only after review. Where a manifest entry differs
    from it only in case or in Unicode form, the finding names the entry.

    See docs/skillmeat.md#orphans-stay.

    Do: skillmeat-audit plan HOME --select K002 --deletes -o plan.json
    """
    snapshot = comparison.snapshot
    orphan = _orphans(comparison)
    if not orphan.any():
        return NO_FINDINGS
    names = snapshot.rows["artifact_id"][orphan]
    near = _near_names(names, snapshot.manifest["artifact_id"])
    # Not an assignment of a list to a mask, which pandas 3.0 cannot do with texts.
    detail = pd.Series(near, index=names.index, dtype="string").reindex(orphan.index)
    return comparison.row_findings(
        orphan, status=Status.ROW_ORPHAN, disposition=Disposition.REVIEW, detail=detail
    )


def _orphans(comparison: Comparison) -> pd.Series:
    """Return True for the rows that no manifest entry declares, not even one that is refused."""
    snapshot = comparison.snapshot
    # An entry that cannot be read may be the row's: a deletion on such grounds would lose it.
    if snapshot.may_hide_entries or comparison.has_entry.all():
        return pd.Series(False, index=snapshot.rows.index)
    ids, problems = snapshot.rows["artifact_id"], snapshot.problems
    refused = problems["artifact_id"][problems["kind"] == "manifest"]
    declared = comparison.has_entry | is_in(ids, refused) | is_in(ids, comparison.duplicates)
    return comparison.usable & ~declared


def _near_names(names: pd.Series, others: pd.Series) -> list[str | None]:
    """Return for each name which of *others* differs from it in case or Unicode form only."""
    by_folded = {folded(other): other for other in others.dropna().unique()}
    pairs = [(name, by_folded.get(folded(name))) for name in names]
    return [
        None if other is None else f"{other} differs from it only in {name_difference(name, other)}"
        for name, other in pairs
    ]


@check("K003", Severity.ERROR)
def entry_duplicated(comparison: Comparison) -> pd.DataFrame:
    """One manifest declares the same artifact twice.

    A refresh takes the first entry, the server's start the last, and pages show both. The audit
    does not guess which one is meant: the artifact takes part in no other rule until one entry is
    removed. A plan removes the later ones where all are equal.

    Do: skillmeat-audit plan HOME --select K003 -o plan.json, where the entries are equal; else
    remove one of them from collection.toml.
    """
    manifest = comparison.snapshot.manifest
    key = ["file_collection", "artifact_id"]
    repeated = manifest.duplicated(key)
    if not repeated.any():
        return NO_FINDINGS
    file = "collections/" + manifest["file_collection"] + "/collection.toml"
    first = manifest.duplicated(key, keep=False) & ~repeated
    equal = comparison.mendable("repeated")
    detail = (file + " declares it more than once").mask(equal, file + " declares it twice, equal")
    return comparison.entry_findings(first, detail=detail, disposition=safe_where(equal))


@check("K004", Severity.WARNING)
def collections_disagree(comparison: Comparison) -> pd.DataFrame:
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
    columns = pd.Series(names, dtype="string").str.removeprefix(", ")
    return comparison.row_findings(
        columns != "", disposition=Disposition.REVIEW, detail="they disagree on " + columns
    )


@check("K005", Severity.WARNING)
def name_shared_by_types(comparison: Comparison) -> pd.DataFrame:
    """One name under several types: SkillMeat's untyped look-up mixes them.

    A refresh that asks for the name alone fails, or writes one artifact's values into the other's
    row. Rename one of them.

    See docs/skillmeat.md#look-ups-without-a-type.

    Do: rename one of them: its folder or file, and name and path of its entry in collection.toml;
    then restart SkillMeat, which adds the new row, and delete the old one: skillmeat-audit plan
    HOME --select K002 --deletes -o plan.json
    """
    manifest = comparison.snapshot.manifest
    types = manifest.drop_duplicates(["file_collection", "artifact_id"])
    shared = types.duplicated(["file_collection", "name"], keep=False)
    if not shared.any():
        return NO_FINDINGS
    named = types[shared].groupby(["file_collection", "name"])["type"]
    kinds = named.transform(lambda kinds: ", ".join(sorted(kinds))).reindex(manifest.index)
    return comparison.entry_findings(kinds.notna(), detail="the name is used for " + kinds)


@check("K006", Severity.ERROR)
def row_without_artifact(comparison: Comparison) -> pd.DataFrame:
    """Row has no usable artifact.

    Its ``artifact_uuid`` is in no row of ``artifacts``, its key is not of the form "type:name", or
    two rows have the same key. SkillMeat cannot show it; the audit does not guess what it was.

    Do: look at it: skillmeat-audit show ARTIFACT HOME. Of two rows delete one in SkillMeat; add an
    artifact that no row of artifacts has once more.
    """
    if comparison.usable.all():
        return NO_FINDINGS
    rows = comparison.snapshot.rows
    detail = pd.Series('its key is not of the form "type:name"', index=rows.index, dtype="string")
    repeated = rows.duplicated(list(KEY), keep=False)
    detail = detail.mask(repeated, "another row of the collection has the same key")
    # The last mask wins: what is missing is said before how the key looks.
    detail = detail.mask(~rows["has_artifact"], "its artifact_uuid is in no row of artifacts")
    context = is_true(rows["artifact_id"].str.startswith(_CONTEXT))
    return comparison.row_findings(~comparison.usable & ~context, detail=detail)


@check("K007", Severity.ERROR)
def collection_missing(comparison: Comparison) -> pd.DataFrame:
    """Row's collection does not exist.

    Somebody deleted the collection without foreign keys in force: no page shows the row.

    Do: create the collection again in SkillMeat, or delete the row with a tool for SQLite.
    """
    collections = comparison.snapshot.collections["id"]
    # Without a table of collections (an older schema) every row would be stray.
    stray = ~is_in(comparison.snapshot.rows["collection_id"], collections)
    return comparison.row_findings(stray & (len(collections) > 0))


@check("K008", Severity.WARNING)
def default_collection_unclear(comparison: Comparison) -> pd.DataFrame:
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
    collections = snapshot.collections
    is_default = is_true(collections["id"] == DEFAULT_COLLECTION)
    alike = is_true(collections["name"] == _DEFAULT_NAME)
    alike |= is_true(collections["collection_type"] == "default")
    extra = collections.loc[alike & ~is_default, "id"]
    findings = [
        {"collection_id": extra_id, "detail": f"a default collection beside {DEFAULT_COLLECTION!r}"}
        for extra_id in extra
    ]
    if not is_default.any():
        findings = [{"detail": f"there is no collection with the id {DEFAULT_COLLECTION!r}"}]
    return RULE_FINDINGS.from_records([{"disposition": Disposition.NONE} | row for row in findings])
