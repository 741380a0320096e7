"""The page of a fleet: the worst homes, the causes, the releases; pages in all formats show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.fleet import FleetFacts, HomeFacts
from skillmeat_audit.reports.facts.report_page import format_utc
from skillmeat_audit.reports.facts.values import plural

FLEET_TITLE = "SkillMeat fleet audit"
HOMES_SHOWN = 200


@dataclass(frozen=True)
class FleetTable:
    """A table: its caption, the names of its columns, and rows of texts and numbers."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


@dataclass(frozen=True)
class FleetPage:
    """What a page about a fleet shows: an answer, tables, and the homes without an answer."""

    sentence: str
    tone: str
    made_at: str
    answer: tuple[str, ...]
    tables: tuple[FleetTable, ...]


def fleet_page(fleet: FleetFacts) -> FleetPage:
    """Return the page of *fleet*: homes that failed first, then the worst, causes, releases."""
    counts, delta = fleet.counts, fleet.delta
    answer = [
        f"{plural(counts['error'], 'error')} and {plural(counts['warning'], 'warning')} in "
        f"{plural(counts['artifacts'], 'artifact')}, {plural(counts['rows'], 'row')}."
    ]
    if delta is not None:
        answer.append(
            f"Since the last run of each home: {delta.new} new, {delta.fixed} fixed, "
            f"{delta.persisting} persisting."
        )
    tables = (_failed(fleet), _worst(fleet), _causes(fleet), _releases(fleet), _groups(fleet))
    return FleetPage(
        sentence=fleet.sentence,
        tone="failed" if fleet.failed else "bad" if fleet.exit_code else "good",
        made_at=format_utc(fleet.made_at) if fleet.made_at else "",
        answer=tuple(answer),
        tables=tuple(table for table in tables if table.rows),
    )


def _failed(fleet: FleetFacts) -> FleetTable:
    rows = [(printable(home.home), home.error or "") for home in fleet.failed]
    shown = rows[:HOMES_SHOWN]
    caption = f"{len(shown)} of {plural(len(rows), 'home')} that could not be checked"
    return FleetTable(caption, ("home", "why"), tuple(shown))


def _worst(fleet: FleetFacts) -> FleetTable:
    homes = [home for home in fleet.worst_first if home.summary is not None]
    rows = [_home_row(home) for home in homes[:HOMES_SHOWN]]
    caption = f"{len(rows)} of {plural(len(homes), 'home')}, the worst first"
    header = ("home", "errors", "warnings", "new", "fixed", "answer")
    return FleetTable(caption, header, tuple(rows))


def _home_row(home: HomeFacts) -> tuple[str | int, ...]:
    counts = home.summary.counts if home.summary else {}
    delta = ("–", "–") if home.delta is None else (home.delta.new, home.delta.fixed)
    sentence = home.headline.sentence if home.headline else ""
    return printable(home.home), counts["error"], counts["warning"], *delta, sentence


def _causes(fleet: FleetFacts) -> FleetTable:
    header = ("path that left rows wrong", "homes", "rows")
    return FleetTable("By cause", header, fleet.causes)


def _releases(fleet: FleetFacts) -> FleetTable:
    header = ("cache", "homes", "with errors or warnings")
    return FleetTable("By release of SkillMeat", header, fleet.releases)


def _groups(fleet: FleetFacts) -> FleetTable:
    names = dict.fromkeys(home.group for home in fleet.homes if home.group is not None)
    rows = [_group_row(name, [h for h in fleet.homes if h.group == name]) for name in names]
    header = ("group", "homes", "not checked", "errors", "warnings")
    return FleetTable("By group", header, tuple(rows))


def _group_row(name: str, homes: Sequence[HomeFacts]) -> tuple[str | int, ...]:
    group = FleetFacts("check", tuple(homes))
    counts = group.counts
    return printable(name), len(homes), len(group.failed), counts["error"], counts["warning"]
