"""Decides what manifests should hold: what other layers know, and what mends a broken entry.

SkillMeat writes rows from the manifest, so a value that only the front matter knows stays in a row
until the next restart or refresh. Filled into the manifest, it lasts
(docs/skillmeat.md#how-long-a-repair-lasts).
"""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, is_in, take_rows, to_arrow
from skillmeat_audit.base.columns import Text, choose, equals, is_among, is_present, unequal
from skillmeat_audit.diff.compare import Bools, Ints, differs, is_true, normalize
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.pairing import Keys, candidate_entries
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts
from skillmeat_audit.model.changes import RowKey
from skillmeat_audit.model.fields import FIELD, Field
from skillmeat_audit.model.findings import Disposition, Evidence
from skillmeat_audit.model.manifest_edits import MANIFEST_KEYS, EntryKey
from skillmeat_audit.model.repair_tables import MANIFEST_REPAIRS
from skillmeat_audit.model.tables import KEY

# The rules that report each kind of problem that has a mend.
_RULES = {
    "manifest": "L001",
    "mistyped": "L004 V004",
    "unrefreshable": "L004",
    "repeated": "K003",
    "absolute": "F002",
    "elsewhere": "F002",
}
# The columns of a row that a mended key changes, beside those that an author may fill.
_COLUMN_OF_KEY = {key: column for column, key in MANIFEST_KEYS.items()} | {
    "upstream": "source",
    "resolved_sha": "resolved_sha",
    "resolved_version": "resolved_version",
}
# SkillMeat does not store a longer tag in its table of tags, nor one that differs in case only.
_TAG_LIMIT = 100


def manifest_fills(comparison: Comparison) -> pd.DataFrame:
    """Return ``MANIFEST_REPAIRS``: what an entry does not say, and its own file or catalogue does.

    Where several file collections declare an artifact and do not agree, or the entry holds an
    extraction accident, the disposition is ``review``.
    """
    parts = [_fills(comparison, FIELD[column]) for column in MANIFEST_KEYS]
    return MANIFEST_REPAIRS.conform(pd.concat(parts, ignore_index=True))


def manifest_mends(comparison: Comparison) -> pd.DataFrame:
    """Return ``MANIFEST_REPAIRS``: keys that stop SkillMeat or contradict the artifact's file."""
    problems = comparison.snapshot.problems
    problems = problems[problems["mend"].notna()]
    mends = problems.assign(
        column=problems["key"].map(_COLUMN_OF_KEY),
        after=problems["mend"],
        rules=problems["kind"].map(_RULES),
        evidence=Evidence.MANIFEST,
        disposition=Disposition.SAFE,
    )
    edited = [_edited_files(comparison, FIELD[column]) for column in MANIFEST_KEYS]
    parts = [mends, *(frame for frame in edited if frame is not None)]
    return MANIFEST_REPAIRS.conform(pd.concat(parts, ignore_index=True))


def outside_manifest_findings(comparison: Comparison, column: str, **values: Text) -> Parts:
    """Return findings: the rows that hold in *column* what another layer has, their manifest not.

    Their disposition is that of a fill of the entry; *values* are the finding's other columns.
    """
    evidence = evidence_outside_manifest(comparison, FIELD[column])
    outside = is_present(evidence)
    if not outside.any():
        return NO_FINDINGS
    values |= {
        "column": column,
        "evidence": evidence,
        "disposition": comparison.per_row(_fill_dispositions(comparison, FIELD[column])),
    }
    return comparison.row_findings(outside, **values)


def evidence_outside_manifest(comparison: Comparison, field: Field) -> pa.Array:
    """Return, per row, the layer that has what the row holds and its manifest lacks, or null.

    A manifest that holds an accident is not silent. Rules and pages ask for the same columns: each
    is computed once.
    """
    cached = comparison.outside_manifest
    if field.column not in cached:
        cached[field.column] = _evidence_outside_manifest(comparison, field)
    return cached[field.column]


