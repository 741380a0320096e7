"""Opens a plan in the user's editor, and checks what comes back."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from skillmeat_audit.base.errors import PlanError, UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.ui.cli.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.model.changes import PlanDocument


def edited_plan(document: "PlanDocument") -> "PlanDocument":
    """Return *document* as the user leaves it, checked as `apply` checks it.

    On a terminal a faulty plan is opened again, if the user wants to. Raises `PlanError` naming the
    line, and leaves the faulty text in a file; raises `UsageError` where no editor can be started.
    """
    from skillmeat_audit.repair.plan import encode_plan, load_plan

    command = editor_command()
    # A folder of its own, as editors write backups and swap files beside the text.
    folder = Path(tempfile.mkdtemp(prefix="skillmeat-audit-plan-"))
    path = folder / "plan.json"
    path.write_bytes(encode_plan(document))
    while True:
        _run_editor([*command, str(path)])
        try:
            edited = load_plan(path)
        except PlanError as exc:
            if not _wants_to_edit_again(str(exc)):
                raise PlanError(f"{exc}; nothing was saved, the text stays in that file") from exc
        else:
            shutil.rmtree(folder)
            return edited


def editor_command() -> list[str]:
    """Return the command of ``VISUAL`` or ``EDITOR``, else vi; raise `UsageError` without any.

    vi needs a terminal; what is set may be a script.
    """
    given = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not given and not _is_at_terminal():
        raise UsageError(
            "--edit opens an editor on a terminal, and this is none; choose with --only and "
            "--except, or set EDITOR to a program that needs no terminal"
        )
    given = given or "vi"
    try:
        command = shlex.split(given)
    except ValueError as exc:
        raise UsageError(f"cannot read the editor's command {printable(given)}: {exc}") from exc
    if not command or shutil.which(command[0]) is None:
        raise UsageError(
            f"there is no editor {printable(given)}; set VISUAL or EDITOR to the one to use"
        )
    return command


def _run_editor(command: list[str]) -> None:
    code = subprocess.run(command, check=False).returncode
    if code:
        raise UsageError(
            f"{printable(command[0])} ended with exit code {code}; nothing was saved, "
            f"the text stays in {command[-1]}"
        )


def _is_at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _wants_to_edit_again(fault: str) -> bool:
    if not _is_at_terminal():
        return False
    print_error(f"not a usable plan: {fault}")
    emit("edit again? [Y/n] ")
    # Empty at the end of input: an Enter, which means yes, is a line.
    answer = sys.stdin.readline()
    return bool(answer) and not answer.strip().lower().startswith("n")
