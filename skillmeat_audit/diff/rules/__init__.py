"""All rules, in the order of their codes."""

from skillmeat_audit.diff.registry import Check, checks_in
from skillmeat_audit.diff.rules import (
    cells,
    descriptions,
    files,
    keys,
    loading,
    metadata,
    pages,
    sources,
    times,
)
from skillmeat_audit.model.rules import FAMILIES, Rule

__all__ = ["CHECKS", "FAMILIES", "RULES"]

_MODULES = (descriptions, files, keys, loading, metadata, pages, sources, times)
CHECKS: tuple[Check, ...] = tuple(
    sorted(
        [*cells.CHECKS, *(check for module in _MODULES for check in checks_in(module))],
        key=lambda check: check.rule.code,
    )
)
RULES: tuple[Rule, ...] = tuple(check.rule for check in CHECKS)