def _evidence_outside_manifest(comparison: Comparison, field: Field) -> pa.Array:
    held = comparison.normal_rows(field.column)
    if field.column == "description":  # the layer is without accidents
        manifest = to_arrow(normalize(comparison.snapshot.manifest[field.column], field.kind))
    else:
        manifest = comparison.normal_layer(Evidence.MANIFEST, field.column)
    # The last is of rows without an entry.
    silent = np.append(~is_present(manifest), False)[comparison.entry]
    rows = np.flatnonzero(silent & is_present(held))
    if not len(rows):
        return pa.nulls(len(held), ARROW_TEXT)
    held, entries = take_rows(held, rows), comparison.entry[rows]
    choice = np.full(len(comparison.entry), -1)
    for number, layer in reversed([*enumerate(field.layers)][1:]):
        value = take_rows(comparison.normal_layer(layer, field.column), entries)
        choice[rows[equals(value, held)]] = number
    numbers = pa.array(choice.astype(np.int8), mask=choice < 0)
    return pa.DictionaryArray.from_arrays(numbers, pa.array(field.layers, ARROW_TEXT))


def entries_of_rows(comparison: Comparison) -> dict[RowKey, list[EntryKey]]:
    """Return the manifest entries that each row is written from, the preferred first.

    Rows that are missing are among them.
    """
    manifest, entries = comparison.snapshot.manifest, dict[RowKey, list[EntryKey]]()
    names = list(zip(manifest["file_collection"], manifest["artifact_id"], strict=True))
    snapshot, missing = comparison.snapshot, comparison.missing_rows
    ids = Keys.of(manifest, missing)
    for rows, candidates in (
        (snapshot.rows, comparison.candidates),
        (missing, candidate_entries(snapshot, missing, ids, comparison.duplicates)),
    ):
        keys = list(zip(rows["collection_id"], rows["artifact_id"], strict=True))
        for row, entry in zip(candidates["row"], candidates["entry"], strict=True):
            entries.setdefault(keys[row], []).append(names[entry])
    return entries


def _fills(comparison: Comparison, field: Field) -> pd.DataFrame:
    manifest, *others = (comparison.layers.layer(layer, field.column) for layer in field.layers)
    raw = pd.Series(None, manifest.raw.index, dtype="string")
    evidence = raw.copy()
    for layer in others:
        is_next = raw.isna() & layer.normal.notna()
        raw, evidence = raw.mask(is_next, layer.raw), evidence.mask(is_next, layer.evidence)
    entries = comparison.snapshot.manifest
    silent = manifest.normal.isna() & raw.notna()
    # An artifact that is declared twice cannot be edited: its key names two entries.
    silent &= ~is_in(entries["artifact_id"], comparison.duplicates)
    frame = entries.loc[silent, ["file_collection", "artifact_id"]].assign(
        column=field.column,
        key=MANIFEST_KEYS[field.column],
        after=_as_json(field, raw[silent]),
        rules="",
        evidence=evidence[silent],
        disposition=from_arrow(_fill_dispositions(comparison, field))[silent],
    )
    return frame[frame["after"].notna()]


def _fill_dispositions(comparison: Comparison, field: Field) -> pa.Array:
    """Return, per entry, how safe it is to fill it."""
    entries, shared = comparison.snapshot.manifest, comparison.shared_entries
    review = np.zeros(len(entries), dtype=bool)
    if len(shared):
        # Another file collection declares the artifact, and has another value or none.
        values = comparison.layers.effective(field.column).take(shared).fillna("")
        stems = entries["stem"].take(shared)
        review[shared] = values.groupby(stems).transform("nunique").to_numpy(dtype=int) > 1
    if field.kind != "list":  # a text that does not count as a value: a person may have meant it
        review |= unequal(pc.utf8_trim_whitespace(comparison.entry_texts[field.column]), "")
    return choose(review, Disposition.REVIEW, Disposition.FILL)


def _edited_files(comparison: Comparison, field: Field) -> pd.DataFrame | None:
    """Return ``MANIFEST_REPAIRS`` for review: entries whose own file says something else (F008)."""
    entries = comparison.snapshot.manifest
    written = comparison.layers.layer(Evidence.FRONTMATTER, field.column)
    differing = differs_from_file(comparison, field)
    differing &= ~is_among(comparison.entry_texts["artifact_id"], comparison.duplicates)
    if differing.any():
        differing &= ~is_decided(comparison, field)
    if not differing.any():
        return None
    frame = entries.loc[differing, ["file_collection", "artifact_id"]].assign(
        column=field.column,
        key=MANIFEST_KEYS[field.column],
        after=_as_json(field, written.raw[differing]),
        rules="F008",
        evidence=Evidence.FRONTMATTER,
        disposition=Disposition.REVIEW,
    )
    return frame[frame["after"].notna()]


