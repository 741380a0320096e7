"""What several verbs share: options, the audit they start from, and printing for a terminal."""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit.ui.streams import emit

if TYPE_CHECKING:
    from rich.text import Text

    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.loaders.settings import Settings

Command = Callable[..., Any]
_PIPE_WIDTH, _NARROWEST, _WIDEST = 110, 20, 1000
_COLLECT_AFTER = 200_000  # objects: frames hold few that refer to each other

BASELINE_HELP = "Leave out the findings that FILE accepts."
TEXT_OR_JSON: dict[str, Any] = {
    "type": click.Choice(["text", "json"]),
    "default": "text",
    "show_default": True,
}


common_to_all = [
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Settings file (rules ignored, and why; backups kept; links allowed).",
    ),
    click.option("--traceback", is_flag=True, help="On an error, show where it was raised."),
]


def with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Return *command* with *options*, listed in this order."""
    for option in reversed(options):
        command = option(command)
    return command


state_dir = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where journals, backups, history and the parse cache are kept.",
)


def common(command: Command) -> Command:
    """Add the options that every verb that audits has."""
    options = [
        state_dir,
        click.option(
            "--database",
            metavar="URL",
            help="The cache's place: a file, sqlite:///… or postgresql://…",
        ),
        click.option(
            "--no-parse-cache",
            is_flag=True,
            help="Read every file again, and remember nothing of it for the next time.",
        ),
        *common_to_all,
    ]
    return with_options(command, options)


_LISTED: dict[str, Any] = {"multiple": True, "metavar": "CODE"}
_FILTERS = [
    click.option(
        "--select",
        **_LISTED,
        help="Only rules with this code or prefix, e.g. D or S001. Repeatable.",
    ),
    click.option(
        "--ignore", **_LISTED, help="Leave out these rules; they stay counted. Repeatable."
    ),
    click.option(
        "--collection",
        multiple=True,
        metavar="ID|NAME",
        help="Only this DB collection. Repeatable.",
    ),
    click.option(
        "--artifact",
        multiple=True,
        metavar="ID",
        help="Only this artifact, type:name or name. Repeatable.",
    ),
    click.option(
        "--writer",
        multiple=True,
        metavar="NAME",
        help="Only rows that this code path last wrote, e.g. import-bare. Repeatable.",
    ),
]


def filters(command: Command) -> Command:
    """Add the options that say which findings are asked for."""
    return with_options(command, _FILTERS)


def scope_of(options: dict[str, Any], settings: "Settings") -> "Scope":
    """Return the scope that *options* and the settings file ask for together."""
    from skillmeat_audit.api.scope import Scope

    return Scope(
        select=options["select"],
        ignore=(*options["ignore"], *settings.ignore),
        collections=options["collection"],
        artifacts=options["artifact"],
        writers=options["writer"],
    )


def audit_home(
    home: str, options: dict[str, Any], settings: "Settings", scope: "Scope | None" = None
) -> "Audit":
    """Return the audit of *home*; *settings* say where links may lead."""
    gc.disable()  # while a thousand modules load there is nothing to collect, and looking costs
    from skillmeat_audit.api.audit import audit

    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    gc.enable()
    return audit(
        home,
        database=options["database"],
        scope=scope,
        progress=False if options.get("quiet") else None,
        parse_cache=not options["no_parse_cache"],
        state_dir=options["state_dir"],
        allow_links=settings.allow_links,
    )


def print_lines(lines: Callable[[int], Iterable["Text"]]) -> None:
    """Print *lines*, made for the width of the terminal, or for a fixed one where there is none."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=_width(), highlight=False)
    made = list(lines(console.width))
    if console.is_terminal:
        with console.capture() as captured:
            console.print(Text("\n").join(made), soft_wrap=True)
        emit(captured.get())
    else:  # rich takes minutes for 100,000 lines, and there is nothing to colour
        emit("".join(f"{line.plain}\n" for line in made))


def _width() -> int:
    """Return the width of the terminal, ``COLUMNS`` where that is one, else a fixed one.

    More than a line of the longest value can fill is only padding.
    """
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) >= _NARROWEST:
        return min(int(given), _WIDEST)
    size = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
    return size if size >= _NARROWEST else _PIPE_WIDTH
