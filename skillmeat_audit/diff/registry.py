"""Binds rules to the functions that check them, and runs them."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import (
    ARROW_TEXT,
    from_arrow,
    is_in,
    positions_in,
    take_rows,
    to_arrow,
)
from skillmeat_audit.diff.compare import Bools, Ints
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.links import joined_key
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
    rules = [rule for rule, _ in parts]
    of_rule = np.repeat(np.arange(len(parts)), [len(frame) for _, frame in parts])
    findings = pd.concat([frame for _, frame in parts], ignore_index=True)
    # Large homes have several findings per row: of the parts and of what follows only one is held.
    del results, parts
    severities = from_arrow(_per_finding([rule.severity for rule in rules], of_rule))
    findings["rule"] = from_arrow(_per_finding([rule.code for rule in rules], of_rule))
    findings["severity"] = findings.get("severity", severities).fillna(severities)
    judges_keys = np.array([rule.judges_keys for rule in rules])[of_rule]
    usable = ~is_in(findings["artifact_id"], comparison.ambiguous).to_numpy() | judges_keys
    explains = np.array([rule.explains for rule in rules])[of_rule]
    chosen = _one_per_cell(findings, np.flatnonzero(usable), explains)
    findings = findings.take(chosen[_order(findings, chosen)])
    return FINDINGS.conform(_with_writers(findings, writers))


def not_repairable(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* of rows that nothing of this project writes, with no repair."""
    # What a fill would do to manifest and row is beside the point where there is no manifest.
    filled = is_in(findings["disposition"], [Disposition.FILL])
    return findings.assign(
        disposition=findings["disposition"].mask(findings["disposition"].notna(), Disposition.NONE),
        detail=findings["detail"].mask(filled),
    )


def _per_finding(values: Sequence[str], of_rule: Ints) -> pa.Array:
    """Return the value of the rule of each finding."""
    return pa.array(values, ARROW_TEXT).take(pa.array(of_rule))


def _with_writers(findings: pd.DataFrame, writers: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* with the writer of their row; those on no row (files) have none."""
    by_key = writers.drop_duplicates(list(KEY))
    # NUL: no key is one, and a row may have an absent key.
    keys, of_rows = (
        joined_key(*(frame[name].fillna("\0") for name in KEY)) for frame in (findings, by_key)
    )
    position = positions_in(keys, of_rows)
    columns = {
        name: by_key[name].array.take(position, allow_fill=True)
        for name in ("writer", "writer_confidence")
    }
    return findings.assign(**columns)


def _order(findings: pd.DataFrame, chosen: Ints) -> Ints:
    """Return the order of the *chosen* findings.

    By collection, artifact, rule and column, absent values first.
    """
    names = ["collection_id", "artifact_id", "rule", "column", "detail"]
    texts = {name: take_rows(to_arrow(findings[name]), chosen) for name in names}
    keys = pa.table({name: pc.fill_null(array, "") for name, array in texts.items()})
    # Stable, by the bytes of UTF-8: as pandas sorts, which makes a Python string of each text.
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in names])
    return np.asarray(order, dtype=np.intp)


def _one_per_cell(findings: pd.DataFrame, chosen: Ints, explains: Bools) -> Ints:
    """Return the *chosen* findings without the plain finding of a cell that another rule explains.

    Those on no cell are the first, then those of rules that explain.
    """
    of_cell = (findings["column"].notna() & findings["status"].notna()).to_numpy()[chosen]
    cells = chosen[of_cell]
    # Explaining rules first, so that dropping duplicates keeps theirs.
    ranked = cells[np.argsort(~explains[cells], kind="stable")]
    repeated = findings[[*KEY, "column"]].take(ranked).duplicated().to_numpy()
    return np.append(chosen[~of_cell], ranked[~repeated])
