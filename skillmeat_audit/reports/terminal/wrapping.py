"""Breaks lines of text at the width of a terminal."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.reports.facts.first_steps import FirstStep
from skillmeat_audit.reports.facts.next_commands import Command

_CONTINUATION = "  "  # before the later lines of a command
_WORD = r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+"
# --select D, with its value; or a word such as ~/'a home'
_PARTS = re.compile(rf"-\S+ (?!-){_WORD}|{_WORD}")


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
    """Yield *commands* to run next; one that is too wide continues after a backslash."""
    longest = max((len(command.line) for command in commands), default=0)
    # 7 for "next:", 4 for the gap. All beside or all below: one column of reasons.
    beside = all(7 + longest + 4 + len(command.why) <= width for command in commands)
    for number, command in enumerate(commands):
        label = "next:" if number == 0 else ""
        if beside:
            yield Text(f"{label:<7}{command.line:<{longest}}    {command.why}", "cyan")
        else:
            yield from command_lines(label, command.line, width)
            yield from wrapped(f"{'':<11}{command.why}", width, 11, "cyan")


def first_step_lines(step: FirstStep, width: int) -> Iterator[Text]:
    """Yield what to do first: a label, the command, and in brackets what it does."""
    label, why = f"{step.label}:", f"({step.why})"
    indent = len(label) + 1
    beside = f"{label} {step.line}   {why}"
    if len(beside) <= width:
        yield Text(beside, "bold cyan")
        return
    yield from command_lines(label, step.line, width, indent, "bold cyan")
    yield from wrapped(f"{'':<{indent}}{why}", width, indent, "bold cyan")


def command_lines(
    label: str, command: str, width: int, indent: int = 7, style: str = "cyan"
) -> Iterator[Text]:
    """Yield *command* after *label*, broken so that a shell takes all lines as one command."""
    line = f"{label:<{indent}}"
    is_begun = False
    for part in _PARTS.findall(command):
        # 2 for the backslash, also in a last line that needs none.
        if is_begun and cell_len(f"{line} {part}") > width - 2:
            yield Text(f"{line} \\", style)
            line = f"{'':<{indent}}{_CONTINUATION}{part}"
        else:
            line = f"{line} {part}" if is_begun else f"{line}{part}"
        is_begun = True
    yield Text(line, style)
