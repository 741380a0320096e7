"""Counts for charts, as small tables of numbers: each chart is a picture of one of them."""

from collections.abc import Sequence

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import CELL_STATUSES, SEVERITIES, Evidence
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.names import Names

_NO_LAYER, _NO_ROW, _NONE = "no layer", "no row", "(none)"
_MOST_BARS = 40


def tally(findings: pd.DataFrame, by: Sequence[str], names: Names) -> pd.DataFrame:
    """Return how many findings each combination of *by* has: columns *by*, then ``findings``.

    *by* are columns of ``FINDINGS``, or "collection" for what it is called; a rule comes with its
    title. The order is that of *by*, the gravest severity first.
    """
    places = findings["collection_id"].fillna(_NONE)
    whole = findings.assign(
        collection=places.map({each: names.collection(each) for each in places.unique()}),
        writer=findings["writer"].fillna(_NO_ROW),
    )
    groups = whole[list(by)].fillna(_NONE).assign(findings=1).groupby(list(by))
    counted = groups.sum().reset_index().sort_values(list(by), key=_graded, ignore_index=True)
    if "rule" in by:
        titles = [names.titles.get(code, "") for code in counted["rule"]]
        counted.insert(len(by), "title", titles)
    return counted


def _graded(values: pd.Series) -> pd.Series:
    """Return what *values* are sorted by: severities by how grave they are, all else by itself."""
    if values.name != "severity":
        return values
    return values.map({each.value: number for number, each in enumerate(SEVERITIES)})


def wrong_cells(findings: pd.DataFrame) -> pd.DataFrame:
    """Return wrong cells by column (rows, as cached) and by the layer that knows better."""
    cells = findings[findings["column"].notna() & is_in(findings["status"], CELL_STATUSES)]
    layers = cells["evidence"].fillna(_NO_LAYER)
    counted = pd.crosstab(cells["column"], layers).rename_axis(index=None, columns=None)
    kept = [name for name in COLUMNS if name in counted.index]
    return counted.reindex(index=kept, columns=_ordered(counted, (*Evidence, _NO_LAYER)))


def by_writer(findings: pd.DataFrame, severities: tuple[str, ...]) -> pd.DataFrame:
    """Return findings by writer (rows, the most first) and by severity."""
    writers = findings["writer"].fillna(_NO_ROW)
    counted = pd.crosstab(writers, findings["severity"]).rename_axis(index=None, columns=None)
    counted = counted[_ordered(counted, severities)]
    return counted.iloc[(-counted.sum(axis=1)).argsort(kind="stable").to_numpy()]


def by_day(findings: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return findings by the day (or, of many, the month or year) of ``added_at``, and by writer.

    Findings on no row, and rows without a time, are left out.
    """
    added = rows[[*KEY, "added_at"]].dropna().drop_duplicates(list(KEY))
    found = findings.merge(added, on=list(KEY), how="inner")
    for length in (len("2026-02-10"), len("2026-02"), len("2026")):
        days = found["added_at"].str.slice(0, length)
        if days.nunique() <= _MOST_BARS:
            break
    counted = pd.crosstab(days, found["writer"].fillna(_NO_ROW)).rename_axis(
        index=None, columns=None
    )
    return counted.sort_index()


def coverage(snapshot: Snapshot) -> pd.DataFrame:
    """Return per DB collection its rows, and how many of them have a description and a source."""
    rows = snapshot.rows
    filled = pd.DataFrame({
        "rows": 1,
        **{name: (rows[name].fillna("") != "").astype(int) for name in ("description", "source")},
    })  # fmt: skip
    counted = filled.groupby(rows["collection_id"].fillna("")).sum().rename_axis(index=None)
    return counted.sort_values("rows", ascending=False, kind="stable").head(_MOST_BARS)


def _ordered(counted: pd.DataFrame, order: tuple[str, ...]) -> list[str]:
    return [str(name) for name in order if name in counted.columns]
