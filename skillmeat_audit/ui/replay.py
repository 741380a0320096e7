"""The verb that replays the import paths."""

from pathlib import Path
from typing import Any

import click

from skillmeat_audit import __version__
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.schema.shape import ERAS
from skillmeat_audit.ui.options import TEXT_OR_JSON, print_lines
from skillmeat_audit.ui.streams import emit


@click.command()
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Artifacts to import.  [default: a small set that comes along]",
)
@click.option(
    "--era",
    "eras",
    type=click.Choice(ERAS),
    multiple=True,
    help="Only caches keyed so.  [default: both]",
)
@click.option("--no-source-index", is_flag=True, help="As if SkillMeat had not indexed the source.")
@click.option("--no-time", is_flag=True, help="Leave out how long it took: the rest never varies.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Leave the scratch homes in a new FOLDER.",
)
@click.option("--format", "form", **TEXT_OR_JSON)
@click.option("--traceback", is_flag=True, help="On an error, show where it was raised.")
def replay(form: str, **options: Any) -> int:
    """Replay the import paths and repair options on scratch homes, measured and audited."""
    from skillmeat_audit.api.replay import replay_imports
    from skillmeat_audit.reports.terminal.replay import replay_json, replay_text

    done = replay_imports(
        options["source"],
        eras=options["eras"] or ERAS,
        source_indexed=not options["no_source_index"],
        timed=not options["no_time"],
        keep=options["keep"],
    )
    if form == "json":
        emit(f"{replay_json(done.paths, done.artifacts, __version__)}\n")
    else:
        print_lines(lambda width: replay_text(done.paths, done.artifacts, width))
    return ExitCode.CLEAN
