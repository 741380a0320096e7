"""The verbs that report: every format in one run, and the runs there were."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.ui.crash import on_crash
from skillmeat_audit.ui.options import (
    BASELINE_HELP,
    TEXT_OR_JSON,
    common,
    filters,
    scope_of,
    state_dir,
)
from skillmeat_audit.ui.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.history import HistorySettings
    from skillmeat_audit.api.report import ReportOutcome, ReportRequest
    from skillmeat_audit.delivery.notices import NoticeSettings
    from skillmeat_audit.loaders.settings import Settings

FORMATS = (
    "html", "markdown", "json", "csv", "parquet", "junit", "sarif", "prometheus", "github-summary",
    "github-annotations",
)  # fmt: skip


_history_url = click.option(
    "--history",
    "history_url",
    metavar="URL",
    help="Where runs are kept: a file, or postgresql://…  [default: in the state folder]",
)


@click.command()
@click.argument("home", default="~/.skillmeat")
@click.option(
    "--output",
    "-o",
    "paths",
    multiple=True,
    metavar="FILE",
    help="Write it: .html .md .json .csv .parquet .xml (JUnit) .sarif .prom, - for standard "
    "output. Repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Of standard output, and of files whose suffix leaves it open.",
)
@click.option("--github", is_flag=True, help="Step summary and annotations, on a GitHub runner.")
@filters
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Exit 1 from this severity on.  [default: warning]",
)
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help=BASELINE_HELP)
@click.option("--exit-zero", is_flag=True, help="Exit 0 even with findings; errors still exit 2.")
@_history_url
@click.option("--no-history", is_flag=True, help="Keep nothing of this run, compare with none.")
@click.option(
    "--notify-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Whom to notify of what is new: addresses of apprise, mode 0600; besides those in "
    "SKILLMEAT_AUDIT_NOTIFY.",
)
@click.option(
    "--notify-from",
    type=click.Choice([severity.value for severity in Severity]),
    default="warning",
    show_default=True,
    help="Notify of new findings from this severity on, and of failures.",
)
@click.option("--apply-safe", is_flag=True, help="Apply the safe changes first.")
@click.option("--exclusive", is_flag=True, help="Exit 4 while another such run is going on.")
@click.option("--quiet", "-q", is_flag=True, help="Do not list the files written.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of reports, and stop.")
@common
def report(home: str, **options: Any) -> int:
    """Audit a home and write the report: HTML, Markdown, JSON, CSV, JUnit, SARIF, metrics."""
    from skillmeat_audit.api.report import report as make
    from skillmeat_audit.api.report import report_crash
    from skillmeat_audit.loaders.settings import load_settings
    from skillmeat_audit.reports.files.report_json import report_schema

    if options["schema"]:
        emit(report_schema().decode())
        return ExitCode.CLEAN
    settings = load_settings(options["config"])
    order = _order(options, settings)
    on_crash[:] = [lambda reason: report_crash(home, order, reason)]
    outcome = make(home, order)
    _tell(outcome, quiet=options["quiet"])
    fail_on = Severity(options["fail_on"]) if options["fail_on"] else settings.fail_on
    return outcome.exit_code(fail_on, exit_zero=options["exit_zero"])


@click.command()
@click.argument("home", default="~/.skillmeat")
@_history_url
@state_dir
@click.option("--format", "form", **TEXT_OR_JSON)
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="Runs listed; 0: all."
)
@click.option("--traceback", is_flag=True, help="On an error, show where it was raised.")
def history(home: str, **options: Any) -> int:
    """List the reports made of a home: the trend, what was new, what was fixed."""
    from skillmeat_audit.api.history import history as listed
    from skillmeat_audit.loaders.settings import Settings
    from skillmeat_audit.reports.terminal.history import history_json, history_text

    runs = listed(home, keeping=_keeping(options, Settings())).runs
    if options["form"] == "json":
        emit(history_json(runs) + "\n")
    else:
        emit("\n".join(history_text(runs, options["limit"])) + "\n")
    return ExitCode.CLEAN


def _order(options: dict[str, Any], settings: "Settings") -> "ReportRequest":
    from skillmeat_audit.api.outputs import outputs_of
    from skillmeat_audit.api.report import ReportRequest

    return ReportRequest(
        outputs=outputs_of(options["paths"], options["form"], github=options["github"]),
        scope=scope_of(options, settings),
        database=options["database"],
        baseline=options["baseline"],
        keeping=None if options["no_history"] else _keeping(options, settings),
        notifying=_notifying(options),
        apply_safe=options["apply_safe"],
        exclusive=options["exclusive"],
        progress=False if options["quiet"] else None,
        parse_cache=not options["no_parse_cache"],
        allow_links=settings.allow_links,
    )


def _keeping(options: dict[str, Any], settings: "Settings") -> "HistorySettings":
    from skillmeat_audit.api.history import HistorySettings

    return HistorySettings(options["history_url"], options["state_dir"], settings.kept_runs)


def _notifying(options: dict[str, Any]) -> "NoticeSettings | None":
    from skillmeat_audit.delivery.notices import NoticeSettings, services_from

    services = services_from(options["notify_file"])
    return NoticeSettings(services, Severity(options["notify_from"])) if services else None


def _tell(outcome: "ReportOutcome", *, quiet: bool) -> None:
    """Say on stderr what was written and what went wrong: stdout may be a report."""
    from skillmeat_audit.reports.facts.report_page import format_utc

    if not quiet:
        print_error(f"{format_utc(outcome.document.made_at)}: {outcome.document.headline}")
        if changed := outcome.changed:
            print_error(f"  {changed}")
        for path, size_bytes in outcome.delivery.written:
            if path != "-":
                print_error(f"  {printable(path)}  {size_bytes / 1000:.1f} kB")
    for problem in outcome.problems:
        print_error(f"skillmeat-audit: {printable(problem)}")
