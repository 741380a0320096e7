"""Renders the rules for a terminal: the list, and the page of each rule."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.text import Text

from skillmeat_audit.model.rules import Rule
from skillmeat_audit.reports.facts.skillmeat_facts import facts_in
from skillmeat_audit.reports.terminal.wrapping import wrapped

# Prose in longer lines is hard to follow from line to line.
_READABLE_CELLS = 96


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
        readable = min(width, _READABLE_CELLS)
        for paragraph in rule.page.split("\n\n"):
            facts = facts_in(paragraph)
            if not facts:
                yield Text()
                yield from wrapped(paragraph, readable)
            for title, fact in facts:
                yield Text()
                yield from wrapped(f"{title}: {fact}", readable, 2, "dim")
        yield Text()
        yield from wrapped(f"Do: {rule.action}", readable, 4)
