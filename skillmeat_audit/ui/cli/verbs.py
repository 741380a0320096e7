"""The verbs of the command line, as one group."""

import click

from skillmeat_audit import __version__
from skillmeat_audit.ui.cli.apply import apply
from skillmeat_audit.ui.cli.check import check
from skillmeat_audit.ui.cli.history import history
from skillmeat_audit.ui.cli.lab import lab
from skillmeat_audit.ui.cli.plan import plan
from skillmeat_audit.ui.cli.replay import replay
from skillmeat_audit.ui.cli.report import report
from skillmeat_audit.ui.cli.rules import rules
from skillmeat_audit.ui.cli.runs import runs
from skillmeat_audit.ui.cli.schedule import schedule
from skillmeat_audit.ui.cli.show import show
from skillmeat_audit.ui.cli.undo import undo


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="skillmeat-audit", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit SkillMeat's artifact cache: which rows are wrong, why, and what would repair them.

    HOME is a .skillmeat folder or the folder that holds it; the default is ~/.skillmeat.

    \b
    Exit codes: 0 clean · 1 findings · 2 could not check, or bad usage
                4 conflict or partly applied · 6 report not delivered · 70 crashed
                129 terminal closed · 130 interrupted · 143 terminated
    """  # noqa: D301


# The order of the help: what reads, what writes, what runs by itself, what teaches.
for verb in (check, show, rules, plan, apply, undo, runs, report, history, schedule, replay, lab):
    cli.add_command(verb)
