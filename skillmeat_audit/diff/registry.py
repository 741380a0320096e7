"""What a rule is, and how rules are run."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.model.contracts import Table
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.tables import FINDINGS, KEY

# What a rule returns; the registry adds rule, severity and writer.
FOUND = Table(
    "found",
    "What one rule returns: findings without rule, severity and writer.",
    {
        name: column
        for name, column in FINDINGS.columns.items()
        if name not in ("rule", "severity", "writer", "writer_confidence")
    },
)
NOTHING = FOUND.empty()

Find = Callable[[Comparison], pd.DataFrame]


@dataclass(frozen=True)
class Rule:
    """A check: its ``find`` takes a comparison and returns ``FOUND``, one row per disagreement.

    The first line of its docstring is the ``title``, the rest the ``page``. A rule that
    ``explains`` a cell stands in place of the plain rule of that cell.
    """

    code: str
    severity: Severity
    explains: bool
    find: Find

    @property
    def title(self) -> str:
        """The rule in one line."""
        return self._doc.partition("\n")[0].rstrip(".")

    @property
    def page(self) -> str:
        """The rule's manual page: how it comes about, and whether repair is safe."""
        return self._doc.partition("\n")[2].strip()

    @property
    def _doc(self) -> str:
        return (inspect.getdoc(self.find) or "").replace("``", "")


def rule(code: str, severity: Severity, *, explains: bool = False) -> Callable[[Find], Rule]:
    """Return a decorator that makes a rule of a function."""
    return lambda find: Rule(code, severity, explains, find)


def run_rules(rules: Iterable[Rule], comparison: Comparison, writers: pd.DataFrame) -> pd.DataFrame:
    """Return ``FINDINGS`` of all *rules*, with the writer of each row (``WRITERS``) beside it.

    One finding per cell. Artifacts whose key is ambiguous have key findings (K) only.
    """
    found = {each: each.find(comparison) for each in rules}
    parts = {each: frame for each, frame in found.items() if len(frame)}
    if not parts:
        return FINDINGS.empty()
    counts = [len(frame) for frame in parts.values()]
    findings = pd.concat(parts.values(), ignore_index=True)
    for name in ("code", "severity", "explains"):
        findings[name] = np.repeat([getattr(each, name) for each in parts], counts)
    unclear = is_in(findings["artifact_id"], comparison.ambiguous)
    findings = _one_per_cell(findings[~unclear | findings["code"].str.startswith("K")])
    written = writers.drop_duplicates(list(KEY))[[*KEY, "writer", "writer_confidence"]]
    findings = findings.rename(columns={"code": "rule"}).merge(written, on=list(KEY), how="left")
    return sort_findings(FINDINGS.conform(findings))


def sort_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* by collection, artifact, rule, column; what does not apply comes first."""
    keys = ["collection_id", "artifact_id", "rule", "column", "detail"]
    order = findings[keys].fillna("").sort_values(keys, kind="stable").index
    return findings.loc[order].reset_index(drop=True)


def _one_per_cell(findings: pd.DataFrame) -> pd.DataFrame:
    """Drop the plain finding of every cell that a special rule explains."""
    cell = [*KEY, "column"]
    in_cells = findings["column"].notna() & findings["status"].notna()
    ranked = findings[in_cells].sort_values("explains", ascending=False, kind="stable")
    return pd.concat([findings[~in_cells], ranked.drop_duplicates(cell)], ignore_index=True)
