"""Summarizes an audit: one frozen value, rendered by every format; it decides the exit code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import to_arrow
from skillmeat_audit.base.columns import TextColumns, count_texts, equals, is_among, is_present
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import (
    CELL_STATUSES,
    SEVERITIES,
    Disposition,
    Severity,
    Status,
)
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.values import plural

SEVERITY_NOUNS = {"error": "error", "warning": "warning", "info": "note"}
CAUSES_TITLE = "Rows left wrong, by the path that last wrote them"


@dataclass(frozen=True)
class Cause:
    """A code path that wrote wrong values: its name, how many rows, and what it does."""

    writer: str
    rows: int
    does: str


@dataclass(frozen=True)
class Summary:
    """An audit in numbers.

    ``counts`` holds artifacts (manifest entries), rows, findings, error, warning and info.
    ``causes`` are the writers of the ``wrong_rows``, each row counted once.
    """

    home: str
    database: str | None
    era: str | None
    counts: Mapping[str, int]
    causes: tuple[Cause, ...]
    wrong_cells: int
    wrong_rows: int
    missing_rows: int
    orphan_rows: int
    review: int
    ignored: Mapping[str, int]

    def within(self, max_errors: object) -> bool:
        """Return True if there are at most *max_errors* errors, a notebook's parameter.

        None is no limit. Raises `UsageError` for anything but that and a whole number: ``papermill
        -r`` passes text.
        """
        if max_errors is None:
            return True
        # `isinstance` would take True, and "13" < 14 raises an error that nobody understands.
        if type(max_errors) is not int or max_errors < 0:
            raise UsageError(
                f"max_errors is {printable(repr(max_errors))}; give a whole number, 0 or more, "
                "as in papermill -p max_errors 13, or None for no limit"
            )
        return self.counts["error"] <= max_errors

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FINDINGS if a finding is at least as bad as *fail_on*, else CLEAN."""
        failing = any(self.counts[each] for each in SEVERITIES if each.at_least(fail_on))
        return ExitCode.FINDINGS if failing else ExitCode.CLEAN


def summarize(
    snapshot: Snapshot, findings: pd.DataFrame, ignored: pd.DataFrame, paths: Mapping[str, str]
) -> Summary:
    """Return the summary of *findings* (``FINDINGS``); *ignored* were left out by request.

    *paths* describes each writer.
    """
    database = snapshot.home.database
    texts = TextColumns(findings)
    status, severities = texts["status"], count_texts(texts["severity"])
    # Findings on pages, files or the home name no cell of a row.
    in_cells = np.flatnonzero(is_present(texts["column"]) & is_among(status, CELL_STATUSES))
    # A row with five wrong cells is one row: the causes add up to the number of rows.
    rows = findings[[*KEY, "writer"]].take(in_cells).drop_duplicates(list(KEY))
    return Summary(
        home=snapshot.home.name,
        database=database and without_password(database),
        era=snapshot.era,
        counts={
            "artifacts": len(snapshot.manifest),
            "rows": len(snapshot.rows),
            "findings": len(findings),
        }
        | {str(severity): severities.get(severity, 0) for severity in SEVERITIES},
        causes=tuple(_causes(count_texts(to_arrow(rows["writer"])), paths)),
        wrong_cells=len(in_cells),
        wrong_rows=len(rows),
        missing_rows=int(equals(status, Status.ROW_MISSING).sum()),
        orphan_rows=int(equals(status, Status.ROW_ORPHAN).sum()),
        # A finding without a status is on a page: it counts with that of its cell.
        review=int((equals(texts["disposition"], Disposition.REVIEW) & is_present(status)).sum()),
        ignored=dict(sorted(count_texts(to_arrow(ignored["rule"])).items())),
    )


def describe_size(summary: Summary) -> str:
    """Return how many artifacts and rows were audited."""
    counts = summary.counts
    return f"{plural(counts['artifacts'], 'artifact')}, {plural(counts['rows'], 'row')}"


def describe_severities(counts: Mapping[str, int]) -> str:
    """Return the number of findings of each severity."""
    return ", ".join(plural(counts[name], noun) for name, noun in SEVERITY_NOUNS.items())


def describe_counts(summary: Summary) -> str:
    """Return in a line how many cells are wrong and how many rows are missing or orphans."""
    wrong = f"{plural(summary.wrong_cells, 'cell')} wrong in {plural(summary.wrong_rows, 'row')}"
    parts = [wrong if summary.wrong_cells else "no cell wrong"]
    parts += [f"{plural(summary.missing_rows, 'row')} missing"] if summary.missing_rows else []
    parts += [plural(summary.orphan_rows, "orphan")] if summary.orphan_rows else []
    return ", ".join(parts)


def describe_ignored(summary: Summary) -> str:
    """Return in a line what was left out by request, empty for nothing."""
    listed = ", ".join(f"{code} ×{number:,}" for code, number in summary.ignored.items())
    return f"ignored on request: {listed}" if listed else ""


def _causes(rows: Mapping[str, int], paths: Mapping[str, str]) -> Iterator[Cause]:
    """Yield the writers of wrong *rows*, the most frequent first."""
    for writer in sorted(rows, key=lambda name: (-rows[name], name)):
        yield Cause(writer, rows[writer], paths[writer])
