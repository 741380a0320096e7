"""What the layers know of each page: is it blank or dead, who knows better, what will be blanked.

A row *holds* a value, a page *shows* one. `diff.web_view` says what a page shows; this compares it
with the layers, so that rules and the headline count the same pages.
"""

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import Bools, differs, is_true, map_bool, normalize
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.manifest_repairs import evidence_outside_manifest
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.fields import DEFAULT_COLLECTION, FIELD, FIELDS
from skillmeat_audit.model.findings import Evidence, Status
from skillmeat_audit.model.tables import KEY, PAGE_FACTS

_COMPARED = ("description", "source", "origin", "origin_source")
# docs/skillmeat.md#server-start-drops-columns: the start since 0.9.0 leaves these as they are.
_KEPT_AT_START = ("version", "origin_source")
BLANK, NOT_CLICKABLE, RIGHT = "blank", "not clickable", "right"


def page_facts(comparison: Comparison) -> pd.DataFrame:
    """Return ``PAGE_FACTS`` of the pages of *comparison*, in their order."""
    rows, pages = comparison.snapshot.rows, comparison.pages
    blank = comparison.is_blank
    dead_link = ~is_true(pages["clickable"]) & _source_known(comparison, pages)
    shown_right, shown_wrong = _wrong_rows(comparison, pages)
    state = pd.Series(RIGHT, index=rows.index, dtype="string")
    return PAGE_FACTS.build(
        {
            **{key: rows[key] for key in KEY},
            "state": state.mask(dead_link, NOT_CLICKABLE).mask(blank, BLANK),
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


def _layer_knows(comparison: Comparison, evidence: Evidence, column: str) -> pd.Series:
    """Return for which rows an entry of their artifact has *column* in a layer of files."""
    entries = comparison.snapshot.manifest["stem"]
    has_value = comparison.layers.layer(evidence, column).normal.notna()
    return is_in(comparison.snapshot.rows["stem"], entries[has_value.to_numpy()])


def _row_knows(comparison: Comparison, column: str) -> pd.Series:
    """Return for which rows any row of their artifact holds *column*."""
    ids = comparison.snapshot.rows["artifact_id"]
    held = comparison.layers.row(column)
    # A source `type:name` is what pages show where there is none: docs/skillmeat.md.
    is_value = held.notna() & ~is_true(comparison.snapshot.rows[column] == ids)
    if column == "description":
        is_value &= ~map_bool(held, is_accident, ACCIDENT_HINT)
    return is_in(ids, ids[is_value].dropna())


def _source_known(comparison: Comparison, pages: pd.DataFrame) -> pd.Series:
    """Return for which rows a source is known; a local artifact rightly has none."""
    shown = ~is_true(pages["source"] == pages["artifact_id"])
    for evidence in FIELD["source"].layers:
        shown |= _layer_knows(comparison, evidence, "source")
    return shown | _row_knows(comparison, "source")


def _file_names(comparison: Comparison) -> pd.Series:
    """Return, per row, the name of the file that has the front matter of its artifact."""
    snapshot = comparison.snapshot
    names = snapshot.frontmatter["file"].str.replace(r"^.*/", "", regex=True)
    named = pd.Series(names.to_numpy(), index=snapshot.manifest["stem"].to_numpy()).dropna()
    return snapshot.rows["stem"].map(named[~named.index.duplicated()]).astype("string")


def _files_missing(comparison: Comparison) -> pd.Series:
    """Return for which rows an entry of their artifact has no files (F001)."""
    snapshot = comparison.snapshot
    is_missing = is_true(snapshot.frontmatter["state"] == "missing").to_numpy()
    return is_in(snapshot.rows["stem"], snapshot.manifest["stem"][is_missing])


def _wrong_rows(comparison: Comparison, pages: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return which rows hold a wrong value that their page shows right, and which it shows too."""
    cells = _wrong_cells(comparison)
    right, wrong = np.zeros(len(pages), dtype=bool), np.zeros(len(pages), dtype=bool)
    for column in _COMPARED:
        of_column = cells[is_true(cells["column"] == column)]
        position = of_column["row"].to_numpy(dtype=int)
        kind = FIELD[column].kind
        shown = normalize(pages[column].take(position).set_axis(of_column.index), kind)
        is_wrong = differs(normalize(of_column["expected"], kind), shown).to_numpy()
        right[position[~is_wrong]] = True
        wrong[position[is_wrong]] = True
    return pd.Series(right, index=pages.index), pd.Series(wrong, index=pages.index)


def _lacks_details(comparison: Comparison) -> pd.Series:
    """Return which rows hold nothing or a wrong value in a column that is not `_COMPARED`."""
    cells = _wrong_cells(comparison)
    rows = cells.loc[~is_in(cells["column"], _COMPARED), "row"]
    index = comparison.snapshot.rows.index
    return pd.Series(np.isin(np.arange(len(index)), rows.to_numpy(dtype=int)), index=index)


def _wrong_cells(comparison: Comparison) -> pd.DataFrame:
    cells = comparison.cells
    return cells[is_in(cells["status"], (Status.MISSING, Status.DIFFERS))]


def _blanked_next(comparison: Comparison) -> pd.Series:
    """Return how many values of each row SkillMeat's next start or refresh writes over with NULL.

    The manifest has none of them, the front matter or the catalogue has the same.
    """
    rows = comparison.snapshot.rows
    started, refreshed = _reached_by_start(comparison), _reached_by_refresh(comparison)
    count = pd.Series(0, index=rows.index)
    for field in FIELDS:
        if field.column in comparison.snapshot.cache.columns:
            is_newer = comparison.snapshot.era == "artifact_uuid"
            skipped = is_newer and field.column in _KEPT_AT_START
            reached = refreshed if skipped else started | refreshed
            count += (reached & evidence_outside_manifest(comparison, field).notna()).astype(int)
    return count


def _reached_by_start(comparison: Comparison) -> pd.Series:
    """Return the rows that SkillMeat's start writes (docs/skillmeat.md#server-start)."""
    return is_true(comparison.snapshot.rows["collection_id"] == DEFAULT_COLLECTION)


def _reached_by_refresh(comparison: Comparison) -> pd.Series:
    """Return the rows that SkillMeat's refresh writes (docs/skillmeat.md#refresh).

    Since 0.9.0 it looks in the file collection named like the DB collection's id, and writes the
    first row of each of its artifacts, in any collection.
    """
    snapshot = comparison.snapshot
    rows, manifest = snapshot.rows, snapshot.manifest
    if snapshot.era == "artifact_id":
        return comparison.has_entry
    named = is_in(manifest["file_collection"], snapshot.collections["id"].dropna())
    first = rows.sort_values("added_at", kind="stable").drop_duplicates("artifact_id").index
    is_first: Bools = rows.index.isin(first)
    return is_in(rows["stem"], manifest.loc[named, "stem"]) & is_first
