"""The options that narrow what a verb works on: findings, and artifacts of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from skillmeat_audit.ui.cli.arguments import ChoiceList, Completer, Decorator, split_list
from skillmeat_audit.ui.cli.completers import (
    complete_artifacts,
    complete_collections,
    complete_rules,
    complete_writers,
)
from skillmeat_audit.ui.cli.options import option_group

if TYPE_CHECKING:
    from skillmeat_audit.api.scope import Scope
    from skillmeat_audit.loaders.settings import Settings


@dataclass(frozen=True)
class FilterOptions:
    """Which findings are reported."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    collection: tuple[str, ...]
    artifact: tuple[str, ...]
    writer: tuple[str, ...]

    def scope(self, settings: "Settings") -> "Scope":
        """Return the scope of the options and the settings file together."""
        from skillmeat_audit.api.scope import Scope

        return Scope(
            select=self.select,
            ignore=(*self.ignore, *settings.ignore),
            collections=self.collection,
            artifacts=self.artifact,
            writers=self.writer,
        )


def list_option(
    name: str, metavar: str, *names: str, help_text: str, complete: Completer
) -> Decorator:
    """Return an option that may be repeated, and takes several values separated by commas."""
    return click.option(
        name,
        *names,
        multiple=True,
        metavar=f"{metavar}[,…]",
        callback=split_list,
        shell_complete=complete,
        help=f"{help_text} Repeatable.",
    )


def choice_list_option(*names: str, choices: Sequence[str], help_text: str) -> Decorator:
    """Return an option that may be repeated, and takes several of *choices*."""
    return click.option(
        *names,
        multiple=True,
        type=ChoiceList(choices),
        callback=split_list,
        help=f"{help_text} Repeatable, or a comma list.",
    )


filter_options = option_group(
    FilterOptions,
    "filters",
    list_option(
        "--select",
        "CODE",
        help_text="Only rules with this code or prefix: D or S001.",
        complete=complete_rules,
    ),
    list_option(
        "--ignore",
        "CODE",
        help_text="Leave out these rules; they are still counted.",
        complete=complete_rules,
    ),
    list_option(
        "--collection",
        "ID|NAME",
        help_text="Only this DB collection.",
        complete=complete_collections,
    ),
    list_option(
        "--artifact",
        "ID",
        help_text="Only this artifact, as type:name or name.",
        complete=complete_artifacts,
    ),
    list_option(
        "--writer",
        "NAME",
        help_text="Only rows last written by this code path: import-bare.",
        complete=complete_writers,
    ),
)


@dataclass(frozen=True)
class ArtifactChoice:
    """Which artifacts of a plan are taken."""

    only: tuple[str, ...]
    excluded: tuple[str, ...]


artifact_choice = option_group(
    ArtifactChoice,
    "choice",
    list_option(
        "--only",
        "ID",
        help_text="Only this artifact's part of the plan.",
        complete=complete_artifacts,
    ),
    list_option(
        "--except",
        "ID",
        "excluded",
        help_text="Not this artifact's part of the plan.",
        complete=complete_artifacts,
    ),
)
