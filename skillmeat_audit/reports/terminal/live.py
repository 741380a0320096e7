"""Renders what a running SkillMeat shows beside the page model, for a terminal."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.reports.facts.live import LIVE_TITLE, artifact_live_lines, describe_live
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.terminal.wrapping import wrapped


def live_text(live: LiveComparison, names: Names, width: int) -> Iterator[Text]:
    """Yield the section of `check`: the sentence, then differences, then failed requests."""
    described = describe_live(live, names)
    yield from _section((), width)
    yield from wrapped(described.sentence, width)
    # wrapped yields nothing for an empty text.
    yield from wrapped(described.advice, width, 0, "bold")
    yield from _lines((*described.differences, *described.failures), width)


def artifact_live_text(
    live: LiveComparison, artifact_id: str, names: Names, width: int
) -> Iterator[Text]:
    """Yield the section of `show`: a line per row of the artifact."""
    yield from _section(artifact_live_lines(live, artifact_id, names), width)


def _section(lines: Iterable[str], width: int) -> Iterator[Text]:
    yield Text()
    yield Text(LIVE_TITLE, "bold")
    yield from _lines(lines, width)


def _lines(lines: Iterable[str], width: int) -> Iterator[Text]:
    for line in lines:
        yield from wrapped(f"  {line}", width, 4)
