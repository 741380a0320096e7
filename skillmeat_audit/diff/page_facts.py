"""What the layers know of each page: is it blank or dead, who knows better, what will be blanked.

A row *holds* a value, a page *shows* one. `diff.web_view` says what a page shows; this compares it
with the layers, so that rules and the headline count the same pages.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import from_arrow, order_nulls_last, take_rows, to_arrow
from skillmeat_audit.base.columns import TextColumns, choose, equals, is_among, is_present
from skillmeat_audit.diff.compare import Bools, Ints, differs, normalize
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.manifest_repairs import evidence_outside_manifest
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, FIELD, FIELDS
from skillmeat_audit.model.findings import Evidence, Status
from skillmeat_audit.model.tables import KEY, PAGE_FACTS

_COMPARED = ("description", "source", "origin", "origin_source")
# docs/skillmeat.md#server-start-drops-columns: the start since 0.9.0 leaves these as they are.
_KEPT_AT_START = ("version", "origin_source")
BLANK, NOT_CLICKABLE, RIGHT = "blank", "not clickable", "right"


def page_facts(comparison: Comparison) -> pd.DataFrame:
    """Return ``PAGE_FACTS`` of the pages of *comparison*, in their order."""
    blank = comparison.is_blank
    dead_link = is_present(comparison.page_texts["obstacle"]) & _source_known(comparison)
    shown_right, shown_wrong = _wrong_rows(comparison)
    return PAGE_FACTS.build(
        {
            **{key: comparison.row_texts[key] for key in KEY},
            "state": choose(blank, BLANK, choose(dead_link, NOT_CLICKABLE, RIGHT)),
            "blank": blank,
            "dead_link": dead_link,
            "in_manifest": _layer_knows(comparison, Evidence.MANIFEST, "description"),
            "in_file": _layer_knows(comparison, Evidence.FRONTMATTER, "description"),
            "in_catalog": _layer_knows(comparison, Evidence.CATALOG, "description"),
            "in_row": _row_knows(comparison, "description"),
            "has_entry": comparison.has_entry,
            "files_missing": _files_missing(comparison),
            "file": _file_names(comparison),
            "shows_wrong": shown_wrong & ~blank & ~dead_link,
            "wrong_but_right": shown_right,
            "lacks_details": _lacks_details(comparison),
            "blanked_next": _blanked_next(comparison),
        }
    )


def _has_entry_in(comparison: Comparison, entries: Bools) -> Bools:
    """Return for which rows one of *entries* (a mask) is of their artifact."""
    stems = comparison.entry_texts["stem"].filter(pa.array(entries))
    return is_among(comparison.row_texts["stem"], stems)


def _layer_knows(comparison: Comparison, evidence: Evidence, column: str) -> Bools:
    """Return for which rows an entry of their artifact has *column* in a layer of files."""
    return _has_entry_in(comparison, is_present(comparison.normal_layer(evidence, column)))


def _row_knows(comparison: Comparison, column: str) -> Bools:
    """Return for which rows any row of their artifact holds *column*."""
    ids = comparison.row_texts["artifact_id"]
    # A source `type:name` is what pages show where there is none: docs/skillmeat.md.
    is_value = is_present(comparison.normal_rows(column))
    is_value &= ~equals(comparison.row_texts[column], ids)
    if column == "description":
        is_value &= ~comparison.row_accidents
    return is_among(ids, ids.filter(pa.array(is_value)))


def _source_known(comparison: Comparison) -> Bools:
    """Return for which rows a source is known; a local artifact rightly has none."""
    pages = comparison.page_texts
    shown = ~equals(pages["source"], pages["artifact_id"])
    for evidence in FIELD["source"].layers:
        shown |= _layer_knows(comparison, evidence, "source")
    return shown | _row_knows(comparison, "source")


def _file_names(comparison: Comparison) -> pa.Array:
    """Return, per row, the name of the file that has the front matter of its artifact."""
    files = comparison.file_texts["file"]
    stems = comparison.entry_texts["stem"].filter(files.is_valid())
    names = pc.replace_substring_regex(files.drop_null(), r"^.*/", "")
    # Of several entries `index_in` takes the first.
    first = pc.index_in(comparison.row_texts["stem"], value_set=stems, skip_nulls=True)
    return names.take(first)


def _files_missing(comparison: Comparison) -> Bools:
    """Return for which rows an entry of their artifact has no files (F001)."""
    return _has_entry_in(comparison, equals(comparison.file_texts["state"], "missing"))


def _wrong_rows(comparison: Comparison) -> tuple[Bools, Bools]:
    """Return which rows hold a wrong value that their page shows right, and which it shows too."""
    size, wrong_cells = len(comparison.snapshot.rows), _wrong_cells(comparison)
    right, wrong = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for column in _COMPARED:
        cells = np.flatnonzero(wrong_cells & comparison.is_in_column(column))
        if not len(cells):
            continue
        rows, kind = comparison.cell_rows[cells], FIELD[column].kind
        shown = take_rows(comparison.page_texts[column], rows)
        expected = take_rows(comparison.cell_texts["expected"], cells)
        shown, expected = (normalize(from_arrow(each), kind) for each in (shown, expected))
        is_wrong = differs(expected, shown).to_numpy()
        right[rows[~is_wrong]] = True
        wrong[rows[is_wrong]] = True
    return right, wrong


def _lacks_details(comparison: Comparison) -> Bools:
    """Return which rows hold nothing or a wrong value in a column that is not `_COMPARED`."""
    return comparison.has_cell(_wrong_cells(comparison) & ~comparison.is_in_column(*_COMPARED))


def _wrong_cells(comparison: Comparison) -> Bools:
    return is_among(comparison.cell_texts["status"], (Status.MISSING, Status.DIFFERS))


def _blanked_next(comparison: Comparison) -> Ints:
    """Return how many values of each row SkillMeat's next start or refresh writes over with NULL.

    The manifest has none of them, the front matter or the catalogue has the same.
    """
    started, refreshed = _reached_by_start(comparison), _reached_by_refresh(comparison)
    is_newer = comparison.snapshot.era == "artifact_uuid"
    count = np.zeros(len(started), dtype=int)
    for field in FIELDS:
        if field.column in comparison.snapshot.cache.columns:
            skipped = is_newer and field.column in _KEPT_AT_START
            reached = refreshed if skipped else started | refreshed
            count += reached & is_present(evidence_outside_manifest(comparison, field))
    return count


def _reached_by_start(comparison: Comparison) -> Bools:
    """Return the rows that SkillMeat's start writes (docs/skillmeat.md#server-start)."""
    return equals(comparison.row_texts["collection_id"], DEFAULT_COLLECTION)


def _reached_by_refresh(comparison: Comparison) -> Bools:
    """Return the rows that SkillMeat's refresh writes (docs/skillmeat.md#refresh).

    Since 0.9.0 it looks in the file collection named like the DB collection's id, and writes the
    first row of each of its artifacts, in any collection.
    """
    if comparison.snapshot.era == "artifact_id":
        return comparison.has_entry
    collections = to_arrow(comparison.snapshot.collections["id"])
    named = is_among(comparison.entry_texts["file_collection"], collections)
    return _has_entry_in(comparison, named) & _is_first_row(comparison.row_texts)


def _is_first_row(rows: TextColumns) -> Bools:
    """Return which *rows* are the first of their artifact by the time they were added."""
    order = order_nulls_last({"added_at": rows["added_at"]}, "added_at")
    ids = rows["artifact_id"].take(order)
    # Of equal ids `index_in` takes the first.
    first = pc.index_in(ids, value_set=ids, skip_nulls=True)
    is_first = np.zeros(len(ids), dtype=bool)
    is_first[order.to_numpy()[first.drop_null().to_numpy()]] = True
    return is_first
