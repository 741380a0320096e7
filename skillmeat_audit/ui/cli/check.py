"""The verb ``check``: prints the findings of an audit."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillmeat_audit import __version__
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.choices import GROUPINGS
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.ui.cli.arguments import home_argument
from skillmeat_audit.ui.cli.command import forced_color, output_file, require_one, verb_command
from skillmeat_audit.ui.cli.filters import FilterOptions, filter_options
from skillmeat_audit.ui.cli.guide import guide_of
from skillmeat_audit.ui.cli.legend import DISPOSITIONS, EVIDENCE, exit_codes
from skillmeat_audit.ui.cli.options import (
    AuditOptions,
    baseline_option,
    exit_zero_option,
    fail_on_option,
    format_option,
    live_audit_options,
    option_group,
    schema_option,
)
from skillmeat_audit.ui.cli.output import audit_home, output_width, print_document, print_lines
from skillmeat_audit.ui.cli.pager import no_pager_option, screen_lines, show_in_pager
from skillmeat_audit.ui.cli.repeated import next_commands
from skillmeat_audit.ui.cli.streams import emit, print_error, recorded_output
from skillmeat_audit.ui.cli.watch import start_watching, watch_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from skillmeat_audit.api.answer_cache import AnswerCache
    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.history.baseline import AcceptanceTerms
    from skillmeat_audit.loaders.settings import Settings


@dataclass(frozen=True)
class CheckOutput:
    """What is printed, and which findings fail the check."""

    form: str
    fail_on: str | None
    exit_zero: bool
    verbose: bool
    quiet: bool
    limit: int | None
    statistics: bool
    group_by: str | None
    watch: bool

    def __post_init__(self) -> None:
        """Refuse options that contradict each other."""
        require_one(quiet=self.quiet, verbose=self.verbose)
        require_one(watch=self.watch, quiet=self.quiet)
        if self.watch and (self.form != "text" or output_file() is not None):
            raise UsageError("--watch prints text, for ever: leave --format and --output out")


@dataclass(frozen=True)
class BaselineOptions:
    """The baseline, and what its new entries record."""

    baseline: Path | None
    update_baseline: bool
    reason: str | None
    owner: str | None
    expires: datetime | None

    def require_complete(self) -> None:
        """Raise `UsageError` for an option without the one that it depends on."""
        needs_update = {"--reason": self.reason, "--owner": self.owner, "--expires": self.expires}
        if self.update_baseline and self.baseline is None:
            raise UsageError("--update-baseline requires --baseline")
        for option, value in needs_update.items():
            if value and not self.update_baseline:
                raise UsageError(f"{option} requires --update-baseline")

    def terms(self) -> "AcceptanceTerms":
        """Return what new entries record."""
        from skillmeat_audit.history.baseline import AcceptanceTerms

        expires = None if self.expires is None else self.expires.date()
        return AcceptanceTerms(self.reason or AcceptanceTerms.reason, self.owner, expires)


@verb_command(
    short_help="List what is wrong in a home, and why.",
    examples=(
        ("skillmeat-audit check", "the home in ~/.skillmeat, or in SKILLMEAT_AUDIT_HOME"),
        ("skillmeat-audit check HOME --select D,S", "rules about descriptions and sources only"),
        ("skillmeat-audit check HOME --artifact 1password --collection Team", "one row"),
        ("skillmeat-audit check HOME -o findings.csv", "all findings, as a table in a file"),
        ("skillmeat-audit check HOME -q || echo wrong", "the exit code alone, for a script"),
    ),
    legends=(DISPOSITIONS, EVIDENCE, exit_codes(0, 1, 2)),
    saves=True,
)
@home_argument
@filter_options
@option_group(
    CheckOutput,
    "output",
    format_option("text", "json", "csv"),
    fail_on_option,
    exit_zero_option,
    click.option("--verbose", "-v", is_flag=True, help="List notes as well, and whole values."),
    click.option("--quiet", "-q", is_flag=True, help="Print nothing; only set the exit code."),
    click.option(
        "--limit",
        type=click.IntRange(0),
        help="Maximum number of groups to list; 0 lists all.  [default: a screenful in a terminal, "
        "else all]",
    ),
    click.option("--statistics", is_flag=True, help="Print only the number of findings by rule."),
    click.option(
        "--group-by",
        type=click.Choice(GROUPINGS),
        help="Group findings; by default rows that disagree alike are one group.",
    ),
    no_pager_option,
    click.option(
        "--watch",
        is_flag=True,
        help="Stay and audit again whenever files or the cache change (extra watch).",
    ),
)
@option_group(
    BaselineOptions,
    "acceptance",
    baseline_option,
    click.option("--update-baseline", is_flag=True, help="Accept all current findings in FILE."),
    click.option("--reason", help="Reason recorded in new entries of FILE."),
    click.option("--owner", help="Owner recorded in new entries of FILE."),
    click.option(
        "--expires",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="Date until which new entries are accepted (YYYY-MM-DD).",
    ),
)
@schema_option("check")
@live_audit_options
def check(
    home: str,
    filters: FilterOptions,
    output: CheckOutput,
    acceptance: BaselineOptions,
    reading: AuditOptions,
) -> int:
    """Audit a home: print its findings and a summary. Nothing of it is written."""
    from skillmeat_audit.loaders.settings import load_settings

    # Before the audit, which may take minutes: a wrong option fails at once.
    acceptance.require_complete()
    settings = load_settings(reading.config)
    # All that the text depends on beside the home: an answer is cached for these alone.
    details = (filters, output, reading, output_width(), screen_lines(), forced_color())
    answers = None if output.watch else _answer_cache(home, reading, settings, acceptance, details)
    if answers is not None and (answer := answers.load()) is not None:
        emit(answer.content.decode("utf-8", "surrogatepass"), show_in_pager)
        return answer.exit_code
    scope = filters.scope(settings)

    changes = None
    if output.watch:  # from before the first audit, so that no change is missed
        changes = start_watching(home, reading, update_baseline=acceptance.update_baseline)

    def audited(*, quiet: bool) -> "Audit":
        # Before the exit code is decided: accepted findings fail no check.
        return _apply_baseline(
            audit_home(home, reading, settings, scope, quiet=quiet), scope, acceptance
        )

    audit = audited(quiet=output.quiet)
    fail_on = Severity(output.fail_on) if output.fail_on else settings.fail_on
    with recorded_output() as printed:
        if not output.quiet:
            _print_audit(audit, output, with_notes=fail_on is Severity.INFO or bool(filters.select))
    if changes is not None:
        watch_home(audit, partial(audited, quiet=True), changes)
    code = ExitCode.CLEAN if output.exit_zero else audit.summary.exit_code(fail_on)
    if answers is not None:
        _cache_answer(answers, audit, "".join(printed), code)
    return code


def _answer_cache(
    home: str,
    reading: AuditOptions,
    settings: "Settings",
    acceptance: BaselineOptions,
    details: tuple[object, ...],
) -> "AnswerCache | None":
    """Return the cache of the answer to this check, None where every check has to audit."""
    from skillmeat_audit.api.answer_cache import CheckInputs, open_answer_cache

    # A server's answers may change, and a baseline has to be written, though the home is the same.
    if reading.no_parse_cache or reading.live or acceptance.update_baseline:
        return None
    return open_answer_cache(
        CheckInputs(
            home,
            reading.database,
            reading.state_dir,
            settings.allow_links,
            acceptance.baseline,
            (*details, settings),
        )
    )


def _cache_answer(answers: "AnswerCache", audit: "Audit", text: str, code: ExitCode) -> None:
    from skillmeat_audit.api.answer_cache import Answer
    from skillmeat_audit.loaders.watched_paths import watched_paths

    content = text.encode("utf-8", "surrogatepass")
    answers.store(Answer(content, code), watched_paths(audit.snapshot))


def _apply_baseline(audit: "Audit", scope: "Scope", acceptance: BaselineOptions) -> "Audit":
    """Return *audit* without the accepted findings; update the baseline first if requested."""
    path = acceptance.baseline
    if path is None:
        return audit
    from skillmeat_audit.api.baseline import apply_baseline, update_baseline
    from skillmeat_audit.base.clock import today
    from skillmeat_audit.reports.facts.values import plural

    if acceptance.update_baseline:
        # On standard error, as standard output may be JSON.
        now, before = update_baseline(audit, scope, path, acceptance.terms(), today())
        print_error(f"{printable(path)}: {plural(now, 'entry')}, {before:,} before")
    return apply_baseline(audit, scope, path, today())


def _print_audit(audit: "Audit", output: CheckOutput, *, with_notes: bool) -> None:
    from skillmeat_audit.api.next_steps import repair_steps
    from skillmeat_audit.reports.files.check_json import check_json
    from skillmeat_audit.reports.files.tabular import findings_csv

    match output.form:
        case "json":
            repairs = repair_steps(audit, next_commands(audit.summary.home))
            print_document(check_json(audit, __version__, repairs))
        case "csv":
            emit(findings_csv(audit.findings))
        case _:
            _print_text(audit, output, with_notes=with_notes)


def _print_text(audit: "Audit", output: CheckOutput, *, with_notes: bool) -> None:
    from skillmeat_audit.reports.facts.baseline_notes import baseline_lines
    from skillmeat_audit.reports.terminal.check import Layout, check_text, statistics_text
    from skillmeat_audit.reports.terminal.live import live_text
    from skillmeat_audit.reports.terminal.wrapping import wrapped

    def lines(width: int) -> "Iterator[Text]":
        layout = Layout(
            width, output.verbose, with_notes, output.limit, screen_lines(), output.group_by
        )
        if output.statistics:
            yield from statistics_text(audit, layout)
            return
        yield from check_text(audit, layout, guide_of(audit, layout))
        for line in baseline_lines(audit.accepted):
            yield from wrapped(line, width, 2)
        if (live := audit.live) is not None:
            yield from live_text(live, audit.names, width)

    print_lines(lines)