def differs_from_file(comparison: Comparison, field: Field) -> Bools:
    """Return the entries that have another value than their own file, where both have one.

    Tags are compared as a manifest should hold them: what SkillMeat cannot store differs from
    nothing. Files whose front matter is not valid YAML are left out.
    """
    declared = comparison.normal_layer(Evidence.MANIFEST, field.column)
    written = comparison.normal_layer(Evidence.FRONTMATTER, field.column)
    differing = unequal(declared, written) & ~is_present(comparison.file_texts["reason"])
    if field.column == "tags_json" and differing.any():
        raw = comparison.layers.layer(Evidence.FRONTMATTER, field.column).raw[differing]
        storable = normalize(_as_json(field, raw), field.kind)
        declared = comparison.layers.layer(Evidence.MANIFEST, field.column).normal[differing]
        differing[differing] = differs(storable, declared)
    return differing


def is_decided(comparison: Comparison, field: Field) -> Bools:
    """Return the entries whose row held the file's value, where a plan takes the manifest's.

    A plan of the opposite would turn that back, before or after it was applied.
    """
    declared = comparison.layers.layer(Evidence.MANIFEST, field.column).normal
    written = comparison.layers.layer(Evidence.FRONTMATTER, field.column).normal
    decided = np.zeros(len(declared), dtype=bool)
    for rows, before, after in (_to_repair(comparison, field), _repaired(comparison, field)):
        entries = comparison.entry[rows]
        of_file, of_manifest = (
            ~differs(values.take(entries).reset_index(drop=True), cells.reset_index(drop=True))
            for values, cells in ((written, before), (declared, after))
        )
        decided[entries[(entries >= 0) & (of_file & of_manifest).to_numpy()]] = True
    return decided


def _to_repair(comparison: Comparison, field: Field) -> tuple[Ints, pd.Series, pd.Series]:
    """Return the rows in which a plan overwrites the column, what they hold, and what they get."""
    cells = comparison.cells
    is_taken = is_true(cells["column"] == field.column) & is_true(
        cells["disposition"] == Disposition.SAFE
    )
    taken = cells[is_taken]
    return (
        taken["row"].to_numpy(dtype=int),
        normalize(taken["actual"], field.kind),
        normalize(taken["expected"], field.kind),
    )


def _repaired(comparison: Comparison, field: Field) -> tuple[Ints, pd.Series, pd.Series]:
    """Return the rows in which a repair wrote the column, what they held, and what they got."""
    rows, repaired = comparison.snapshot.rows, comparison.snapshot.repaired
    repaired = repaired[is_true(repaired["column"] == field.column)]
    keys = rows[list(KEY)].assign(row=np.arange(len(rows))).drop_duplicates(list(KEY))
    repaired = repaired.merge(keys, on=list(KEY))
    return (
        repaired["row"].to_numpy(dtype=int),
        normalize(repaired["before"], field.kind),
        normalize(repaired["after"], field.kind),
    )


def _as_json(field: Field, cells: pd.Series) -> pd.Series:
    """Return *cells* as a manifest should hold them, in JSON; ``<NA>`` where nothing is left."""
    values = [_one_as_json(field, cell) for cell in cells]
    return pd.Series(values, index=cells.index, dtype="string")


def _one_as_json(field: Field, value: str) -> str | None:
    if field.kind != "list":
        return json.dumps(value)
    items = json.loads(value)
    if field.column == "tags_json":
        items = list(_storable_tags(items))
    return json.dumps(items) if items else None


def _storable_tags(tags: list[str]) -> Iterator[str]:
    """Yield the tags that SkillMeat's table of tags takes: the first of each spelling."""
    spellings = set[str]()
    for tag in map(str.strip, tags):
        if tag and len(tag) <= _TAG_LIMIT and tag.lower() not in spellings:
            spellings.add(tag.lower())
            yield tag
