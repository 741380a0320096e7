"""Renders the condition of an installation for a terminal."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.condition import Condition
from skillmeat_audit.reports.terminal.wrapping import wrapped

_STYLES = {"ok": "green", "note": "yellow", "fault": "bold red"}


def doctor_text(conditions: Sequence[Condition], width: int) -> Iterator[Text]:
    """Yield a line per part, with the command to run below it; faults and notes are counted."""
    longest = max(len(each.topic) for each in conditions)
    indent = longest + 9  # two gaps of two, and the longest status
    for each in conditions:
        head = f"{each.topic:<{longest}}  {each.status:<5}  "
        first, *others = wrapped(head + printable(each.detail), width, indent)
        # textwrap would take a gap at a line's start for indentation: the head never wraps.
        first.stylize(_STYLES[each.status], longest + 2, longest + 2 + len(each.status))
        yield from (first, *others)
        if each.advice:
            yield Text(f"{'':<{indent}}{printable(each.advice)}", "cyan")
    faults, notes = (
        sum(each.status == status for each in conditions) for status in ("fault", "note")
    )
    yield Text()
    yield Text(f"faults: {faults}, notes: {notes}", "bold")
