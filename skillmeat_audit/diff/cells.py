"""Compares every row with what it should say, cell by cell."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.expected import (
    Bools,
    Ints,
    Layers,
    Objects,
    Pairs,
    candidates,
    duplicates,
    expect,
    missing_rows,
)
from skillmeat_audit.diff.links import is_url, repository_of
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import FIELDS, Field
from skillmeat_audit.model.findings import Disposition, Status
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CELLS, KEY, ROWS

_NEXT_REFRESH = "the manifest has none: SkillMeat's next refresh blanks this again"
_DISPUTED = "several file collections declare this artifact and disagree"


@dataclass(frozen=True)
class Comparison:
    """A snapshot and what comparing it brought: the input of every rule.

    ``layers`` are its layers by column; ``candidates`` (``CANDIDATES``) pairs rows with manifest
    entries, ``pairs`` are the preferred ones; ``cells`` (``CELLS``) holds the disagreements,
    ``usable`` marks the rows of ``snapshot.rows`` whose key names one artifact, ``ambiguous`` holds
    the artifact ids that no rule but the key rules may judge.
    """

    snapshot: Snapshot
    layers: Layers
    candidates: pd.DataFrame
    pairs: Pairs
    cells: pd.DataFrame
    usable: pd.Series
    ambiguous: frozenset[str]

    @cached_property
    def cells_by(self) -> dict[tuple[str, str], pd.DataFrame]:
        """The disagreeing cells by column and status."""
        groups = self.cells.groupby(["column", "status"], sort=False)
        return {(str(column), str(status)): cells for (column, status), cells in groups}

    @cached_property
    def entry(self) -> Ints:
        """The preferred manifest entry of each row, -1 where there is none."""
        entries = np.full(len(self.snapshot.rows), -1)
        entries[self.pairs.row] = self.pairs.entry
        return entries

    @cached_property
    def repository(self) -> pd.Series:
        """``owner/repo`` of each row's source; orphans and sources that are no URL have none."""
        source = self.snapshot.rows["source"]
        return repository_of(source.where(is_url(source) & (self.entry >= 0)))


def compare(snapshot: Snapshot) -> Comparison:
    """Return *snapshot* with its rows paired and its disagreeing cells listed."""
    rows = snapshot.rows
    usable = _usable(rows)
    found = candidates(snapshot, rows)
    found = found[usable.to_numpy()[found["row"].to_numpy(dtype=int)]].reset_index(drop=True)
    layers, pairs = Layers(snapshot), Pairs(found)
    cells = _cells(snapshot, layers, pairs)
    twice = rows.loc[rows.duplicated(list(KEY), keep=False), "artifact_id"].dropna()
    ambiguous = duplicates(snapshot) | set(twice)
    return Comparison(snapshot, layers, found, pairs, cells, usable, ambiguous)


def _usable(rows: pd.DataFrame) -> pd.Series:
    """Return True for rows whose artifact is known and whose key is theirs alone."""
    named = is_true(rows["artifact_id"].str.fullmatch(r"(?s)[^:]+:.+"))
    return named & is_true(rows["has_artifact"]) & ~rows.duplicated(list(KEY), keep=False)


def missing_cells(snapshot: Snapshot) -> pd.DataFrame:
    """Return ``CELLS``: what the rows that the default collection lacks should say.

    They are compared as if they were there and empty; ``row`` counts them, not the cache's rows.
    """
    blank = ROWS.from_records(records(missing_rows(snapshot).assign(has_artifact=True)))
    return compare(snapshot.with_rows(blank)).cells


def _cells(snapshot: Snapshot, layers: Layers, pairs: Pairs) -> pd.DataFrame:
    """Return ``CELLS``: the disagreements of all columns that the cache has."""
    rows = snapshot.rows
    fields = [field for field in FIELDS if field.column in snapshot.columns]
    parts = [_column(rows, layers, pairs, field) for field in fields]
    if not parts:
        return CELLS.empty()
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns.pop("field"), columns["row"]))
    columns = {name: values[order] for name, values in columns.items()}
    keys = {key: rows[key].take(columns["row"]).to_numpy(dtype=object) for key in KEY}
    return CELLS.build(columns | keys)


def _column(rows: pd.DataFrame, layers: Layers, pairs: Pairs, field: Field) -> dict[str, Objects]:
    """Return the disagreements of one column: arrays by ``CELLS`` name, and the field's number."""
    expectation = expect(field, layers, pairs)
    actual = layers.row(field.column).take(pairs.row)
    wrong = expectation.differs_from(actual)
    choice, row = expectation.choice[wrong], pairs.row[wrong]
    here = actual.notna().to_numpy()[wrong]
    status = np.select([~here, choice < 0], [Status.MISSING, Status.EXTRA], Status.DIFFERS)
    names = np.array([*(layer.evidence for layer in expectation.layers), None], dtype=object)
    disposition, detail = _judged(status, choice == 0, expectation.disputed[wrong])
    return {
        "field": np.full(len(row), FIELDS.index(field)),
        "row": row,
        "column": np.full(len(row), field.column, dtype=object),
        "status": status.astype(object),
        "expected": expectation.raw(wrong),
        "actual": rows[field.column].take(row).to_numpy(dtype=object),
        "evidence": names[choice],
        "disposition": disposition,
        "detail": detail,
    }


def _judged(status: Objects, by_manifest: Bools, disputed: Bools) -> tuple[Objects, Objects]:
    """Return how safe each cell is to write (see `Disposition`), and what to add to that."""
    extra = status == Status.EXTRA
    missing = status == Status.MISSING
    disposition = np.select(
        [extra, disputed, by_manifest, missing],
        [Disposition.NONE, Disposition.REVIEW, Disposition.SAFE, Disposition.FILL],
        Disposition.REVIEW,
    ).astype(object)
    detail = np.full(len(status), None, dtype=object)
    detail[disposition == Disposition.FILL] = _NEXT_REFRESH
    detail[disputed & ~extra] = _DISPUTED
    return disposition, detail
