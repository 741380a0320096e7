"""The verb ``doctor``: examines the installation."""

from dataclasses import dataclass
from pathlib import Path

import click

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.options import (
    config_option,
    format_option,
    option_group,
    schema_option,
    state_dir_option,
    traceback_option,
)
from skillmeat_audit.ui.cli.output import print_document, print_lines


@dataclass(frozen=True)
class DoctorOptions:
    """What is examined, and how it is printed."""

    form: str
    state_dir: Path | None
    database: str | None
    config: Path | None


@verb_command(
    short_help="Examine the installation: versions, locks, …",
    examples=(
        ("skillmeat-audit doctor", "what is installed, and what keeps it from working"),
        ("skillmeat-audit doctor HOME --format json", "the same for a bug report"),
    ),
    legends=(
        (
            "Exit codes",
            (("0", "No fault; notes may limit what can be done."), ("1", "Faults.")),
        ),
    ),
    saves=True,
)
@home_argument
@option_group(
    DoctorOptions,
    "examining",
    format_option("text", "json"),
    state_dir_option,
    click.option("--database", metavar="URL", help="The cache's address, where it has moved."),
    config_option,
)
@schema_option("doctor")
@traceback_option
def doctor(home: str, examining: DoctorOptions) -> int:
    """Examine versions, extras, settings, home, state folder, locks and schedule.

    Nothing is written.
    """
    from skillmeat_audit.api.doctor import examine
    from skillmeat_audit.reports.files.doctor_json import doctor_json
    from skillmeat_audit.reports.terminal.doctor import doctor_text

    conditions = examine(
        home,
        database=examining.database,
        state_dir=examining.state_dir,
        config=examining.config,
    )
    if examining.form == "json":
        print_document(doctor_json(conditions))
    else:
        print_lines(lambda width: doctor_text(conditions, width))
    is_faulty = any(each.status == "fault" for each in conditions)
    return ExitCode.FINDINGS if is_faulty else ExitCode.CLEAN
