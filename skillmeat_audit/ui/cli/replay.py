"""The verb ``replay``: replays SkillMeat's import paths."""

from dataclasses import dataclass
from pathlib import Path

import click

from skillmeat_audit import __version__
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.schema.shape import ERAS, Era
from skillmeat_audit.ui.cli.command import verb_command
from skillmeat_audit.ui.cli.filters import choice_list_option
from skillmeat_audit.ui.cli.options import (
    format_option,
    option_group,
    path_option,
    schema_option,
    traceback_option,
)
from skillmeat_audit.ui.cli.output import print_document, print_lines


@dataclass(frozen=True)
class ReplayOptions:
    """What is replayed, and how it is printed."""

    source: Path | None
    eras: tuple[Era, ...]
    no_source_index: bool
    no_time: bool
    keep: Path | None
    form: str


@verb_command(
    short_help="Replay SkillMeat's import paths, measured.",
    examples=(("skillmeat-audit replay --era artifact_id", "on caches of before 2026-02-19 only"),),
    saves=True,
)
@option_group(
    ReplayOptions,
    "replaying",
    path_option(
        "--source",
        help_text="Artifacts to import.  [default: a small bundled set]",
        metavar="FOLDER",
    ),
    choice_list_option(
        "--era",
        "eras",
        choices=ERAS,
        help_text="Only caches with this key.  [default: both]",
    ),
    click.option(
        "--no-source-index", is_flag=True, help="Replay as if the source had not been indexed."
    ),
    click.option(
        "--no-time", is_flag=True, help="Leave out durations, which differ from run to run."
    ),
    path_option("--keep", help_text="Keep the scratch homes in a new FOLDER.", metavar="FOLDER"),
    format_option("text", "json"),
)
@schema_option("replay")
@traceback_option
def replay(replaying: ReplayOptions) -> int:
    """Replay the import paths and repair options on scratch homes, measured and audited."""
    from skillmeat_audit.api.replay import replay_imports
    from skillmeat_audit.reports.files.replay_json import replay_json
    from skillmeat_audit.reports.terminal.replay import replay_text

    result = replay_imports(
        replaying.source,
        eras=replaying.eras or ERAS,
        source_indexed=not replaying.no_source_index,
        timed=not replaying.no_time,
        keep=replaying.keep,
    )
    if replaying.form == "json":
        print_document(replay_json(result.paths, result.artifacts, __version__))
    else:
        print_lines(lambda width: replay_text(result.paths, result.artifacts, width))
    return ExitCode.CLEAN
