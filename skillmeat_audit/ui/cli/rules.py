"""The verb ``rules``: lists the rules, or prints their pages."""

import click

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.completers import complete_rules
from skillmeat_audit.ui.cli.options import format_option, schema_option, traceback_option
from skillmeat_audit.ui.cli.output import print_document, print_lines
from skillmeat_audit.ui.cli.pager import no_pager_option


@verb_command(
    short_help="List the rules, or explain one.",
    examples=(
        ("skillmeat-audit rules", "all rules"),
        ("skillmeat-audit rules D001", "what one looks for, and how it comes about"),
        ("skillmeat-audit rules M009 M016", "two of them"),
        ("skillmeat-audit rules S,V", "those of two families"),
    ),
    saves=True,
)
@click.argument("code", nargs=-1, shell_complete=complete_rules)
@format_option("text", "json")
@schema_option("rules")
@no_pager_option
@traceback_option
def rules(code: tuple[str, ...], form: str) -> int:
    """List the rules, or explain those with one of these CODEs or prefixes."""
    from skillmeat_audit.api.scope import find_rules
    from skillmeat_audit.diff.rules import FAMILIES, RULES
    from skillmeat_audit.reports.files.rules_json import rules_json
    from skillmeat_audit.reports.terminal.rules import pages_text, rules_text

    codes = [part for each in code for part in each.split(",")]
    selected = find_rules(codes) if codes else list(RULES)
    if form == "json":
        print_document(rules_json(selected))
    elif not codes:
        print_lines(lambda width: rules_text(selected, FAMILIES, width))
    else:
        print_lines(lambda width: pages_text(selected, width))
    return ExitCode.CLEAN
