"""Renders the rules: the list, and one rule's page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Protocol

from rich.text import Text

from skillmeat_audit.reports.terminal.check import wrapped

_READABLE = 96


class RulePage(Protocol):
    """What a rule tells of itself."""

    @property
    def code(self) -> str:
        """Its code, e.g. ``D001``."""

    @property
    def severity(self) -> str:
        """How bad it is."""

    @property
    def title(self) -> str:
        """The rule in one line."""

    @property
    def page(self) -> str:
        """How it comes about, and whether repair is safe."""


def rules_text(
    rules: Sequence[RulePage], families: Mapping[str, str], width: int
) -> Iterator[Text]:
    """Yield the lines of the list of *rules*, by family."""
    for number, (family, members) in enumerate(groupby(rules, lambda rule: rule.code[0])):
        if number:
            yield Text()
        yield Text(f"{family}  {families[family]}", "bold")
        for rule in members:
            yield from wrapped(f"  {rule.code}  {rule.severity:<8} {rule.title}", width, 17)


def pages_text(rules: Sequence[RulePage], width: int) -> Iterator[Text]:
    """Yield the lines of the pages of *rules*."""
    for number, rule in enumerate(rules):
        if number:
            yield Text()
        yield from wrapped(f"{rule.code} {rule.severity}: {rule.title}", width, 2, "bold")
        for paragraph in rule.page.split("\n\n"):
            yield Text()
            yield from wrapped(paragraph, min(width, _READABLE))


def rules_json(rules: Sequence[RulePage]) -> str:
    """Return *rules* as JSON: a list of code, severity, title and page."""
    return json.dumps(
        [
            {"code": rule.code, "severity": rule.severity, "title": rule.title, "page": rule.page}
            for rule in rules
        ],
        indent=1,
    )
