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

__all__ = ["CHECKS", "ENTERPRISE_CHECKS", "FAMILIES", "RULES"]

_MODULES = (descriptions, files, keys, loading, metadata, pages, sources, times)
CHECKS: tuple[Check, ...] = tuple(
    sorted(
        [*cells.CHECKS, *(check for module in _MODULES for check in checks_in(module))],
        key=lambda check: check.rule.code,
    )
)
# What an enterprise database can show: it has no manifests, no refresh, and three of the columns.
_ENTERPRISE = """
    D001 D002 D004 D006 F004 F007 M001 M002 M020 S001 S002 S009 S010 S011 X004 X005
""".split()
ENTERPRISE_CHECKS = tuple(check for check in CHECKS if check.rule.code in _ENTERPRISE)
RULES: tuple[Rule, ...] = tuple(check.rule for check in CHECKS)
