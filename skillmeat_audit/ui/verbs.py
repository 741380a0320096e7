"""The verbs of the command line, as one group."""

import click

from skillmeat_audit import __version__
from skillmeat_audit.ui.check import check, rules, show
from skillmeat_audit.ui.lab import lab
from skillmeat_audit.ui.repair import apply, plan, runs, undo
from skillmeat_audit.ui.replay import replay
from skillmeat_audit.ui.report import history, report
from skillmeat_audit.ui.schedule import schedule


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="skillmeat-audit", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit SkillMeat's artifact cache: which rows are wrong, why, and what would mend them.

    HOME is a .skillmeat folder or the folder that holds it; the default is ~/.skillmeat.

    \b
    Exit codes: 0 clean · 1 findings · 2 could not check, or bad usage
                4 conflict or partly applied · 6 report not delivered · 70 crashed
                129 terminal closed · 130 interrupted · 143 terminated
    """  # noqa: D301


for verb in (check, show, rules, plan, apply, undo, runs, report, history, schedule, replay, lab):
    cli.add_command(verb)
