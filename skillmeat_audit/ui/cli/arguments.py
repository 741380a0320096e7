"""The arguments and lists that several verbs take: HOME, and values separated by commas."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.urls import is_server, with_tenant
from skillmeat_audit.loaders.home import DEFAULT_HOME

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
TENANT = "tenant"  # the key of its option in the context
HOME_VARIABLE = "SKILLMEAT_AUDIT_HOME"


def default_home() -> str:
    """Return the home that is meant without HOME."""
    return os.environ.get(HOME_VARIABLE) or DEFAULT_HOME


def absolute_path(text: str) -> str:
    """Return the path *text* as every verb prints it: absolute, links as they are.

    The address of an enterprise database is returned as it is.
    """
    if is_server(text):
        return text
    try:
        return os.path.abspath(os.path.expanduser(text))
    except OSError:  # the working folder was deleted: the loader says so
        return text


def located_home(context: click.Context, value: str) -> str:
    """Return HOME as the verbs take it: absolute, with the tenant that ``--tenant`` gives."""
    tenant = context.meta.get(TENANT)
    if tenant is None:
        return absolute_path(value)
    if not is_server(value):
        raise UsageError(
            "--tenant requires HOME to be the address of an enterprise database, postgresql://…"
        )
    return with_tenant(value, tenant)


def _absolute(context: click.Context, _parameter: click.Parameter, value: str) -> str:
    return located_home(context, value)


def home_argument_with(callback: Callable[[click.Context, click.Parameter, str], str]) -> Decorator:
    """Return the argument HOME, whose value *callback* returns."""
    return click.argument(
        "home",
        default=DEFAULT_HOME,
        envvar=HOME_VARIABLE,
        callback=callback,
        shell_complete=lambda _context, _parameter, text: [CompletionItem(text, type="dir")],
    )


home_argument = home_argument_with(_absolute)
# A workflow names the home below its checkout.
home_argument_as_given = home_argument_with(lambda _context, _parameter, value: value)


def split_list(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[str, ...]:
    """Return the values of a repeatable option, each of which may be a comma list.

    A comma before a space is part of a name: ``--collection "Team, Berlin"``.
    """
    return tuple(part for value in values for part in re.split(r",(?! )", value))


def single_output(context: click.Context, option: click.Parameter, given: Sequence[Path]) -> Any:
    """Return the one file that ``--output`` names, None without; refuse a second one."""
    if len(given) > 1:
        raise click.BadParameter("one file only: a second one would be ignored", context, option)
    return given[0] if given else None


class ChoiceList(click.Choice[str]):
    """Several of some choices, separated by commas, as one text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the comma list *value*, each part as the choice is written."""
        convert = super().convert
        return ",".join(convert(part, param, ctx) for part in str(value).split(","))
