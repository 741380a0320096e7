"""Shows long text in a pager, as git does: only in a terminal, and only what fills its screen."""

import os
import shlex
import shutil
import signal
import subprocess
import sys

import click

_DEFAULT = "less"
# F: quit where all fits on the screen, R: colours, X: leave the text on the screen. As git sets it.
_VARIABLES = {"LESS": "FRX", "LV": "-c"}
_NO_PAGER = "skillmeat_audit.no_pager"


def _switch_off(context: click.Context, _option: click.Parameter, is_given: bool) -> None:
    context.meta[_NO_PAGER] = is_given


no_pager_option = click.option(
    "--no-pager",
    is_flag=True,
    expose_value=False,
    callback=_switch_off,
    help="Do not page long output in a terminal (see PAGER).",
)


def screen_lines() -> int | None:
    """Return the height of the terminal, None where standard output is not one."""
    if not sys.stdout.isatty():
        return None
    lines = os.environ.get("LINES", "")
    return int(lines) if lines.isdecimal() else os.get_terminal_size(sys.stdout.fileno()).lines


def show_in_pager(text: str) -> bool:
    """Show *text* in a pager; return False where it is to be written as it is."""
    height, pager = screen_lines(), _pager()
    if pager is None or height is None or text.count("\n") < height:
        return False
    before = signal.getsignal(signal.SIGINT)
    # Ctrl-C is the pager's. A handler, because an ignored signal would be ignored by it, too.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        # A shell, as PAGER may hold options or a pipe. Quitting before the end is no error.
        done = subprocess.run(
            pager,
            shell=True,
            input=text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"),
            env=_VARIABLES | dict(os.environ),
            check=False,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode not in (126, 127)  # the shell's: it could not be started


def _pager() -> str | None:
    """Return the command of the pager, None where there is none or it is switched off."""
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(_NO_PAGER):
        return None
    pager = os.environ.get("PAGER", _DEFAULT).strip()
    # shlex raises an error where a quotation has no end.
    words = shlex.split(pager) if pager.count("'") % 2 == pager.count('"') % 2 == 0 else []
    if os.environ.get("TERM") == "dumb" or pager == "cat" or not words:
        return None
    return pager if shutil.which(words[0]) else None
