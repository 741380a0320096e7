"""A snapshot compared with itself: what its rows should hold, and findings made of that."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from skillmeat_audit.base.arrow import take_rows, to_arrow, to_mask
from skillmeat_audit.base.columns import (
    Text,
    TextColumns,
    choose,
    equals,
    is_among,
    is_present,
    join_texts,
)
from skillmeat_audit.diff.cells import differing_cells
from skillmeat_audit.diff.compare import Bools, Ints, is_certainly_present, map_bool, normal_form
from skillmeat_audit.diff.expected import Layers
from skillmeat_audit.diff.links import is_url, repository_of
from skillmeat_audit.diff.pairing import (
    Keys,
    Pairs,
    candidate_entries,
    duplicate_ids,
    missing_rows,
    usable_rows,
)
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts, RuleFindings
from skillmeat_audit.diff.web_view import page_cells
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import Disposition, Evidence, Status
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CELLS, FINDINGS, KEY, ROWS

# What a finding about a cell takes from ``CELLS``.
_OF_CELLS = tuple(name for name in CELLS.columns if name in FINDINGS.columns)


@dataclass(frozen=True)
class Comparison:
    """A snapshot and what comparing its layers brought: the input of every rule.

    ``layers`` are its layers by column; ``candidates`` (``CANDIDATES``) pairs rows with manifest
    entries, ``pairs`` are the preferred ones; ``cells`` (``CELLS``) holds the disagreements,
    ``usable`` marks the rows of ``snapshot.rows`` whose key names one artifact, ``duplicates`` are
    the artifact ids that one manifest declares twice. ``outside_manifest`` caches by column what
    `manifest_repairs.evidence_outside_manifest` returns.
    """

    snapshot: Snapshot
    layers: Layers
    candidates: pd.DataFrame
    pairs: Pairs
    cells: pd.DataFrame
    usable: Bools
    duplicates: frozenset[str]
    outside_manifest: dict[str, pa.Array] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def ambiguous(self) -> frozenset[str]:
        """The artifact ids that only the key rules may judge."""
        # A duplicated key is a finding of its own and takes part in nothing else: we do not guess.
        # None of its rows is usable.
        if self.usable.all():
            return self.duplicates
        rows = self.snapshot.rows[~self.usable]
        twice = rows.loc[rows.duplicated(list(KEY), keep=False), "artifact_id"].dropna()
        return self.duplicates | set(twice)

    @cached_property
    def missing_rows(self) -> pd.DataFrame:
        """The artifacts that have no row in the default collection, by artifact id."""
        return missing_rows(self.snapshot, self.duplicates)

    @cached_property
    def inserts(self) -> pd.DataFrame:
        """What the missing rows should hold, as ``CELLS``; ``row`` counts `missing_rows`."""
        # What is not there reads as NULL, so every value of a layer is missing in such a row.
        rows = ROWS.from_records(records(self.missing_rows.assign(has_artifact=True)))
        keys = Keys.of(self.snapshot.manifest, rows)
        candidates = candidate_entries(self.snapshot, rows, keys, self.duplicates)
        pairs = Pairs(_of_usable(candidates, usable_rows(rows, keys)))
        return differing_cells(rows, self.snapshot.cache.columns, self.layers.beside(rows), pairs)

    @cached_property
    def pages(self) -> pd.DataFrame:
        """What SkillMeat's pages show of each row (``PAGES``)."""
        return page_cells(self.snapshot)

    @cached_property
    def row_texts(self) -> TextColumns:
        """The text columns of ``snapshot.rows``."""
        return TextColumns(self.snapshot.rows)

    @cached_property
    def entry_texts(self) -> TextColumns:
        """The text columns of ``snapshot.manifest``."""
        return TextColumns(self.snapshot.manifest)

    @cached_property
    def file_texts(self) -> TextColumns:
        """The text columns of ``snapshot.frontmatter``, one value per manifest entry."""
        return TextColumns(self.snapshot.frontmatter)

    @cached_property
    def catalog_texts(self) -> TextColumns:
        """The text columns of ``snapshot.catalog``."""
        return TextColumns(self.snapshot.catalog)

    @cached_property
    def problem_texts(self) -> TextColumns:
        """The text columns of ``snapshot.problems``."""
        return TextColumns(self.snapshot.problems)

    @cached_property
    def page_texts(self) -> TextColumns:
        """The text columns of `pages`."""
        return TextColumns(self.pages)

    @cached_property
    def cell_texts(self) -> TextColumns:
        """The text columns of ``cells``."""
        return TextColumns(self.cells)

    @cached_property
    def cell_rows(self) -> Ints:
        """The row of each differing cell."""
        return self.cells["row"].to_numpy(dtype=int)

    def normal_rows(self, column: str) -> pa.Array:
        """Return what the rows hold in *column*, normalised."""
        return to_arrow(self.layers.row(column))

    def normal_layer(self, evidence: Evidence, column: str) -> pa.Array:
        """Return what a layer has in *column* for each manifest entry, normalised."""
        return self.layers.layer(evidence, column).normal_texts

    @cached_property
    def is_blank(self) -> Bools:
        """Which rows have a page without a description; blanks alone are none."""
        shown = self.page_texts["description"]
        blank = ~to_mask(is_certainly_present(shown, "text"))
        blank[blank] = ~is_present(normal_form(shown.filter(pa.array(blank)), "text"))
        return blank

    @cached_property
    def row_accidents(self) -> Bools:
        """Which rows hold an extraction accident for a description."""
        return map_bool(self.layers.row("description"), is_accident, ACCIDENT_HINT).to_numpy()

    @cached_property
    def entry(self) -> Ints:
        """The preferred manifest entry of each row, -1 for rows without one."""
        entries = np.full(len(self.snapshot.rows), -1)
        entries[self.pairs.row] = self.pairs.entry
        return entries

    @cached_property
    def _entry_or_null(self) -> pa.Array:
        return pa.array(self.entry, mask=self.entry < 0)

    @cached_property
    def shared_entries(self) -> Ints:
        """The manifest entries whose artifact another entry declares too, by stem."""
        stems = self.snapshot.manifest["stem"]
        return np.flatnonzero(stems.duplicated(keep=False))

    @cached_property
    def has_entry(self) -> Bools:
        """True for the rows that have a manifest entry."""
        return self.entry >= 0

    @cached_property
    def repository(self) -> pa.Array:
        """``owner/repo`` of each row's source, null for orphans and sources without a URL."""
        source = self.row_texts["source"]
        addresses = choose(is_url(source) & self.has_entry, source, None)
        return repository_of(addresses)

    def per_row(self, values: pa.Array) -> pa.Array:
        """Return *values*, one per manifest entry, as one per row: of its preferred entry."""
        return values.take(self._entry_or_null)

    def manifest_value(self, column: str) -> pa.Array:
        """Return what each row's preferred manifest entry holds in *column*."""
        return self.per_row(self.entry_texts[column])

    def row_value(self, column: str) -> pa.Array:
        """Return what the row of each differing cell holds in *column*."""
        return take_rows(self.row_texts[column], self.cell_rows)

    def is_in_column(self, *columns: str) -> Bools:
        """Return which differing cells are in one of *columns*."""
        return is_among(self.cell_texts["column"], columns)

    def has_cell(self, chosen: Bools) -> Bools:
        """Return which rows have one of the differing cells in *chosen* (a mask)."""
        rows = np.zeros(len(self.snapshot.rows), dtype=bool)
        rows[self.cell_rows[chosen]] = True
        return rows

    def agreeing(self, column: str, rows: Bools) -> Bools:
        """Return *rows* (a mask), but only those that hold the expected value in *column*."""
        return rows & self.has_entry & ~self.has_cell(self.is_in_column(column))

    def repairs_of(self, column: str) -> pa.Array:
        """Return, per row, the number of its wrong cell in *column* that a layer can repair."""
        repairable = self.is_in_column(column) & ~equals(self.cell_texts["status"], Status.EXTRA)
        cells = np.full(len(self.snapshot.rows), -1)
        cells[self.cell_rows[repairable]] = np.flatnonzero(repairable)
        return pa.array(cells, mask=cells < 0)

    @cached_property
    def _cells_by(self) -> dict[tuple[str, str], Ints]:
        """The differing cells by column and status."""
        kinds = join_texts(self.cell_texts["column"], " ", self.cell_texts["status"])
        encoded = kinds.dictionary_encode()
        numbers = encoded.indices.to_numpy()
        order, counts = np.argsort(numbers, kind="stable"), np.bincount(numbers)
        names, ends = map(str.split, encoded.dictionary.to_pylist()), np.cumsum(counts)
        groups = zip(names, ends - counts, ends, strict=True)
        return {(column, status): order[begin:end] for (column, status), begin, end in groups}

    def cell_findings(self, column: str, statuses: tuple[Status, ...]) -> Parts:
        """Return findings: the differing cells of *column* with one of *statuses*."""
        groups = (self._cells_by.get((column, status)) for status in statuses)
        return tuple(self._of_cells(cells, column=column) for cells in groups if cells is not None)

    def cell_findings_where(self, mask: Bools, **values: Text) -> Parts:
        """Return findings: the differing cells in *mask*, but with *values*, aligned with cells."""
        return (self._of_cells(np.flatnonzero(mask), **values),) if mask.any() else NO_FINDINGS

    def cell_findings_in(self, column: str, rows: Bools, **values: Text) -> Parts:
        """Return findings: the differing cells of *column* in *rows* (a mask)."""
        mask = rows[self.cell_rows] & self.is_in_column(column)
        return self.cell_findings_where(mask, **values)

    def _of_cells(self, cells: Ints, **values: Text) -> RuleFindings:
        of_cell = {name: self.cell_texts[name] for name in _OF_CELLS}
        return RuleFindings(cells, of_cell | values, self.cell_rows[cells])

    def row_findings(self, mask: Bools, **values: Text | None) -> Parts:
        """Return findings, one per row in *mask*; *values* are texts or aligned with the rows."""
        if not mask.any():
            return NO_FINDINGS
        rows, key = np.flatnonzero(mask), {name: self.row_texts[name] for name in KEY}
        findings = RuleFindings(rows, {"disposition": Disposition.NONE} | key | values, rows)
        # What a rule computed for all rows is freed where it finds few.
        return (findings.detached() if len(rows) * 8 < len(mask) else findings,)

    def entry_findings(self, mask: Bools, **values: Text | None) -> Parts:
        """Return findings, one per manifest entry in *mask*, without a DB collection."""
        if not mask.any():
            return NO_FINDINGS
        key = {"artifact_id": self.entry_texts["artifact_id"]}
        entries = np.flatnonzero(mask)
        return (RuleFindings(entries, {"disposition": Disposition.NONE} | key | values),)


def compare(snapshot: Snapshot) -> Comparison:
    """Return *snapshot* with its rows paired and its differing cells listed."""
    keys, layers = Keys.of(snapshot.manifest, snapshot.rows), Layers(snapshot)
    duplicates = duplicate_ids(snapshot, keys)
    usable = usable_rows(snapshot.rows, keys)
    candidates = candidate_entries(snapshot, snapshot.rows, keys, duplicates)
    candidates = _of_usable(candidates, usable)
    pairs = Pairs(candidates)
    cells = differing_cells(snapshot.rows, snapshot.cache.columns, layers, pairs)
    return Comparison(snapshot, layers, candidates, pairs, cells, usable, duplicates)


def _of_usable(candidates: pd.DataFrame, usable: Bools) -> pd.DataFrame:
    """Return the *candidates* of the rows that are *usable*."""
    if usable.all():
        return candidates
    mask: Bools = usable[candidates["row"].to_numpy(dtype=int)]
    return candidates[mask].reset_index(drop=True)
