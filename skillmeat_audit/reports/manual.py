"""Renders the rules: the list, and one rule's page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol


class Documented(Protocol):
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
    rules: Sequence[Documented], families: Mapping[str, str], *, pages: bool
) -> Iterator[str]:
    """Yield the lines of the list of *rules* by family, or of their pages."""
    family = None
    for rule in rules:
        if pages:
            yield f"{rule.code} {rule.severity}: {rule.title}"
            yield ""
            yield rule.page
            if rule is not rules[-1]:
                yield ""
            continue
        if rule.code[0] != family:
            if family is not None:
                yield ""
            family = rule.code[0]
            yield f"{family}  {families[family]}"
        yield f"  {rule.code}  {rule.severity:<8} {rule.title}"


def rules_json(rules: Sequence[Documented]) -> str:
    """Return *rules* as JSON: a list of code, severity, title and page."""
    return json.dumps(
        [
            {"code": rule.code, "severity": rule.severity, "title": rule.title, "page": rule.page}
            for rule in rules
        ],
        indent=1,
    )
