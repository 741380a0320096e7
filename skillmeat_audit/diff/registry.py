"""Binds rules to the functions that check them, and runs them."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, is_in, release_memory, take_rows
from skillmeat_audit.base.columns import TextColumns, is_among, is_present, join_texts
from skillmeat_audit.diff.compare import Bools, Ints
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.rule_findings import Parts, RuleFindings
from skillmeat_audit.model.findings import Disposition, Severity
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.tables import FINDINGS, KEY, WRITER_COLUMNS

Find = Callable[[Comparison], Parts]


@dataclass(frozen=True)
class Check:
    """A rule and its function, which returns a finding per disagreement."""

    rule: Rule
    find: Find


def check(code: str, severity: Severity, *, explains: bool = False) -> Callable[[Find], Check]:
    """Return a decorator that makes a check of a function; its docstring is the rule's page."""
    return lambda find: Check(rule_of(code, severity, find.__doc__ or "", explains=explains), find)


def rule_of(code: str, severity: Severity, text: str, *, explains: bool = False) -> Rule:
    """Return a rule; the first line of *text* is its title, the rest its page.

    A page that ends with "Do: …" says itself what to do; else a plan repairs what it finds.
    """
    title, _, page = inspect.cleandoc(text).replace("``", "").partition("\n")
    page, _, action = page.partition("\n\nDo: ")
    action = " ".join(action.split()) or plan_command(code)
    return Rule(code, severity, title.rstrip("."), page.strip(), action, explains)


def plan_command(code: str) -> str:
    """Return the command that plans the repair of what the rule *code* finds."""
    return f"{TOOL} plan HOME --select {code} -o plan.json"


def checks_in(module: ModuleType) -> list[Check]:
    """Return the checks that *module* defines."""
    return [value for value in vars(module).values() if isinstance(value, Check)]


def run_checks(
    checks: Iterable[Check], comparison: Comparison, writers: pd.DataFrame
) -> pd.DataFrame:
    """Return ``FINDINGS`` of all *checks*, with the writer of each row (``WRITERS``) beside it.

    A cell has one finding. Artifacts whose key is ambiguous have findings of key rules only.
    """
    parts = [(check.rule, part) for check in checks for part in check.find(comparison)]
    if not parts:
        return FINDINGS.empty()
    release_memory()  # what rules computed and did not need
    columns = _Columns([_with_rule(part, rule) for rule, part in parts], TextColumns(writers))
    chosen = np.arange(len(columns.part))
    if comparison.ambiguous:
        judges_keys = np.array([rule.judges_keys for rule, _ in parts])[columns.part]
        clear = ~is_among(columns["artifact_id"], comparison.ambiguous)
        chosen = np.flatnonzero(clear | judges_keys)
    explains = np.array([rule.explains for rule, _ in parts])
    if explains.any():
        chosen = _one_per_cell(columns, chosen, explains[columns.part])
    order = chosen[_order(columns, chosen)]
    # Column by column: of a home with many findings only one is held twice.
    return FINDINGS.build({name: take_rows(columns[name], order) for name in FINDINGS.columns})


def not_repairable(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* of rows that nothing of this project writes, with no repair."""
    # What a fill would do to manifest and row is beside the point where there is no manifest.
    filled = is_in(findings["disposition"], [Disposition.FILL])
    return findings.assign(
        disposition=findings["disposition"].mask(findings["disposition"].notna(), Disposition.NONE),
        detail=findings["detail"].mask(filled),
    )


def _with_rule(part: RuleFindings, rule: Rule) -> RuleFindings:
    """Return *part* with its rule, and the rule's severity where it has none."""
    return replace(part, texts={"rule": rule.code, "severity": rule.severity} | part.texts)


class _Columns:
    """The findings of all rules, column by column; each is made anew when it is asked for.

    ``part`` is the number of the part that each finding is from.
    """

    def __init__(self, parts: Sequence[RuleFindings], writers: TextColumns) -> None:
        """Take the *parts*, and the *writers* of the cache rows."""
        self._parts, self._writers = parts, writers
        self.part = np.repeat(np.arange(len(parts)), [len(part) for part in parts])

    @cached_property
    def _rows(self) -> pa.Array:
        rows = [np.full(len(each), -1) if each.rows is None else each.rows for each in self._parts]
        positions = np.concatenate(rows)
        return pa.array(positions, mask=positions < 0)

    def __getitem__(self, name: str) -> pa.Array:
        if name in WRITER_COLUMNS:
            return self._writers[name].take(self._rows)
        texts = [each.texts.get(name) for each in self._parts]
        if any(isinstance(text, pa.Array) for text in texts):
            return pa.concat_arrays([each.column(name) for each in self._parts])
        return pa.array(texts, ARROW_TEXT).take(pa.array(self.part))


def _order(columns: _Columns, chosen: Ints) -> Ints:
    """Return the order of the *chosen* findings.

    By collection, artifact, rule and column, absent values first.
    """
    names = ["collection_id", "artifact_id", "rule", "column", "detail"]
    keys = pa.table({name: pc.fill_null(take_rows(columns[name], chosen), "") for name in names})
    # Stable, by the bytes of UTF-8: as pandas sorts, which makes a Python string of each text.
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in names])
    return np.asarray(order, dtype=np.intp)


def _one_per_cell(columns: _Columns, chosen: Ints, explains: Bools) -> Ints:
    """Return the *chosen* findings without the plain finding of a cell that another rule explains.

    Where several rules explain a cell, the first does.
    """
    of_cell = is_present(columns["column"]) & is_present(columns["status"])
    explaining = chosen[(of_cell & explains)[chosen]]
    plain = chosen[(of_cell & ~explains)[chosen]]
    cells = _cell_keys(columns, explaining)
    repeated = from_arrow(cells).duplicated().to_numpy()
    superseded = is_among(_cell_keys(columns, plain), cells)
    remaining = np.ones(len(columns.part), dtype=bool)
    remaining[explaining[repeated]] = False
    remaining[plain[superseded]] = False
    return chosen[remaining[chosen]]


def _cell_keys(columns: _Columns, chosen: Ints) -> pa.Array:
    """Return collection, artifact and column of the *chosen* findings as one text."""
    collection, artifact, column = (
        columns[name].take(pa.array(chosen)) for name in (*KEY, "column")
    )
    # NUL: no name holds one.
    return join_texts(collection, "\0", artifact, "\0", column)
