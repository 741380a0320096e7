"""Counts for charts, as small tables of numbers: each chart draws one of them."""

from collections.abc import Sequence

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import CELL_STATUSES, Evidence
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import FINDINGS, KEY
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.ordering import severity_ranks

_NO_LAYER, _NO_ROW, _NONE = "no layer", "no row", "(none)"
_MOST_BARS = 40


def tally(findings: pd.DataFrame, by: Sequence[str], names: Names) -> pd.DataFrame:
    """Return how many findings each combination of *by* has: columns *by*, then ``findings``.

    *by* are columns of ``FINDINGS``, or "collection" for its name; a rule has its title beside it,
    a writer in place of its id.
    The order is that of *by*, the worst severity first. Raises `UsageError` for another column.
    """
    if unknown := sorted({*by} - {*FINDINGS.columns, "collection"}):
        raise UsageError(
            f"findings have no column {printable(unknown[0])} to count by; "
            f"choose from {', '.join((*FINDINGS.columns, 'collection'))}"
        )
    ids = findings["collection_id"].fillna(_NONE)
    labelled = findings.assign(
        collection=ids.map({each: names.collection(each) for each in ids.unique()}),
        writer=writer_titles(findings, names),
    )
    groups = labelled[list(by)].fillna(_NONE).assign(findings=1).groupby(list(by))
    counted = groups.sum().reset_index().sort_values(list(by), key=_sort_keys, ignore_index=True)
    if "rule" in by:
        titles = [names.titles.get(code, "") for code in counted["rule"]]
        counted.insert(len(by), "title", titles)
    return counted


def _sort_keys(values: pd.Series) -> pd.Series:
    """Return the sort keys of *values*: the ranks of severities, else the values."""
    return severity_ranks(values) if values.name == "severity" else values


def wrong_cells(findings: pd.DataFrame) -> pd.DataFrame:
    """Return wrong cells by column (rows, as cached) and by the layer of the expected value."""
    cells = findings[findings["column"].notna() & is_in(findings["status"], CELL_STATUSES)]
    layers = cells["evidence"].fillna(_NO_LAYER)
    counted = pd.crosstab(cells["column"], layers).rename_axis(index=None, columns=None)
    index = [name for name in COLUMNS if name in counted.index]
    return counted.reindex(index=index, columns=_ordered(counted, (*Evidence, _NO_LAYER)))


def writer_titles(findings: pd.DataFrame, names: Names) -> pd.Series:
    """Return what the writer of each finding is called."""
    titles = {writer: names.writer(writer) for writer in findings["writer"].dropna().unique()}
    return findings["writer"].map(titles).fillna(_NO_ROW)


def by_writer(findings: pd.DataFrame, severities: tuple[str, ...], names: Names) -> pd.DataFrame:
    """Return findings by writer (rows, the most first) and by severity."""
    writers = writer_titles(findings, names)
    counted = pd.crosstab(writers, findings["severity"]).rename_axis(index=None, columns=None)
    counted = counted[_ordered(counted, severities)]
    return counted.iloc[(-counted.sum(axis=1)).argsort(kind="stable").to_numpy()]


def by_day(findings: pd.DataFrame, rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Return findings by the day (or, of many, the month or year) of ``added_at``, and by writer.

    Findings on no row, and on rows without a time, are left out.
    """
    added = rows[[*KEY, "added_at"]].dropna().drop_duplicates(list(KEY))
    dated = findings.merge(added, on=list(KEY), how="inner")
    # Days, else months, else years: at most as many bars as a chart can show.
    for length in (len("2026-02-10"), len("2026-02"), len("2026")):
        days = dated["added_at"].str.slice(0, length)
        if days.nunique() <= _MOST_BARS:
            break
    counted = pd.crosstab(days, writer_titles(dated, names))
    return counted.rename_axis(index=None, columns=None).sort_index()


def coverage(snapshot: Snapshot) -> pd.DataFrame:
    """Return per DB collection its number of rows, and of rows with a description and a source."""
    rows = snapshot.rows
    columns = ("description", "source")
    present = {name: (rows[name].fillna("") != "").astype(int) for name in columns}
    # A column of ones: the sum of each group is its number of rows.
    filled = pd.DataFrame({"rows": 1, **present})
    counted = filled.groupby(rows["collection_id"].fillna("")).sum().rename_axis(index=None)
    return counted.sort_values("rows", ascending=False, kind="stable").head(_MOST_BARS)


def _ordered(counted: pd.DataFrame, order: tuple[str, ...]) -> list[str]:
    return [str(name) for name in order if name in counted.columns]
