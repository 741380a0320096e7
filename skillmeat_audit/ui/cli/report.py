"""The verb ``report``: audits a home and delivers the report in any number of formats."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.choices import REPORT_FORMATS
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.crash import on_crash
from skillmeat_audit.ui.cli.filters import FilterOptions, filter_options
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.options import (
    AuditOptions,
    apply_fill_option,
    baseline_option,
    exit_zero_option,
    fail_on_option,
    github_option,
    history_url_option,
    live_audit_options,
    notify_from_option,
    option_group,
    path_option,
    report_format_option,
    schema_option,
)
from skillmeat_audit.ui.cli.repeated import next_commands
from skillmeat_audit.ui.cli.streams import print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.history import HistorySettings
    from skillmeat_audit.api.report import ReportOutcome, ReportRequest
    from skillmeat_audit.delivery.notices import NoticeSettings
    from skillmeat_audit.loaders.settings import Settings


@dataclass(frozen=True)
class OutputOptions:
    """Where the report goes, in which formats, and which findings fail it."""

    paths: tuple[str, ...]
    form: str | None
    github: bool
    fail_on: str | None
    exit_zero: bool
    quiet: bool


@dataclass(frozen=True)
class ReportOptions:
    """What is done besides the audit: baseline, history, notices, safe changes."""

    baseline: Path | None
    history_url: str | None
    no_history: bool
    notify_file: Path | None
    notify_from: str | None
    apply_safe: bool
    apply_fill: bool
    exclusive: bool

    def history(self, settings: "Settings") -> "HistorySettings | None":
        """Return where the run is recorded, None with ``--no-history``."""
        from skillmeat_audit.api.history import HistorySettings

        return None if self.no_history else HistorySettings(self.history_url, settings.kept_runs)

    def notices(self) -> "NoticeSettings | None":
        """Return who is notified, and of what; None where nobody is."""
        from skillmeat_audit.delivery.notices import NoticeSettings, load_services

        services = load_services(self.notify_file)
        lowest = Severity(self.notify_from or Severity.WARNING)
        return NoticeSettings(services, lowest) if services else None


@verb_command(
    short_help="Write an audit report, in any format.",
    examples=(
        ("skillmeat-audit report HOME -o audit.html -o audit.json", "a page and the data"),
        ("skillmeat-audit report HOME --format md", "Markdown on standard output"),
    ),
    legends=(exit_codes(0, 1, 2, 6),),
)
@home_argument
@option_group(
    OutputOptions,
    "output",
    click.option(
        "--output",
        "-o",
        "paths",
        multiple=True,
        metavar="FILE",
        help="Write FILE: .html .md .json .csv .parquet .xml (JUnit) .sarif .prom, - for standard "
        "output. Repeatable.",
    ),
    report_format_option(REPORT_FORMATS),
    github_option,
    fail_on_option,
    exit_zero_option,
    click.option("--quiet", "-q", is_flag=True, help="Do not list the written files."),
)
@filter_options
@option_group(
    ReportOptions,
    "reporting",
    baseline_option,
    history_url_option,
    click.option(
        "--no-history", is_flag=True, help="Do not record this run, nor compare it with others."
    ),
    path_option(
        "--notify-file",
        help_text="File of apprise addresses to notify of new findings (mode 0600), besides those "
        "in SKILLMEAT_AUDIT_NOTIFY.",
    ),
    notify_from_option,
    click.option("--apply-safe", is_flag=True, help="Apply the safe changes of rows first."),
    apply_fill_option,
    click.option("--exclusive", is_flag=True, help="Exit 4 while another such run is in progress."),
)
@schema_option("report")
@live_audit_options
def report(
    home: str,
    output: OutputOptions,
    filters: FilterOptions,
    reporting: ReportOptions,
    reading: AuditOptions,
) -> int:
    """Audit a home and write the report: HTML, Markdown, JSON, CSV, JUnit, SARIF, metrics."""
    from skillmeat_audit.api.report import report as make_report
    from skillmeat_audit.api.report import report_crash
    from skillmeat_audit.loaders.settings import load_settings

    settings = load_settings(reading.config)
    # Before anything is read: addresses of notices, the history's URL and formats are checked here.
    request = replace(
        _request(output, filters, reporting, reading, settings),
        repeated=next_commands(home).repeated,
    )
    # Not append: `main` may be called several times in one process, by tests and notebooks.
    on_crash[:] = [lambda reason: report_crash(home, request, reason)]
    outcome = make_report(home, request)
    _print_outcome(outcome, quiet=output.quiet)
    fail_on = Severity(output.fail_on) if output.fail_on else settings.fail_on
    return outcome.exit_code(fail_on, exit_zero=output.exit_zero)


def _request(
    output: OutputOptions,
    filters: FilterOptions,
    reporting: ReportOptions,
    reading: AuditOptions,
    settings: "Settings",
) -> "ReportRequest":
    from skillmeat_audit.api.outputs import outputs_of
    from skillmeat_audit.api.report import ReportRequest

    return ReportRequest(
        outputs=outputs_of(output.paths, output.form, github=output.github),
        scope=filters.scope(settings),
        database=reading.database,
        live=reading.live,
        baseline=reporting.baseline,
        history=reporting.history(settings),
        notices=reporting.notices(),
        state_dir=reading.state_dir,
        apply_safe=reporting.apply_safe,
        apply_fill=reporting.apply_fill,
        exclusive=reporting.exclusive,
        progress=False if output.quiet else None,
        parse_cache=not reading.no_parse_cache,
        allow_links=settings.allow_links,
    )


def _print_outcome(outcome: "ReportOutcome", *, quiet: bool) -> None:
    """Print to stderr what was written and what went wrong: stdout may be a report."""
    if not quiet:
        print_error(f"{outcome.document.made_at}: {outcome.document.sentence}")
        for step in outcome.steps:
            print_error(f"  {step.label}: {step.line}   ({step.why})")
        if changed := outcome.changed:
            print_error(f"  {changed}")
        for repair in outcome.repairs:
            print_error(f"  {printable(repair)}")
        for path, size_bytes in outcome.delivery.files:
            if path != "-":
                print_error(f"  {printable(path)}  {size_bytes / 1000:.1f} kB")
    for problem in outcome.problems:
        print_error(f"skillmeat-audit: {printable(problem)}")
