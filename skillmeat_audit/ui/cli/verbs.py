"""The verbs of the command line, as one group."""

import click

from skillmeat_audit import __version__
from skillmeat_audit.ui.cli.command import VerbGroup


@click.group(
    cls=VerbGroup,
    sections={
        "Look": ("check", "show", "rules"),
        "Repair": ("plan", "apply", "undo", "runs"),
        "Report": ("report", "history", "schedule"),
        "Many homes": ("fleet",),
        "Learn": ("lab", "replay"),
        "Set up": ("doctor", "config", "completion", "man"),
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="skillmeat-audit", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit SkillMeat's artifact cache: which rows are wrong, why, and what would repair them.

    HOME is a .skillmeat folder or the folder that holds it; by default the one that
    SKILLMEAT_AUDIT_HOME names, else ~/.skillmeat. 'skillmeat-audit VERB --help' has examples.
    """
