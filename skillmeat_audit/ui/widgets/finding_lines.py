"""What the explorer's table shows of findings, a line per row of the cache or per finding."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import SEVERITIES
from skillmeat_audit.reports.facts.names import HOME_LABEL, Names
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.audit import finding_cells
from skillmeat_audit.reports.notebook.html import tag, text_html
from skillmeat_audit.ui.widgets.folding import Line
from skillmeat_audit.ui.widgets.grid import GridColumn, LineCells

COLUMNS = (
    GridColumn("artifact", "artifact", 19),
    GridColumn("severity", "severity", 10),
    GridColumn("rule", "rule", 10),
    GridColumn("column", "column", 12),
    GridColumn("now", "now", 13),
    GridColumn("should be", "should be", 15),
    GridColumn("evidence", "evidence", 9, shown=False),
    GridColumn("repair", "repair", 8),
    GridColumn("collection", "collection", 12),
    GridColumn("writer", "writer", 12),
    GridColumn("detail", "detail", 16, shown=False),
)
HOME_COLUMN = GridColumn("home", "home", 14)
# The column of FINDINGS that a column of the table shows, where its name differs.
SORTED_BY = {
    "artifact": "artifact_id",
    "now": "actual",
    "should be": "expected",
    "repair": "disposition",
    "collection": "collection_id",
}
_WHOLE_CHARS = 2_000  # of a value on hover
_MEMBERS = 40  # of a folded row that are looked at: a row has fewer findings, the home may not

Cells = Mapping[str, tuple[Markup, str]]


class FindingLines:
    """Describes lines of *findings* (``FINDINGS`` or ``FLEET_FINDINGS``) in *columns*."""

    def __init__(
        self, findings: pd.DataFrame, names: Names, columns: Sequence[GridColumn] = COLUMNS
    ) -> None:
        self._findings, self._names, self._columns = findings, names, columns

    def cells(self, lines: Sequence[Line]) -> Sequence[LineCells]:
        """Return what each of *lines* shows in the columns."""
        positions = [line.positions[:_MEMBERS].tolist() for line in lines]
        findings = iter(records(self._findings.iloc[list(chain.from_iterable(positions))]))
        members = [[next(findings) for _ in listed] for listed in positions]
        described = (
            self._finding(listed[0]) if len(line.positions) == 1 else self._row(line, listed)
            for line, listed in zip(lines, members, strict=True)
        )
        return [[cells[column.name] for column in self._columns] for cells in described]

    def _finding(self, finding: Mapping[str, object]) -> Cells:
        shown = finding_cells(finding, self._names) | {"detail": finding["detail"]}
        shown["artifact"] = shown["artifact"] or HOME_LABEL
        shown["home"] = finding.get("home")
        whole = shown | {
            "rule": f"{finding['rule']} {self._names.titles.get(str(finding['rule']), '')}",
            "severity": finding["severity"],
            "now": finding["actual"],
            "should be": finding["expected"],
            "writer": self._names.writer(finding["writer"]) if finding["writer"] else None,
        }
        return {name: (text_html(value), _text(whole[name])) for name, value in shown.items()}

    def _row(self, line: Line, findings: Sequence[Mapping[str, object]]) -> Cells:
        """Return the cells of all *findings* of one row."""
        each = [self._finding(finding) for finding in findings]
        severities = {str(finding["severity"]) for finding in findings}
        worst = next(severity for severity in map(str, SEVERITIES) if severity in severities)
        joined = {name: _joined(cells[name][1] for cells in each) for name in each[0]}
        codes = ", ".join(sorted({str(finding["rule"]) for finding in findings}))
        count = plural(len(line.positions), "finding")
        return {
            name: (text_html(", ".join(texts)), "\n".join(texts)) for name, texts in joined.items()
        } | {
            "severity": (tag(worst), ", ".join(sorted(severities))),
            "rule": (text_html(codes), "\n".join(joined["rule"])),
            "now": (text_html(count), "\n".join(joined["now"])),
            "should be": (Markup(), "\n".join(joined["should be"])),
            "detail": (Markup(), "\n".join(joined["detail"])),
            "artifact": each[0]["artifact"],
            "collection": each[0]["collection"],
            "writer": each[0]["writer"],
        }


def _joined(texts: Iterable[str]) -> list[str]:
    """Return the different *texts*, without empty ones."""
    return [text for text in dict.fromkeys(texts) if text]


def _text(value: object) -> str:
    return "" if value is None else shortened(printable(value), _WHOLE_CHARS)
