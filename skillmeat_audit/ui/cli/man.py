"""The verb ``man``: prints the manual page, made of the same words as the help."""

import inspect
from collections.abc import Iterator

import click

from skillmeat_audit import __version__
from skillmeat_audit.base import TOOL
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.command import Verb, VerbGroup, verb_command
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.options import traceback_option
from skillmeat_audit.ui.cli.streams import emit


@verb_command(
    short_help="Print the manual page.",
    examples=(
        ("skillmeat-audit man | man -l -", "read it"),
        ("skillmeat-audit man > ~/.local/share/man/man1/skillmeat-audit.1", "install it"),
    ),
)
@traceback_option
@click.pass_context
def man(context: click.Context) -> int:
    """Print the manual page in roff: every verb with its options, legends and examples."""
    emit(manual_page(context.find_root()))
    return ExitCode.CLEAN


def manual_page(root: click.Context) -> str:
    """Return the manual page of the command line of *root*, in roff's man macros."""
    group = root.command
    if not isinstance(group, VerbGroup):
        raise TypeError("a manual page is made of a group of verbs")
    lines = [
        f'.TH {_roff(TOOL.upper())} 1 "" "{TOOL} {__version__}"',
        ".SH NAME",
        rf"{_roff(TOOL)} \- audit and repair of SkillMeat's artifact cache",
        ".SH SYNOPSIS",
        rf".B {_roff(TOOL)}",
        r"\fIVERB\fR [\fIHOME\fR] [\fIoptions\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(group.help or ""),
    ]
    for heading, names in group.sections.items():
        lines.append(f".SH {_roff(heading.upper())}")
        for name in names:
            lines += _verb(root, name, group.verb(name))
    lines.append(".SH EXIT STATUS")
    for code, meaning in exit_codes()[1]:
        lines += _item(code, meaning)
    return "\n".join(lines) + "\n"


def _verb(root: click.Context, name: str, verb: click.Command) -> Iterator[str]:
    """Yield the section of one verb."""
    context = click.Context(verb, root, name)
    usage = " ".join(verb.collect_usage_pieces(context))
    yield rf".SS {_roff(f'{name} {usage}')}"
    yield from _paragraphs(verb.help or "")
    for term, text in verb.argument_pairs if isinstance(verb, Verb) else ():
        yield from _item(term, text)
    for option in verb.get_params(context):
        record = option.get_help_record(context)
        if isinstance(option, click.Option) and record is not None:
            yield from _item(*record)
    for heading, pairs in verb.sections if isinstance(verb, Verb) else ():
        if pairs:
            yield from (".PP", rf"\fI{_roff(heading)}\fR")
            for term, text in pairs:
                yield from _item(term, text)


def _item(term: str, text: str) -> Iterator[str]:
    yield from (".TP", rf"\fB{_roff(term)}\fR", _roff(text))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):  # click's sign for lines that are not filled
            yield from (".PP", ".nf", *map(_roff, paragraph.splitlines()[1:]), ".fi")
        else:
            yield from (".PP", _roff(" ".join(paragraph.split())))


def _roff(text: str) -> str:
    """Return *text* with what roff would take for a command escaped."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text
