"""Renders what changed between two looks at a home, for a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.terminal.wrapping import wrapped

_LISTED = 20


@dataclass(frozen=True)
class Look:
    """A look at a home: when, which paths had changed, and how the findings differ since."""

    at: str
    paths: Sequence[str]
    delta: AuditDelta


def look_text(look: Look, names: Names, width: int) -> Iterator[Text]:
    """Yield a line with the numbers, then the findings that are new and those that are fixed."""
    delta = look.delta
    others = f" and {plural(len(look.paths) - 1, 'other path')}" if look.paths[1:] else ""
    counts = f"{len(delta.new)} new, {len(delta.fixed)} fixed, {len(delta.remaining)} left"
    line = f"{look.at}  {counts}: {printable(look.paths[0])}{others} changed"
    yield from wrapped(line, width, 2, "bold")
    yield from _findings("new", delta.new, names, width)
    yield from _findings("fixed", delta.fixed, names, width)


def _findings(word: str, findings: pd.DataFrame, names: Names, width: int) -> Iterator[Text]:
    style = "green" if word == "fixed" else "yellow"
    for finding in records(findings.head(_LISTED)):
        key = finding["artifact_id"] or "the home"
        collection = finding["collection_id"]
        row = f" · {names.collection(str(collection))}" if collection else ""
        column = f", {finding['column']}" if finding["column"] else ""
        title = names.titles.get(str(finding["rule"]), "")
        line = f"  {word:<5}  {finding['rule']} {key}{row}{column}: {title}"
        yield from wrapped(printable(line), width, 9, style)
    if len(findings) > _LISTED:
        yield Text(f"  … and {len(findings) - _LISTED} more {word}", "dim")
