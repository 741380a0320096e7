"""Sums an audit up: one frozen value that every format renders and the exit code comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import (
    CELL_STATUSES,
    SEVERITIES,
    WRITABLE,
    Disposition,
    Evidence,
    Severity,
    Status,
)
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.values import plural

NOTHING_WRONG = "Nothing wrong was found."  # of what was asked for: rules may be left out


@dataclass(frozen=True)
class Cause:
    """A code path that left rows wrong: its name, how many rows, and what it does."""

    writer: str
    rows: int
    does: str


@dataclass(frozen=True)
class Summary:
    """What an audit found, in numbers.

    ``counts`` holds artifacts (manifest entries), rows, findings, error, warning and info.
    ``blank`` counts rows without description and without source although the manifest has them.
    """

    home: str
    database: str | None
    era: str | None
    counts: Mapping[str, int]
    blank: Mapping[str, int]
    causes: tuple[Cause, ...]
    wrong_cells: int
    wrong_rows: int
    missing_rows: int
    orphan_rows: int
    repairable_cells: int
    review: int
    ignored: Mapping[str, int]

    def within(self, max_errors: object) -> bool:
        """Tell whether there are no more errors than *max_errors*, a notebook's parameter.

        Raises `UsageError` where it is not a whole number: ``papermill -r`` passes text.
        """
        if type(max_errors) is not int or max_errors < 0:
            raise UsageError(
                f"max_errors is {printable(repr(max_errors))}; give a whole number from 0 on, "
                "as in papermill -p max_errors 13"
            )
        return self.counts["error"] <= max_errors

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FINDINGS if there is one at least as bad as *fail_on*, else CLEAN."""
        bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return (
            ExitCode.FINDINGS if any(self.counts[severity] for severity in bad) else ExitCode.CLEAN
        )


def summarize(
    snapshot: Snapshot, findings: pd.DataFrame, ignored: pd.DataFrame, paths: Mapping[str, str]
) -> Summary:
    """Return the summary of *findings* (``FINDINGS``); *ignored* are those left out by request.

    *paths* says what each writer does.
    """
    database = snapshot.home.database
    status, disposition = findings["status"], findings["disposition"]
    in_cells = findings["column"].notna() & is_in(status, CELL_STATUSES)
    wrong = findings[in_cells]
    writable = is_in(disposition, WRITABLE)
    severities = findings["severity"].value_counts()
    return Summary(
        home=str(snapshot.home.root),
        database=database and without_password(database),
        era=snapshot.era,
        counts={
            "artifacts": len(snapshot.manifest),
            "rows": len(snapshot.rows),
            "findings": len(findings),
        }
        | {str(severity): int(severities.get(severity, 0)) for severity in SEVERITIES},
        blank={column: _blank(wrong, column) for column in ("description", "source")},
        causes=tuple(_causes(wrong, paths)),
        wrong_cells=len(wrong),
        wrong_rows=len(wrong.drop_duplicates(list(KEY))),
        missing_rows=int((status == Status.ROW_MISSING).sum()),
        orphan_rows=int((status == Status.ROW_ORPHAN).sum()),
        repairable_cells=int((in_cells & writable).sum()),
        review=int((disposition == Disposition.REVIEW).sum()),
        ignored={
            str(code): int(count)
            for code, count in ignored["rule"].value_counts().sort_index().items()
        },
    )


def answer(summary: Summary) -> str:
    """Return the audit in one sentence: how many rows show nothing, or that all is well."""
    said = [
        f"{plural(rows, 'row')} {'shows' if rows == 1 else 'show'} no {name}"
        for rows, name in (
            (summary.blank["description"], "description"),
            (summary.blank["source"], "source link"),
        )
        if rows
    ]
    if said:
        return f"{' and '.join(said)} although the manifest has them."
    if summary.counts["error"] + summary.counts["warning"] == 0:
        return NOTHING_WRONG
    return ""


def _blank(wrong: pd.DataFrame, column: str) -> int:
    missing = (wrong["status"] == Status.MISSING) & (wrong["evidence"] == Evidence.MANIFEST)
    return int((missing & (wrong["column"] == column)).sum())


def _causes(wrong: pd.DataFrame, paths: Mapping[str, str]) -> Iterator[Cause]:
    """Yield the writers of rows that disagree with the manifest, the commonest first."""
    errors = wrong[wrong["evidence"] == Evidence.MANIFEST].drop_duplicates(list(KEY))
    counts = errors["writer"].value_counts().sort_index()
    for writer, rows in counts.sort_values(ascending=False, kind="stable").items():
        yield Cause(str(writer), int(rows), paths[str(writer)])
