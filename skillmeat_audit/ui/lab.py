"""The verb that opens the notebooks: lab."""

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
from skillmeat_audit.ui.streams import emit


@click.command()
@click.argument("folder", default="skillmeat-audit-notebooks", type=click.Path(path_type=Path))
@click.option("--no-open", is_flag=True, help="Only copy the notebooks.")
@click.option("--no-browser", is_flag=True, help="Start JupyterLab, open no browser.")
@click.option(
    "--jupyter",
    "more",
    multiple=True,
    metavar="OPTION",
    help="An option for JupyterLab, as in --jupyter=--allow-root; may be repeated.",
)
@click.option("--traceback", is_flag=True, help="On an error, show where it was raised.")
def lab(
    folder: Path, *, no_open: bool, no_browser: bool, more: tuple[str, ...], traceback: bool
) -> int:
    """Copy the notebooks to FOLDER and open JupyterLab there; copies of yours stay as they are."""
    from skillmeat_audit.ui.widgets import require_module

    if not no_open:
        require_module("jupyterlab")
        require_module("ipywidgets")
    for name, copied in copy_notebooks(folder):
        said = "copied" if copied else "kept as it is: it was there before"
        emit(f"{printable(folder / name)}  {said}" + "\n")
    if no_open:
        return ExitCode.CLEAN
    command = [sys.executable, "-m", "jupyterlab", str(folder)]
    # What JupyterLab has to say it has said; its own codes would be taken for findings.
    failed = _run([*command, *(["--no-browser"] if no_browser else []), *more])
    return ExitCode.FAILED if failed else ExitCode.CLEAN


def _run(command: Sequence[str]) -> int:
    """Run *command* to its end and return its code; Ctrl-C is for it to answer, not for us."""
    with subprocess.Popen(command) as process:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        except BaseException:  # told to end: JupyterLab ends its kernels first
            process.terminate()
            raise
        finally:
            signal.signal(signal.SIGINT, before)


def copy_notebooks(folder: Path) -> list[tuple[str, bool]]:
    """Copy the bundled notebooks to *folder*; return each name, and whether it was not there yet.

    What is there is never overwritten. Raises `StateError` where nothing can be written.
    """
    from skillmeat_audit.base.bundled import bundled_folder

    found = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(bundled_folder("notebooks").glob("*.ipynb")):
            target = folder / path.name
            is_new = not (target.exists() or target.is_symlink())
            if is_new:
                shutil.copyfile(path, target)
            found.append((path.name, is_new))
    except OSError as exc:
        raise StateError(f"cannot copy to {printable(folder)}: {exc.strerror or exc}") from exc
    return found
