"""The options of the running command that the commands printed by it repeat."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from skillmeat_audit.base.urls import without_password
from skillmeat_audit.ui.cli.command import VerbGroup

if TYPE_CHECKING:
    from skillmeat_audit.reports.facts.next_commands import NextCommands, Option

# What says how something is printed, saved or waited for, not what it is; a tenant is in the
# address of its home.
_OF_THIS_RUN = frozenset(
    "form output limit verbose quiet fail_on exit_zero no_parse_cache wait rehearse live "
    "no_pager color edit interactive whole tenant statistics group_by watch "
    # A baseline is updated once.
    "update_baseline reason owner expires".split()
)
_NEXT_VERBS = ("check", "plan", "apply", "show", "undo", "report", "runs")


def next_commands(home: str) -> "NextCommands":
    """Return what makes the commands to run next on *home*, from the running command."""
    from skillmeat_audit.reports.facts.next_commands import NextCommands

    context = click.get_current_context()
    verbs, home = context.find_root().command, _shown(home)
    if not isinstance(verbs, VerbGroup):
        return NextCommands(home)
    return NextCommands(
        home, {name: tuple(_repeated(context, verbs.verb(name))) for name in _NEXT_VERBS}
    )


def _repeated(context: click.Context, verb: click.Command) -> "Iterator[Option]":
    """Yield the options given to *context* that *verb* has as well."""
    shared = {each.name for each in verb.params if isinstance(each, click.Option)} - _OF_THIS_RUN
    for option in context.command.params:
        if not isinstance(option, click.Option) or option.name not in shared:
            continue
        source = context.get_parameter_source(str(option.name))
        if source is ParameterSource.COMMANDLINE:
            name = max(option.opts, key=len)
            value = context.params[str(option.name)]
            values = value if isinstance(value, list | tuple) else [value]
            yield from ((name, None if option.is_flag else _shown(each)) for each in values)


def _shown(value: object) -> str:
    """Return *value* as a word that may be printed: an address without its password."""
    text = str(value)
    return without_password(text) if "://" in text else text
