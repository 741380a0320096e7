"""Breaks lines of text at the width of a terminal."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from skillmeat_audit.reports.facts.next_commands import Command


def wrapped(text: str, width: int, indent: int = 0, style: str = "") -> Iterator[Text]:
    """Yield *text* in lines of *width*; lines after the first are indented by *indent*."""
    for line in textwrap.wrap(
        text,
        # A terminal of ten columns is no reason to break every word.
        max(width, indent + 20),
        subsequent_indent=" " * indent,
        # Paths and addresses stay whole, so that they can be copied.
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield Text(line, style)


def next_commands(commands: Sequence[Command], width: int) -> Iterator[Text]:
    """Yield *commands* to run next; a command is never broken, so that it can be copied."""
    longest = max((len(command.line) for command in commands), default=0)
    # 7 for "next:", 4 for the gap. All beside or all below: one column of reasons.
    beside = all(7 + longest + 4 + len(command.why) <= width for command in commands)
    for number, command in enumerate(commands):
        line = f"{'next:' if number == 0 else '':<7}{command.line:<{longest}}"
        if beside:
            yield Text(f"{line}    {command.why}", "cyan")
        else:
            yield Text(line.rstrip(), "cyan")
            yield from wrapped(f"{'':<11}{command.why}", width, 11, "cyan")
