"""Renders the rules as JSON: ``skillmeat-audit/rules/1``."""

from collections.abc import Sequence

import msgspec

from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.reports.files.ascii_json import ascii_json


class RuleRecord(msgspec.Struct, frozen=True):
    """A rule: its code, severity, title in one line, page, and what to do."""

    code: str
    severity: Severity
    title: str
    page: str
    action: str


class RulesDocument(msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/rules/1"):
    """Rules by code."""

    rules: list[RuleRecord]


def rules_json(rules: Sequence[Rule]) -> bytes:
    """Return *rules* as ``skillmeat-audit/rules/1``, in their order."""
    return ascii_json(
        RulesDocument(
            [
                RuleRecord(rule.code, rule.severity, rule.title, rule.page, rule.action)
                for rule in rules
            ]
        )
    )
