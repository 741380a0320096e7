"""Renders the rules: the list, and one rule's page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.text import Text

from skillmeat_audit.model.rules import Rule
from skillmeat_audit.reports.terminal.check import wrapped

_READABLE = 96


def rules_text(rules: Sequence[Rule], families: Mapping[str, str], width: int) -> Iterator[Text]:
    """Yield the lines of the list of *rules*, by family."""
    for number, (family, members) in enumerate(groupby(rules, lambda rule: rule.code[0])):
        if number:
            yield Text()
        yield Text(f"{family}  {families[family]}", "bold")
        for rule in members:
            yield from wrapped(f"  {rule.code}  {rule.severity:<8} {rule.title}", width, 17)


def pages_text(rules: Sequence[Rule], width: int) -> Iterator[Text]:
    """Yield the lines of the pages of *rules*."""
    for number, rule in enumerate(rules):
        if number:
            yield Text()
        yield from wrapped(f"{rule.code} {rule.severity}: {rule.title}", width, 2, "bold")
        for paragraph in rule.page.split("\n\n"):
            yield Text()
            yield from wrapped(paragraph, min(width, _READABLE))


def rules_json(rules: Sequence[Rule]) -> str:
    """Return *rules* as JSON: a list of code, severity, title and page."""
    return json.dumps(
        [
            {"code": rule.code, "severity": rule.severity, "title": rule.title, "page": rule.page}
            for rule in rules
        ],
        indent=1,
    )
