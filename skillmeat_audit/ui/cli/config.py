"""The verb ``config``: shows, locates or creates the settings file."""

from pathlib import Path

import click

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.options import (
    config_option,
    format_option,
    schema_option,
    traceback_option,
)
from skillmeat_audit.ui.cli.output import print_document
from skillmeat_audit.ui.cli.streams import emit

# Every line is a comment: a new file changes nothing.
TEMPLATE = """\
# Settings of skillmeat-audit; remove the # of a line to change its default.

# The lowest severity of a finding with which check and report exit 1: error, warning or info.
# fail-on = "warning"

# How many runs keep their backup. Journals are never deleted.
# keep-backups = 10

# How many runs the history keeps.
# kept-runs = 400

# Folders outside of a collection that its links may lead to.
# allow-links = ["~/dotfiles"]

# Rules that are left out, each with the reason. They are still counted.
# [ignore]
# F002 = "the home was moved on purpose"
"""


@verb_command(
    short_help="Show, locate or create the settings file.",
    examples=(
        ("skillmeat-audit config", "the settings in effect, and the file they are from"),
        ("skillmeat-audit config init", "create a file that explains every setting"),
        ('"$EDITOR" "$(skillmeat-audit config path)"', "edit it"),
    ),
    saves=True,
)
@click.argument("action", type=click.Choice(("show", "path", "init")), default="show")
@config_option
@format_option("text", "json")
@schema_option("config")
@traceback_option
def config(action: str, config: Path | None, form: str) -> int:
    """Show the settings in effect, print the path of the file, or create it with comments."""
    from skillmeat_audit.loaders.settings import default_settings_file

    path = config or default_settings_file()
    match action:
        case "path":
            emit(f"{printable(path)}\n")
        case "init":
            _create(path)
        case _:
            _show(path, config, form)
    return ExitCode.CLEAN


def _create(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise UsageError(f"{printable(path)} exists; it is not changed")
    try:
        make_folder(path.parent, mode=0o700)
        write_whole(path, TEMPLATE.encode())
    except OSError as exc:
        raise UsageError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
    emit(f"{printable(path)} created; every setting in it is a comment\n")


def _show(path: Path, given: Path | None, form: str) -> None:
    from skillmeat_audit.loaders.settings import Settings, load_settings, settings_table
    from skillmeat_audit.model.manifest_edits import as_toml
    from skillmeat_audit.reports.files.settings_json import settings_json

    exists = path.exists()
    settings, defaults = settings_table(load_settings(given)), settings_table(Settings())
    if form == "json":
        print_document(settings_json(str(path), settings, exists=exists))
        return
    emit(f"# {printable(path)}" + ("\n" if exists else ": does not exist, all are defaults\n"))
    for key, value in settings.items():
        if value is None:
            emit(f"# {key}: 10, the newest\n")
        else:
            is_default = "  # default" if value == defaults[key] else ""
            emit(f"{key} = {printable(as_toml(value))}{is_default}\n")
