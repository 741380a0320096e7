"""A snapshot compared with itself: what its rows should hold, and findings made of that."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from skillmeat_audit.diff.cells import differing_cells
from skillmeat_audit.diff.compare import Bools, Ints, is_true, normalize
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
from skillmeat_audit.diff.web_view import page_cells
from skillmeat_audit.model.contracts import Table, records
from skillmeat_audit.model.contracts import Values as Column
from skillmeat_audit.model.findings import Disposition, Status
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CELLS, FINDINGS, KEY, ROWS

_ADDED_LATER = ("rule", "severity", "writer", "writer_confidence")
# What a rule returns; the registry adds the columns that are left out here.
RULE_FINDINGS = Table(
    "rule_findings",
    "What one rule returns: findings without rule, severity and writer.",
    {name: kind for name, kind in FINDINGS.columns.items() if name not in _ADDED_LATER},
)
NO_FINDINGS = RULE_FINDINGS.empty()


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
    usable: pd.Series
    duplicates: frozenset[str]
    outside_manifest: dict[str, pd.Series] = field(default_factory=dict, init=False, repr=False)

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
    def is_blank(self) -> pd.Series:
        """Which rows have a page without a description; blanks alone are none."""
        return normalize(self.pages["description"], "text").isna()

    @cached_property
    def entry(self) -> Ints:
        """The preferred manifest entry of each row, -1 for rows without one."""
        entries = np.full(len(self.snapshot.rows), -1)
        entries[self.pairs.row] = self.pairs.entry
        return entries

    @cached_property
    def shared_entries(self) -> Ints:
        """The manifest entries whose artifact another entry declares too, by stem."""
        stems = self.snapshot.manifest["stem"]
        return np.flatnonzero(stems.duplicated(keep=False))

    @cached_property
    def has_entry(self) -> pd.Series:
        """True for the rows that have a manifest entry."""
        return pd.Series(self.entry >= 0, index=self.snapshot.rows.index)

    @cached_property
    def repository(self) -> pd.Series:
        """``owner/repo`` of each row's source, ``<NA>`` for orphans and sources without a URL."""
        source = self.snapshot.rows["source"]
        return repository_of(source.where(is_url(source) & (self.entry >= 0)))

    def per_row(self, values: pd.Series) -> pd.Series:
        """Return *values*, one per manifest entry, as one per row: of its preferred entry."""
        # allow_fill: the entry -1 gives <NA> instead of the last value.
        taken = values.array.take(self.entry, allow_fill=True)
        return pd.Series(taken, index=self.snapshot.rows.index)

    def manifest_value(self, column: str) -> pd.Series:
        """Return what each row's preferred manifest entry holds in *column*."""
        return self.per_row(self.snapshot.manifest[column])

    def at_cells(self, values: pd.Series) -> pd.Series:
        """Return *values*, one per row, as one per differing cell: of its row."""
        return values.take(self.cells["row"].to_numpy(dtype=int)).set_axis(self.cells.index)

    def row_value(self, column: str) -> pd.Series:
        """Return what the row of each differing cell holds in *column*."""
        return self.at_cells(self.snapshot.rows[column])

    def agreeing(self, column: str, rows: pd.Series) -> pd.Series:
        """Return *rows* (a mask), but only those that hold the expected value in *column*."""
        wrong = self.cells.loc[self.cells["column"] == column, "row"]
        return rows & self.has_entry & ~rows.index.isin(wrong)

    @cached_property
    def _cells_by(self) -> dict[tuple[str, str], pd.DataFrame]:
        """The differing cells by column and status."""
        groups = self.cells[list(RULE_FINDINGS.columns)].groupby(["column", "status"], sort=False)
        return {(str(column), str(status)): cells for (column, status), cells in groups}

    def cell_findings(self, column: str, statuses: tuple[Status, ...]) -> pd.DataFrame:
        """Return ``RULE_FINDINGS``: the differing cells of *column* with one of *statuses*."""
        parts = [cells for s in statuses if (cells := self._cells_by.get((column, s))) is not None]
        # Of most columns one status or none occurs, and joining takes longer than seeing that.
        return pd.concat(parts) if len(parts) > 1 else next(iter(parts), NO_FINDINGS)

    def cell_findings_where(self, mask: pd.Series) -> pd.DataFrame:
        """Return ``RULE_FINDINGS``: the differing cells in *mask*, which is aligned with them."""
        return self.cells.loc[is_true(mask), list(RULE_FINDINGS.columns)]

    def cell_findings_in(self, column: str, rows: pd.Series) -> pd.DataFrame:
        """Return ``RULE_FINDINGS``: the differing cells of *column* in *rows* (a mask)."""
        in_column = is_true(self.cells["column"] == column)
        return self.cell_findings_where(self.at_cells(rows) & in_column)

    def row_findings(self, mask: pd.Series, **values: object) -> pd.DataFrame:
        """Return ``RULE_FINDINGS``, one per row in *mask*; *values* are scalars or aligned."""
        return _findings(self.snapshot.rows, mask, values)

    def entry_findings(self, mask: pd.Series, **values: object) -> pd.DataFrame:
        """Return ``RULE_FINDINGS``, one per manifest entry in *mask*, without a DB collection."""
        return _findings(self.snapshot.manifest, mask, {**values, "collection_id": None})

    def repairs_of(self, column: str) -> pd.DataFrame:
        """Return, per row, the wrong cell of *column* (``CELLS``) that a layer can repair."""
        repairable = (self.cells["column"] == column) & (self.cells["status"] != Status.EXTRA)
        cells = np.flatnonzero(is_true(repairable))
        position = np.full(len(self.snapshot.rows), -1)
        position[self.cells["row"].to_numpy(dtype=int)[cells]] = cells
        # allow_fill: the position -1 gives <NA> instead of the last cell.
        columns = {
            name: self.cells[name].array.take(position, allow_fill=True)
            for name in CELLS.columns
            if name != "row"
        }
        return pd.DataFrame(columns, index=self.snapshot.rows.index)

    def problem_findings(self, kind: str) -> pd.DataFrame:
        """Return ``RULE_FINDINGS``, one per problem of *kind* that a loader reported."""
        problems = self.snapshot.problems
        problems = problems[is_true(problems["kind"] == kind)]
        if problems.empty:
            return NO_FINDINGS
        values: dict[str, object] = {
            "collection_id": None,
            "detail": (problems["place"] + ": ").fillna("") + problems["detail"],
            "disposition": safe_where(problems["mend"].notna()),
        }
        return _findings(problems, pd.Series(True, index=problems.index), values)

    def mendable(self, *kinds: str) -> pd.Series:
        """Return the manifest entries (a mask) of which a loader says how *kinds* are mended."""
        entries, problems = self.snapshot.manifest, self.snapshot.problems
        mends = problems[problems["kind"].isin(kinds) & problems["mend"].notna()]
        key = ["file_collection", "artifact_id"]
        listed = entries.set_index(key).index.isin(mends.set_index(key).index)
        return pd.Series(listed, index=entries.index)


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


