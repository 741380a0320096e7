"""The verb ``completion``: prints the script with which a shell completes."""

import click
from click.shell_completion import get_completion_class

from skillmeat_audit.base import TOOL
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.options import traceback_option
from skillmeat_audit.ui.cli.streams import emit

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SKILLMEAT_AUDIT_COMPLETE"  # click's: the program's name in capitals


@verb_command(
    short_help="Print the completion script of a shell.",
    examples=(
        ('eval "$(skillmeat-audit completion bash)"', "in ~/.bashrc"),
        ('eval "$(skillmeat-audit completion zsh)"', "in ~/.zshrc, after compinit"),
        ("skillmeat-audit completion fish | source", "in ~/.config/fish/config.fish"),
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@traceback_option
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script with which SHELL completes verbs, options, and the names in a home.

    Rules, artifacts, collections, code paths, runs and plans are completed.
    """
    script = get_completion_class(shell)
    if script is not None:
        emit(script(context.find_root().command, {}, TOOL, VARIABLE).source())
    return ExitCode.CLEAN
