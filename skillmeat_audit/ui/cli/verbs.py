"""The verbs of the command line, as one group."""

import click

from skillmeat_audit import __version__
from skillmeat_audit.ui.cli.apply import apply
from skillmeat_audit.ui.cli.check import check
from skillmeat_audit.ui.cli.command import VerbGroup
from skillmeat_audit.ui.cli.completion import completion
from skillmeat_audit.ui.cli.config import config
from skillmeat_audit.ui.cli.doctor import doctor
from skillmeat_audit.ui.cli.fleet import fleet
from skillmeat_audit.ui.cli.history import history
from skillmeat_audit.ui.cli.lab import lab
from skillmeat_audit.ui.cli.manual import manual
from skillmeat_audit.ui.cli.plan import plan
from skillmeat_audit.ui.cli.replay import replay
from skillmeat_audit.ui.cli.report import report
from skillmeat_audit.ui.cli.rules import rules
from skillmeat_audit.ui.cli.runs import runs
from skillmeat_audit.ui.cli.schedule import schedule
from skillmeat_audit.ui.cli.show import show
from skillmeat_audit.ui.cli.undo import undo


@click.group(
    cls=VerbGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="skillmeat-audit", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit SkillMeat's artifact cache: which rows are wrong, why, and what would repair them.

    HOME is a .skillmeat folder or the folder that holds it; by default the one that
    SKILLMEAT_AUDIT_HOME names, else ~/.skillmeat. 'skillmeat-audit VERB --help' has examples.
    """


cli.add_section("Look", check, show, rules)
cli.add_section("Repair", plan, apply, undo, runs)
cli.add_section("Report", report, history, schedule)
cli.add_section("Many homes", fleet)
cli.add_section("Learn", lab, replay)
cli.add_section("Set up", doctor, config, completion, manual)