def _of_usable(candidates: pd.DataFrame, usable: pd.Series) -> pd.DataFrame:
    """Return the *candidates* of the rows that are *usable*."""
    if usable.all():
        return candidates
    mask: Bools = usable.to_numpy()[candidates["row"].to_numpy(dtype=int)]
    return candidates[mask].reset_index(drop=True)


def safe_where(mask: pd.Series) -> pd.Series:
    """Return the disposition ``safe`` where *mask* is True, else ``none``."""
    return mask.map({True: Disposition.SAFE, False: Disposition.NONE})


def _findings(frame: pd.DataFrame, mask: pd.Series, values: dict[str, object]) -> pd.DataFrame:
    """Return ``RULE_FINDINGS`` for the keys of *frame* in *mask*; *values* come first."""
    # Most rules find nothing in most homes: no frame of columns is built for them.
    chosen = np.flatnonzero(is_true(mask))
    if not len(chosen):
        return NO_FINDINGS
    values = {name: frame[name] for name in KEY if name not in values} | values
    values = {"disposition": Disposition.NONE} | values
    columns: dict[str, Column] = {}
    for name in RULE_FINDINGS.columns:
        value = values.get(name)
        columns[name] = (
            value.array.take(chosen) if isinstance(value, pd.Series) else [value] * len(chosen)
        )
    return RULE_FINDINGS.build(columns)
