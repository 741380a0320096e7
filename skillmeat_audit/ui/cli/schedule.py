"""The verb ``schedule``: prints, installs, removes and checks a schedule of reports."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.choices import SCHEDULE_KINDS
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.schedule.job import Every
from skillmeat_audit.ui.cli.arguments import home_argument_as_given
from skillmeat_audit.ui.cli.command import require_one, verb_command
from skillmeat_audit.ui.cli.options import (
    apply_fill_option,
    notify_from_option,
    option_group,
    traceback_option,
)
from skillmeat_audit.ui.cli.streams import emit

if TYPE_CHECKING:
    from skillmeat_audit.api.schedule import ScheduleRequest


@dataclass(frozen=True)
class ScheduleActions:
    """What is done; without any the schedule is printed."""

    install: bool
    remove: bool
    status: bool

    @property
    def action(self) -> str:
        """The chosen action; raises `UsageError` for several."""
        flags = {name: getattr(self, name) for name in ("install", "remove", "status")}
        require_one(**flags)
        return next((name for name, is_given in flags.items() if is_given), "print")


@dataclass(frozen=True)
class ScheduleOptions:
    """What is scheduled: when, where reports go, and further options of ``report``."""

    kind: str | None
    every: Every
    at: str
    outputs: tuple[str, ...]
    apply_safe: bool
    apply_fill: bool
    baseline: str | None
    config: str | None
    notify_file: str | None
    notify_from: str | None
    package: str | None
    live: str | None
    state_dir: str | None

    def request(self, kind: str) -> "ScheduleRequest":
        """Return the request for a schedule of *kind*; a workflow's paths are in the checkout."""
        from skillmeat_audit.api.schedule import ScheduleRequest

        files = {"baseline": self.baseline, "config": self.config, "notify-file": self.notify_file}
        if self.apply_fill and not self.apply_safe:
            raise UsageError("--apply-fill requires --apply-safe")
        given = {"--apply-safe": self.apply_safe, "--apply-fill": self.apply_fill}
        report_options = [name for name, is_given in given.items() if is_given]
        for name, file in files.items():
            if file is not None:
                # A workflow's files are in the checkout, at another path on every runner.
                path = file if kind == "github" else Path(file).expanduser().absolute()
                report_options.append(f"--{name}={path}")
        if self.notify_from is not None:
            report_options.append(f"--notify-from={self.notify_from}")
        when = (kind, self.every, self.at)
        where = (self.outputs, report_options, self.state_dir)
        return ScheduleRequest(*when, *where, live=self.live, package=self.package)

    def check_files(self) -> None:
        """Refuse files that cannot be used now, rather than every night."""
        from skillmeat_audit.delivery.notices import load_services
        from skillmeat_audit.history.baseline import load_baseline
        from skillmeat_audit.loaders.settings import load_settings

        if self.notify_file is not None:
            load_services(Path(self.notify_file).expanduser())
        if self.baseline is not None:
            load_baseline(Path(self.baseline).expanduser())
        if self.config is not None:
            load_settings(Path(self.config).expanduser())


@verb_command(
    short_help="Run the report regularly.",
    examples=(
        ("skillmeat-audit schedule HOME --every week", "print what would be installed"),
        ("skillmeat-audit schedule HOME -o ~/audit.html --install", "every night at 03:17"),
    ),
)
@home_argument_as_given
@option_group(
    ScheduleActions,
    "actions",
    click.option("--install", is_flag=True, help="Install the schedule; replace an earlier one."),
    click.option("--remove", is_flag=True, help="Remove the installed schedule of HOME."),
    click.option("--status", is_flag=True, help="Print what is installed, and when it is due."),
)
@option_group(
    ScheduleOptions,
    "scheduling",
    click.option(
        "--kind",
        type=click.Choice(SCHEDULE_KINDS),
        help="User timer, crontab line, or workflow file.  [default: what the machine has]",
    ),
    click.option(
        "--every",
        type=click.Choice(get_args(Every)),
        default="day",
        show_default=True,
        help="How often to report.",
    ),
    click.option(
        "--at",
        default="03:17",
        show_default=True,
        metavar="HH:MM",
        help="Time of day: of this machine for a timer or a crontab line, UTC for a workflow.",
    ),
    click.option(
        "--output",
        "-o",
        "outputs",
        multiple=True,
        metavar="FILE",
        help="Where reports go. Repeatable.  [default: page and JSON in the state folder]",
    ),
    click.option(
        "--apply-safe",
        is_flag=True,
        help="Apply the safe changes of rows before every report.",
    ),
    apply_fill_option,
    click.option("--baseline", metavar="FILE", help="Leave out the findings that FILE accepts."),
    click.option("--config", metavar="FILE", help="Settings file."),
    click.option("--notify-file", metavar="FILE", help="File of addresses to notify (mode 0600)."),
    notify_from_option,
    click.option(
        "--package",
        metavar="WHERE",
        help="What a workflow installs: a git address, or a wheel or folder in the checkout.  "
        "[default: this version, from the index]",
    ),
    click.option(
        "--live",
        metavar="URL",
        help="Compare with the SkillMeat running at URL; only the name of SKILLMEAT_AUDIT_TOKEN is "
        "written.",
    ),
    click.option("--state-dir", metavar="DIR", help="Folder of history and reports."),
)
@traceback_option
def schedule(home: str, actions: ScheduleActions, scheduling: ScheduleOptions) -> int:
    """Print or install a regular report: a systemd timer, a cron line, a CI workflow."""
    from skillmeat_audit.api import schedule as schedules

    action = actions.action
    request = scheduling.request(scheduling.kind or schedules.default_kind())
    match action:
        case "install":
            scheduling.check_files()
            emit(schedules.install(home, request) + "\n")
        case "remove":
            emit(schedules.remove(home, request.kind) + "\n")
        case "status":
            emit(schedules.status(home, request.kind) + "\n")
        case _:
            if request.kind != "github":  # a workflow's files are in the checkout
                scheduling.check_files()
            emit(schedules.printed(home, request))
    return ExitCode.CLEAN
