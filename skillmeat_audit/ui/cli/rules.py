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
        ("skillmeat-audit rules S,V", "those of two families"),
    ),
    saves=True,
)
@click.argument("code", required=False, shell_complete=complete_rules)
@format_option("text", "json")
@schema_option("rules")
@no_pager_option
@traceback_option
def rules(code: str | None, form: str) -> int:
    """List the rules, or explain those with this CODE or prefix."""
    from skillmeat_audit.api.scope import find_rules
    from skillmeat_audit.diff.rules import FAMILIES, RULES
    from skillmeat_audit.reports.files.rules_json import rules_json
    from skillmeat_audit.reports.terminal.rules import pages_text, rules_text

    selected = list(RULES) if code is None else find_rules(code.split(","))
    if form == "json":
        print_document(rules_json(selected))
    elif code is None:
        print_lines(lambda width: rules_text(selected, FAMILIES, width))
    else:
        print_lines(lambda width: pages_text(selected, width))
    return ExitCode.CLEAN
