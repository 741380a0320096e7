"""The verb that schedules: print, install, remove, status."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.streams import emit

if TYPE_CHECKING:
    from skillmeat_audit.api.schedule import ScheduleRequest

_DEEDS = ("install", "remove", "status")


@click.command()
@click.argument("home", default="~/.skillmeat")
@click.option(
    "--kind",
    type=click.Choice(["systemd", "cron", "github"]),
    help="User timer, crontab line, or workflow file.  [default: what the machine has]",
)
@click.option(
    "--every", type=click.Choice(["hour", "day", "week"]), default="day", show_default=True
)
@click.option("--at", default="03:17", show_default=True, metavar="HH:MM", help="Time of the day.")
@click.option("--install", is_flag=True, help="Install it, in place of an earlier one.")
@click.option("--remove", is_flag=True, help="Remove what was installed for HOME.")
@click.option("--status", is_flag=True, help="Say what is installed, and when it is due.")
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Where reports go. Repeatable.  [default: page and JSON in the state folder]",
)
@click.option("--apply-safe", is_flag=True, help="Apply the safe changes before every report.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that FILE accepts.")
@click.option("--config", metavar="FILE", help="Settings file.")
@click.option("--notify-file", metavar="FILE", help="Whom to notify (mode 0600).")
@click.option("--state-dir", metavar="DIR", help="The state folder.")
@click.option("--traceback", is_flag=True, help="On an error, show where it was raised.")
def schedule(home: str, **options: Any) -> int:
    """Print or install what reports regularly: a systemd timer, a cron line, a CI workflow."""
    from skillmeat_audit.api import schedule as schedules

    deeds = [deed for deed in _DEEDS if options[deed]]
    if len(deeds) > 1:
        raise UsageError(f"--{deeds[0]} and --{deeds[1]} exclude each other")
    request = _request(options, options["kind"] or schedules.default_kind())
    match deeds:
        case ["install"]:
            _check_files(options)
            emit(schedules.install(home, request) + "\n")
        case ["remove"]:
            emit(schedules.remove(home, request.kind) + "\n")
        case ["status"]:
            emit(schedules.status(home, request.kind) + "\n")
        case _:
            emit(schedules.printed(home, request))
    return ExitCode.CLEAN


def _check_files(options: dict[str, Any]) -> None:
    """Refuse files that could not be used: better now than every night."""
    from skillmeat_audit.delivery.notices import load_services
    from skillmeat_audit.history.baseline import load_baseline
    from skillmeat_audit.loaders.settings import load_settings

    for name, use in (
        ("notify_file", load_services), ("baseline", load_baseline), ("config", load_settings),
    ):  # fmt: skip
        if options[name] is not None:
            use(Path(options[name]).expanduser())


def _request(options: dict[str, Any], kind: str) -> "ScheduleRequest":
    from skillmeat_audit.api.schedule import ScheduleRequest

    given = ["--apply-safe"] if options["apply_safe"] else []
    for name in ("baseline", "config", "notify_file"):
        if (path := options[name]) is not None:
            place = path if kind == "github" else Path(path).expanduser().absolute()
            given.append(f"--{name.replace('_', '-')}={place}")
    return ScheduleRequest(
        kind, options["every"], options["at"], options["outputs"], given, options["state_dir"]
    )
