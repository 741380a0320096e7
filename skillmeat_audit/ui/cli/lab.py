"""The verb ``lab``: copies the notebooks and opens them."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from skillmeat_audit.base.errors import StateError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.options import traceback_option
from skillmeat_audit.ui.cli.streams import emit
from skillmeat_audit.ui.widgets import require_module


@verb_command(
    short_help="Open the notebooks in JupyterLab.",
    examples=(("skillmeat-audit lab ~/notebooks", "copy them there first"),),
)
@click.argument("folder", default="skillmeat-audit-notebooks", type=click.Path(path_type=Path))
@click.option("--no-open", is_flag=True, help="Only copy the notebooks.")
@click.option("--no-browser", is_flag=True, help="Start JupyterLab without a browser.")
@click.option(
    "--jupyter",
    multiple=True,
    metavar="OPTION",
    help="Option for JupyterLab, as in --jupyter=--allow-root. Repeatable.",
)
@traceback_option
def lab(folder: Path, *, no_open: bool, no_browser: bool, jupyter: tuple[str, ...]) -> int:
    """Copy the notebooks to FOLDER and open JupyterLab there; existing copies are not changed."""
    if not no_open:
        require_module("jupyterlab")
        require_module("ipywidgets")
    for name, copied in copy_notebooks(folder):
        status = "copied" if copied else "exists, not changed"
        emit(f"{printable(folder / name)}  {status}\n")
    if no_open:
        return ExitCode.CLEAN
    command = [sys.executable, "-m", "jupyterlab", str(folder)]
    # JupyterLab has printed its own error; its exit code would be taken for ours: 1 is findings.
    failed = _run([*command, *(["--no-browser"] if no_browser else []), *jupyter])
    return ExitCode.FAILED if failed else ExitCode.CLEAN


def _run(command: Sequence[str]) -> int:
    """Run *command* to its end and return its exit code; Ctrl-C is left to it."""
    with subprocess.Popen(command) as process:
        # A terminal sends Ctrl-C to both; JupyterLab asks for it twice, and ends by itself.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        except BaseException:  # a signal: JupyterLab ends its kernels first
            process.terminate()
            raise
        finally:
            signal.signal(signal.SIGINT, before)


def copy_notebooks(folder: Path) -> list[tuple[str, bool]]:
    """Copy the bundled notebooks to *folder*; return the names, and whether they were copied.

    An existing file is never overwritten. Raises `StateError` where nothing can be written.
    """
    from skillmeat_audit.base.bundled import bundled_folder

    copies = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(bundled_folder("notebooks").glob("*.ipynb")):
            target = folder / path.name
            # A dead link does not "exist", and copying would write through it.
            is_new = not (target.exists() or target.is_symlink())
            if is_new:
                shutil.copyfile(path, target)
            copies.append((path.name, is_new))
    except OSError as exc:
        raise StateError(f"cannot copy to {printable(folder)}: {exc.strerror or exc}") from exc
    return copies
