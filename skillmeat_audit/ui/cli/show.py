"""The verb ``show``: prints one artifact in all its layers, or as SkillMeat's pages show it."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from skillmeat_audit import __version__
from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import is_server
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.arguments import absolute_path, home_argument_with, located_home
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.completers import complete_artifacts
from skillmeat_audit.ui.cli.legend import EVIDENCE
from skillmeat_audit.ui.cli.options import (
    AuditOptions,
    format_option,
    live_audit_options,
    option_group,
    schema_option,
)
from skillmeat_audit.ui.cli.output import audit_home, print_document, print_lines
from skillmeat_audit.ui.cli.pager import no_pager_option
from skillmeat_audit.ui.cli.repeated import next_commands
from skillmeat_audit.ui.cli.streams import print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.model.live import LiveComparison


@dataclass(frozen=True)
class ShowOutput:
    """What is printed of the artifact."""

    form: str
    full: bool
    view: bool


def _in_order(context: click.Context, _parameter: click.Parameter, home: str) -> str:
    """Return HOME; where it was given before ARTIFACT, exchange the two and say so."""
    first = str(context.params.get("artifact", ""))
    if not (os.path.isdir(os.path.expanduser(first)) and not context.resilient_parsing):
        return located_home(context, home)
    is_given = context.get_parameter_source("home") is ParameterSource.COMMANDLINE
    if not is_given:
        raise click.UsageError(f"which artifact? {printable(first)} is a folder", context)
    if is_server(home) or os.path.isdir(os.path.expanduser(home)):
        return located_home(context, home)
    context.params["artifact"] = home
    print_error(f"{TOOL}: the order is ARTIFACT HOME: showing {printable(home)} of this home")
    return absolute_path(first)


@verb_command(
    short_help="Show one artifact in all its layers.",
    examples=(
        ("skillmeat-audit show skill:1password", "why is its description blank?"),
        ("skillmeat-audit show 1password HOME --view", "what SkillMeat's pages show of it"),
    ),
    legends=(EVIDENCE,),
    saves=True,
)
@click.argument("artifact", shell_complete=complete_artifacts)
@home_argument_with(_in_order)
@option_group(
    ShowOutput,
    "output",
    format_option("text", "json"),
    click.option(
        "--full",
        "--verbose",
        "-v",
        "full",
        is_flag=True,
        help="Print whole values, one below the other.",
    ),
    click.option(
        "--view", is_flag=True, is_eager=True, help="Show it as SkillMeat's pages do, and why."
    ),
    no_pager_option,
)
@schema_option("artifact", other="view")
@live_audit_options
def show(artifact: str, home: str, output: ShowOutput, reading: AuditOptions) -> int:
    """Show one ARTIFACT (type:name, or a unique name) in all its layers."""
    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.loaders.settings import load_settings

    scope = Scope(artifacts=(artifact,)) if reading.live else None  # so that its page is asked for
    audit = audit_home(home, reading, load_settings(reading.config), scope)
    if output.view:
        _print_page(audit, artifact, output)
    else:
        _print_layers(audit, artifact, output)
    return ExitCode.CLEAN


def _print_layers(audit: "Audit", artifact: str, output: ShowOutput) -> None:
    from skillmeat_audit.api.next_steps import artifact_steps
    from skillmeat_audit.reports.files.artifact_json import artifact_json
    from skillmeat_audit.reports.terminal.artifact import artifact_text

    view = audit.show(artifact)
    if output.form == "json":
        print_document(artifact_json(view, __version__, _live_of(audit, view.artifact_id)))
        return
    commands = artifact_steps(audit, view.artifact_id, next_commands(audit.summary.home))
    print_lines(lambda width: artifact_text(view, width, commands, full=output.full))
    _print_live(audit, view.artifact_id)


def _print_page(audit: "Audit", artifact: str, output: ShowOutput) -> None:
    from skillmeat_audit.reports.files.view_json import view_json
    from skillmeat_audit.reports.terminal.page_view import pages_text

    view = audit.view(artifact)
    if output.form == "json":
        print_document(view_json(view, __version__, _live_of(audit, view.artifact_id)))
        return
    print_lines(lambda width: pages_text(view, width))
    _print_live(audit, view.artifact_id)


def _live_of(audit: "Audit", artifact_id: str) -> "LiveComparison | None":
    """Return what a running SkillMeat shows of one artifact, None where none was asked."""
    from skillmeat_audit.reports.facts.live import artifact_live

    return None if audit.live is None else artifact_live(audit.live, artifact_id)


def _print_live(audit: "Audit", artifact_id: str) -> None:
    from skillmeat_audit.reports.terminal.live import artifact_live_text

    if (live := audit.live) is not None:
        print_lines(lambda width: artifact_live_text(live, artifact_id, audit.names, width))
