"""The verb ``history``: lists the reports on a home."""

from dataclasses import dataclass
from pathlib import Path

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.options import (
    format_option,
    history_url_option,
    limit_option,
    option_group,
    schema_option,
    state_dir_option,
    traceback_option,
)
from skillmeat_audit.ui.cli.output import print_document, print_lines
from skillmeat_audit.ui.cli.pager import no_pager_option
from skillmeat_audit.ui.cli.repeated import next_commands


@dataclass(frozen=True)
class HistoryOptions:
    """Which history is listed, and how."""

    history_url: str | None
    state_dir: Path | None
    form: str
    limit: int


@verb_command(
    short_help="List earlier reports, and the trend.",
    examples=(("skillmeat-audit history HOME --limit 0", "every recorded run"),),
    saves=True,
)
@home_argument
@option_group(
    HistoryOptions,
    "listing",
    history_url_option,
    state_dir_option,
    format_option("text", "json"),
    limit_option("runs", 20),
    no_pager_option,
)
@schema_option("history")
@traceback_option
def history(home: str, listing: HistoryOptions) -> int:
    """List the reports on a home: the trend, what was new, what was fixed."""
    from skillmeat_audit.api.history import HistorySettings
    from skillmeat_audit.api.history import history as recorded_history
    from skillmeat_audit.reports.facts.next_commands import Command
    from skillmeat_audit.reports.files.history_json import history_json
    from skillmeat_audit.reports.terminal.history import history_text

    settings = HistorySettings(listing.history_url)
    runs = recorded_history(home, settings=settings, state_dir=listing.state_dir).runs
    if listing.form == "json":
        print_document(history_json(runs))
    else:
        following = next_commands(home)
        commands = [
            Command(line, why)
            for verb, why in (("report", "records a report"), ("runs", "lists the repairs"))
            if (line := following.line(verb)) is not None
        ]
        print_lines(lambda width: history_text(runs, width, listing.limit, commands))
    return ExitCode.CLEAN
