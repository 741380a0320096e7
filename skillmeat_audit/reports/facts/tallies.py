"""Counts for charts, as small tables of numbers: each chart draws one of them."""

from collections.abc import Sequence

import pandas as pd

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.tables import FINDINGS, KEY
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.ordering import severity_ranks
from skillmeat_audit.reports.facts.page_counts import KNOWING

_NO_ROW, NONE = "no row", "(none)"
_MOST_LINES = 40
PAGE_PARTS = ("shown", "blank though known", "blank for good reason")


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
    ids = findings["collection_id"].fillna(NONE)
    labelled = findings.assign(
        collection=ids.map({each: names.collection(each) for each in ids.unique()}),
        writer=writer_titles(findings, names),
    )
    groups = labelled[list(by)].fillna(NONE).assign(findings=1).groupby(list(by))
    counted = groups.sum().reset_index().sort_values(list(by), key=_sort_keys, ignore_index=True)
    if "rule" in by:
        titles = [names.titles.get(code, "") for code in counted["rule"]]
        counted.insert(len(by), "title", titles)
    return counted


def _sort_keys(values: pd.Series) -> pd.Series:
    """Return the sort keys of *values*: the ranks of severities, else the values."""
    return severity_ranks(values) if values.name == "severity" else values


def writer_titles(findings: pd.DataFrame, names: Names) -> pd.Series:
    """Return what the writer of each finding is called."""
    titles = {writer: names.writer(writer) for writer in findings["writer"].dropna().unique()}
    return findings["writer"].map(titles).fillna(_NO_ROW)


def rows_by_writer(findings: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Return how many rows each writer left, by their worst finding, the most first.

    A row counts once, whatever number of findings it has. Notes, and findings on files and
    manifests, do not count.
    """
    of_rows = findings[findings["collection_id"].notna() & (findings["severity"] != Severity.INFO)]
    worst = severity_ranks(of_rows["severity"])
    rows = of_rows.assign(worst=worst).sort_values("worst", kind="stable")
    # Sorted before: what stays of a row is its worst finding.
    rows = rows.drop_duplicates(list(KEY))
    counted = pd.crosstab(writer_titles(rows, names), rows["severity"])
    counted = counted.rename_axis(index=None, columns=None)
    counted = counted[[str(name) for name in SEVERITIES if name in counted.columns]]
    return counted.iloc[(-counted.sum(axis=1)).argsort(kind="stable").to_numpy()]


def rows_by_day(rows: pd.DataFrame, wrong: pd.Series) -> pd.DataFrame:
    """Return *rows* (``ROWS``) by the day since which they hold their values, wrong and others.

    That is the day of the last write (``synced_at``), or that of the first where no other is
    stored. *wrong* marks the rows with a finding; rows without a time are left out.
    """
    since = rows["synced_at"].fillna(rows["added_at"]).str.slice(0, len("2026-02-10"))
    labels = wrong.map({True: "wrong", False: "right"})
    counted = pd.crosstab(since, labels).rename_axis(index=None, columns=None)
    # A crosstab lacks a column that no row is in.
    return counted.reindex(columns=["wrong", "right"], fill_value=0).sort_index()


def pages_by_collection(facts: pd.DataFrame, pages: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Return what pages show, per DB collection and text: shown, blank though known, rightly blank.

    *facts* is ``PAGE_FACTS``, *pages* ``PAGES`` in the same order. The index is the id of the
    collection.
    """
    known = facts[list(KNOWING)].any(axis=1)
    blank, dead = facts["blank"], facts["dead_link"]
    clickable = pages["clickable"].fillna(False)
    collection = facts["collection_id"].fillna(NONE)
    parts = {
        "description": (~blank, blank & known, blank & ~known),
        "source link": (clickable & ~dead, dead, ~clickable & ~dead),
    }
    frames = [
        pd.DataFrame(dict(zip(PAGE_PARTS, (part.astype(int) for part in of_text), strict=True)))
        .groupby(collection)
        .sum()
        .assign(text=text)
        for text, of_text in parts.items()
    ]
    counted = pd.concat(frames).rename_axis("collection_id").reset_index()
    order = counted.assign(size=-counted[list(PAGE_PARTS)].sum(axis=1))
    # Cut before names are looked up: two collections may have one name.
    counted = order.sort_values(["size", "collection_id", "text"]).head(_MOST_LINES)
    named = [names.collection(each) for each in counted["collection_id"]]
    counted = counted.assign(collection=named).set_index("collection_id")
    return counted[["collection", "text", *PAGE_PARTS]]
