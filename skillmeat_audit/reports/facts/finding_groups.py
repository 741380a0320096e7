"""Groups findings for people: rows that disagree in the same way are one group, the worst first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from skillmeat_audit.model.findings import Severity
from skillmeat_audit.reports.facts.lines import Finding, is_about_cell

_FOLDED_FROM = 3  # of two equal rows, both are shown with their values
_SAME = ("rule", "severity", "column", "status", "evidence", "disposition")

Key = tuple[str, str]  # artifact and collection, empty for none
Row = tuple[Finding, ...]  # what was found of one row, one artifact, or the home


@dataclass(frozen=True)
class FindingGroup:
    """Rows (or artifacts) with findings of the same rules and columns, last written by one path.

    ``blank_pages`` counts the rows whose page shows no description.
    """

    rows: tuple[Row, ...]
    blank_pages: int

    @property
    def first(self) -> Finding:
        """The first finding of the first row."""
        return self.rows[0][0]

    @property
    def worst(self) -> Severity:
        """The severity of the worst finding."""
        return min((Severity(str(each["severity"])) for each in self.rows[0]), key=lambda s: s.rank)

    @property
    def noun(self) -> str:
        """What the members are: rows, artifacts, or findings about the home."""
        if self.first["artifact_id"] is None:
            return "finding"
        return "artifact" if self.first["collection_id"] is None else "row"

    @property
    def confidence(self) -> object:
        """How certain the writer is, None where it differs between the rows."""
        values = {row[0]["writer_confidence"] for row in self.rows}
        return values.pop() if len(values) == 1 else None

    @property
    def findings(self) -> Iterator[Finding]:
        """The findings of the group, those of all rows merged: what differs is counted."""
        for members in zip(*self.rows, strict=True):
            yield _merged(members)

    @property
    def has_details(self) -> bool:
        """Whether the rows have details that differ, such as paths."""
        return any(
            len({each["detail"] for each in same}) > 1 for same in zip(*self.rows, strict=True)
        )


def group_findings(
    listed: Sequence[Finding], blank_rows: Collection[Key], by: str | None = None
) -> list[FindingGroup]:
    """Return *listed* in groups, by severity, blank pages and size.

    *by* is one of `model.choices.GROUPINGS`; None folds rows that disagree alike. Groups of one
    cause stay together by "cause". *blank_rows* are the rows whose page shows no description.
    """
    folded: dict[object, list[Row]] = {}
    for row in _rows(listed, by):
        # The members of a group by artifact are never equal to others.
        signature = _row_key(row[0]) if by == "artifact" else _signature(row)
        folded.setdefault(signature, []).append(row)
    groups = [
        FindingGroup(tuple(rows), sum(_row_key(row[0]) in blank_rows for row in rows))
        for rows in chain.from_iterable(map(_unfolded, folded.values()))
    ]
    groups.sort(key=_weight)
    if by == "cause":
        # Sorting is stable: within a cause, the order by weight stays.
        order = list(dict.fromkeys(group.first["writer"] for group in groups))
        groups.sort(key=lambda group: order.index(group.first["writer"]))
    return groups


def _rows(listed: Sequence[Finding], by: str | None) -> Iterable[Row]:
    if by == "rule":
        return [(finding,) for finding in listed]
    rows: dict[object, list[Finding]] = {}
    for finding in listed:
        # What is found on no artifact has nothing in common but the home.
        alone = (finding["rule"],) if finding["artifact_id"] is None else ()
        rows.setdefault((*_row_key(finding), *alone), []).append(finding)
    return map(tuple, rows.values())


def _unfolded(rows: list[Row]) -> Iterable[list[Row]]:
    """Return *rows* as one group; one each where they are few, and folding would hide values."""
    is_folded = len(rows) >= _FOLDED_FROM or _are_alike(rows)
    return [rows] if is_folded else [[row] for row in rows]


def _are_alike(rows: Sequence[Row]) -> bool:
    """Whether *rows* differ in nothing but their artifact."""
    shared = {tuple(finding["detail"] for finding in row) for row in rows}
    return len(shared) == 1 and not any(is_about_cell(each) for row in rows for each in row)


def _row_key(finding: Finding) -> Key:
    return str(finding["artifact_id"] or ""), str(finding["collection_id"] or "")


def _signature(row: Row) -> object:
    first = row[0]
    nouns = first["artifact_id"] is None, first["collection_id"] is None, first["writer"]
    return nouns, tuple(tuple(finding[name] for name in _SAME) for finding in row)


def _weight(group: FindingGroup) -> tuple[int, int, int, Key]:
    size = sum(map(len, group.rows))
    return group.worst.rank, -group.blank_pages, -size, _row_key(group.first)


def _merged(members: Sequence[Finding]) -> Finding:
    """Return one finding for all *members*; a value or detail that differs is counted."""
    first = members[0]
    if is_about_cell(first):
        return {**first, **{name: _common(members, name) for name in ("actual", "expected")}}
    same = all(each["detail"] == first["detail"] for each in members)
    return first if same else {**first, "detail": None}


def _common(members: Sequence[Finding], name: str) -> object:
    values = {each[name] for each in members}
    return members[0][name] if len(values) == 1 else f"({len(values):,} values)"
