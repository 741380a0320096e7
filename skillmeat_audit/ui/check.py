"""The verbs that audit: check, show, rules."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit import __version__
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.ui.options import (
    BASELINE_HELP,
    TEXT_OR_JSON,
    audit_home,
    common,
    filters,
    print_lines,
    scope_of,
)
from skillmeat_audit.ui.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.history.baseline import AcceptanceTerms
    from skillmeat_audit.reports.terminal.web_view import PageView

_WORDS = ("reason", "owner", "expires")  # of new entries


@click.command()
@click.argument("home", default="~/.skillmeat")
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Exit 1 from this severity on.  [default: warning]",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 even with findings; errors still exit 2.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help=BASELINE_HELP)
@click.option("--update-baseline", is_flag=True, help="Accept in FILE all that is found now.")
@click.option("--reason", help="Why: what new entries of FILE say.")
@click.option("--owner", help="By whom.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Until when (YYYY-MM-DD)."
)
@click.option("--verbose", "-v", is_flag=True, help="List notes as well.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing; the exit code tells.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=40,
    show_default=True,
    help="Groups listed; 0 lists all.",
)
@common
def check(home: str, **options: Any) -> int:
    """Audit a home: print its findings and a summary. Nothing of it is written."""
    from skillmeat_audit.loaders.settings import load_settings

    _check_updating(options)
    settings = load_settings(options["config"])
    scope = scope_of(options, settings)
    audit = _accepted(audit_home(home, options, settings, scope), scope, options)
    if not options["quiet"]:
        _print_check(audit, options)
    fail_on = Severity(options["fail_on"]) if options["fail_on"] else settings.fail_on
    return ExitCode.CLEAN if options["exit_zero"] else audit.summary.exit_code(fail_on)


@click.command()
@click.argument("artifact")
@click.argument("home", default="~/.skillmeat")
@click.option("--format", "form", **TEXT_OR_JSON)
@click.option("--full", is_flag=True, help="Whole values, one under the other.")
@click.option("--view", is_flag=True, help="What SkillMeat's pages show of it, and why.")
@common
def show(artifact: str, home: str, **options: Any) -> int:
    """Show one ARTIFACT (type:name, or a name that is unique) through all its layers."""
    from skillmeat_audit.loaders.settings import load_settings
    from skillmeat_audit.reports.files.tabular import artifact_json
    from skillmeat_audit.reports.terminal.check import Layout, artifact_text

    audit = audit_home(home, options, load_settings(options["config"]))
    if options["view"]:
        _print_view(audit.view(artifact), options["form"])
        return ExitCode.CLEAN
    view = audit.show(artifact)
    if options["form"] == "json":
        emit(artifact_json(view, __version__) + "\n")
    else:
        print_lines(
            lambda width: artifact_text(
                view, audit.names, Layout(width, options["full"]), audit.summary.home
            )
        )
    return ExitCode.CLEAN


@click.command()
@click.argument("code", required=False)
@click.option("--format", "form", **TEXT_OR_JSON)
def rules(code: str | None, form: str) -> int:
    """List the rules, or explain those with this CODE or prefix."""
    from skillmeat_audit.api.scope import find_rules
    from skillmeat_audit.diff.rules import FAMILIES, RULES
    from skillmeat_audit.reports.terminal.rules import pages_text, rules_json, rules_text

    chosen = list(RULES) if code is None else find_rules([code])
    if form == "json":
        emit(rules_json(chosen) + "\n")
    elif code is None:
        print_lines(lambda width: rules_text(chosen, FAMILIES, width))
    else:
        print_lines(lambda width: pages_text(chosen, width))
    return ExitCode.CLEAN


def _print_view(view: "PageView", form: str) -> None:
    from skillmeat_audit.reports.terminal.web_view import page_json, page_text

    if form == "json":
        emit(f"{page_json(view, __version__)}\n")
    else:
        print_lines(lambda width: page_text(view, width))


def _accepted(audit: "Audit", scope: "Scope", options: dict[str, Any]) -> "Audit":
    """Return *audit* without what the baseline accepts, brought up to date first if asked for."""
    path = options["baseline"]
    if path is None:
        return audit
    from skillmeat_audit.api.baseline import apply_baseline, update_baseline
    from skillmeat_audit.base.clock import today

    if options["update_baseline"]:
        now, before = update_baseline(audit, scope, path, _terms(options), today())
        print_error(f"{printable(path)}: {now} entries, {before} before")
    return apply_baseline(audit, scope, path, today())


def _check_updating(options: dict[str, Any]) -> None:
    """Refuse what says nothing: ``--owner`` without an update, an update without a baseline."""
    needed = {"update_baseline": "baseline"} | dict.fromkeys(_WORDS, "update_baseline")
    for name, other in needed.items():
        if options[name] and not options[other]:
            option, missing = (f"--{each.replace('_', '-')}" for each in (name, other))
            raise UsageError(f"{option} says nothing without {missing}")


def _terms(options: dict[str, Any]) -> "AcceptanceTerms":
    from skillmeat_audit.history.baseline import AcceptanceTerms

    expires = options["expires"]
    reason = options["reason"] or AcceptanceTerms.reason
    return AcceptanceTerms(reason, options["owner"], None if expires is None else expires.date())


def _print_check(audit: "Audit", options: dict[str, Any]) -> None:
    from skillmeat_audit.reports.files.tabular import check_json, findings_csv

    if options["form"] == "json":
        emit(check_json(audit.summary, audit.findings, __version__, audit.accepted) + "\n")
    elif options["form"] == "csv":
        emit(findings_csv(audit.findings))
    else:
        from skillmeat_audit.reports.facts.baseline_notes import baseline_lines
        from skillmeat_audit.reports.terminal.check import Layout, check_text

        limit, verbose = options["limit"], options["verbose"]
        print_lines(
            lambda width: check_text(
                audit.summary, audit.findings, audit.names, Layout(width, verbose, limit)
            )
        )
        for line in baseline_lines(audit.accepted):
            emit(line + "\n")
