"""Binds rules to the functions that check them, and runs them."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.model.findings import Disposition, Severity
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.tables import FINDINGS, KEY

Find = Callable[[Comparison], pd.DataFrame]


@dataclass(frozen=True)
class Check:
    """A rule and its function, which returns ``RULE_FINDINGS``, one row per disagreement.

    The function may add ``severity``: that of a finding, where it is not the rule's.
    """

    rule: Rule
    find: Find


def check(code: str, severity: Severity, *, explains: bool = False) -> Callable[[Find], Check]:
    """Return a decorator that makes a check of a function; its docstring is the rule's page."""
    return lambda find: Check(rule_of(code, severity, find.__doc__ or "", explains=explains), find)


def rule_of(code: str, severity: Severity, text: str, *, explains: bool = False) -> Rule:
    """Return a rule; the first line of *text* is its title, the rest its page."""
    title, _, page = inspect.cleandoc(text).replace("``", "").partition("\n")
    return Rule(code, severity, title.rstrip("."), page.strip(), explains)


def checks_in(module: ModuleType) -> list[Check]:
    """Return the checks that *module* defines."""
    return [value for value in vars(module).values() if isinstance(value, Check)]


def run_checks(
    checks: Iterable[Check], comparison: Comparison, writers: pd.DataFrame
) -> pd.DataFrame:
    """Return ``FINDINGS`` of all *checks*, with the writer of each row (``WRITERS``) beside it.

    A cell has one finding. Artifacts whose key is ambiguous have findings of key rules only.
    """
    results = [(check.rule, check.find(comparison)) for check in checks]
    parts = [(rule, frame) for rule, frame in results if len(frame)]
    if not parts:
        return FINDINGS.empty()
    counts = [len(frame) for _, frame in parts]
    findings = pd.concat([frame for _, frame in parts], ignore_index=True)
    for name in ("code", "explains", "judges_keys"):
        findings[name] = np.repeat([getattr(rule, name) for rule, _ in parts], counts)
    of_rules = pd.Series(np.repeat([rule.severity for rule, _ in parts], counts), dtype="string")
    findings["severity"] = findings.get("severity", of_rules).fillna(of_rules)
    ambiguous = is_in(findings["artifact_id"], comparison.ambiguous)
    findings = _one_per_cell(findings[~ambiguous | findings["judges_keys"]])
    by_key = writers.drop_duplicates(list(KEY))[[*KEY, "writer", "writer_confidence"]]
    # A left merge: findings on no row (manifests, files) have no writer.
    findings = findings.rename(columns={"code": "rule"}).merge(by_key, on=list(KEY), how="left")
    return sort_findings(FINDINGS.conform(findings))


def not_repairable(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* of rows that nothing of this project writes, with no repair."""
    # What a fill would do to manifest and row is beside the point where there is no manifest.
    filled = is_in(findings["disposition"], [Disposition.FILL])
    return findings.assign(
        disposition=findings["disposition"].mask(findings["disposition"].notna(), Disposition.NONE),
        detail=findings["detail"].mask(filled),
    )


def sort_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* by collection, artifact, rule and column, absent values first."""
    keys = ["collection_id", "artifact_id", "rule", "column", "detail"]
    order = findings[keys].fillna("").sort_values(keys, kind="stable").index
    return findings.loc[order].reset_index(drop=True)


def _one_per_cell(findings: pd.DataFrame) -> pd.DataFrame:
    """Drop the plain finding of a cell that another rule explains."""
    cell = [*KEY, "column"]
    in_cells = findings["column"].notna() & findings["status"].notna()
    # Explaining rules first, so that dropping duplicates keeps theirs.
    ranked = findings[in_cells].sort_values("explains", ascending=False, kind="stable")
    return pd.concat([findings[~in_cells], ranked.drop_duplicates(cell)], ignore_index=True)
