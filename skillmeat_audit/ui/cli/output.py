"""What several verbs start from and end with: the audit of a home, and lines for a terminal."""

import gc
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from skillmeat_audit.ui.cli.command import forced_color
from skillmeat_audit.ui.cli.pager import show_in_pager
from skillmeat_audit.ui.cli.streams import emit

if TYPE_CHECKING:
    from rich.text import Text

    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.loaders.settings import Settings
    from skillmeat_audit.ui.cli.options import AuditOptions

_PIPE_WIDTH, _NARROWEST, _WIDEST = 110, 20, 1000
_COLLECT_AFTER = 200_000  # objects: frames hold few that refer to each other


def audit_home(
    home: str,
    reading: "AuditOptions",
    settings: "Settings",
    scope: "Scope | None" = None,
    *,
    quiet: bool = False,
) -> "Audit":
    """Return the audit of *home*; links may lead where *settings* allow."""
    # A later audit would freeze the frames of an earlier one.
    is_first = gc.get_threshold()[0] != _COLLECT_AFTER
    if is_first:
        gc.disable()  # while a thousand modules load there is nothing to collect; looking costs
    from skillmeat_audit.api.audit import audit

    if is_first:
        # What is loaded now is never garbage: the collector need not look at it again.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        gc.enable()
    return audit(
        home,
        database=reading.database,
        scope=scope,
        live=reading.live,
        progress=False if quiet else None,
        parse_cache=not reading.no_parse_cache,
        state_dir=reading.state_dir,
        allow_links=settings.allow_links,
    )


def print_document(document: bytes) -> None:
    """Print a JSON *document*, which is ASCII."""
    emit(document.decode("ascii"))


def print_lines(lines: Callable[[int], Iterable["Text"]]) -> None:
    """Print *lines*, rendered for the width of the terminal, or for 110 columns without one."""
    from rich.console import Console
    from rich.text import Text

    # highlight=False: rich would colour numbers and quotes inside of people's texts.
    console = Console(width=output_width(), highlight=False, force_terminal=forced_color())
    rendered = list(lines(console.width))
    if console.is_terminal:
        with console.capture() as captured:
            # Lines have their width already; rich would break commands that are meant to be copied.
            console.print(Text("\n").join(rendered), soft_wrap=True)
        emit(captured.get(), show_in_pager)
    else:  # rich takes minutes for 100,000 lines, and there is nothing to colour
        emit("".join(f"{line.plain}\n" for line in rendered))


def output_width() -> int:
    """Return ``COLUMNS`` where it is a usable number, else the width of the terminal, else 110.

    Where the output is piped, that of the terminal in which the errors or the input are. More than
    a line of the longest value can fill is only padding.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) >= _NARROWEST:
        return min(int(columns), _WIDEST)
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        # Python's stream is None where the process began with a closed descriptor.
        if stream is not None and stream.isatty():
            size = os.get_terminal_size(stream.fileno()).columns
            return size if size >= _NARROWEST else _PIPE_WIDTH
    return _PIPE_WIDTH
