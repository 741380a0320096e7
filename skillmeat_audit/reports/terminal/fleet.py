"""Renders a fleet for a terminal: the answer, the homes that failed, the worst, the causes."""

from collections.abc import Iterator

from rich.text import Text

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.reports.facts.fleet import FleetFacts, HomeFacts
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.terminal.wrapping import wrapped


def fleet_text(fleet: FleetFacts, width: int, limit: int) -> Iterator[Text]:
    """Yield the lines of *fleet*: at most *limit* homes, 0 lists all."""
    yield Text(fleet.sentence, "bold")
    if any(home.summary for home in fleet.homes):
        counts = fleet.counts
        yield Text(
            f"{plural(counts['error'], 'error')}, {plural(counts['warning'], 'warning')} in "
            f"{plural(counts['artifacts'], 'artifact')}, {plural(counts['rows'], 'row')}"
        )
    if delta := fleet.delta:
        yield Text(f"{delta.new} new, {delta.fixed} fixed, {delta.persisting} persisting")
    yield Text()
    homes = fleet.worst_first
    visible = homes[:limit] if limit else homes
    for home in visible:
        yield from _home(home, width)
    if len(visible) < len(homes):
        yield Text(f"… and {len(homes) - len(visible)} more homes (--limit 0 lists all)", "dim")
    yield from _tables(fleet)


def _home(home: HomeFacts, width: int) -> Iterator[Text]:
    if home.error is not None:
        yield from wrapped(f"✖ {printable(home.home)}: {home.error}", width, 4, "red")
        return
    sign = "✔" if home.exit_code is ExitCode.CLEAN else "▲"
    counts = "" if home.summary is None else _severities(home)
    yield from wrapped(f"{sign} {printable(home.home)}{counts}{_result(home)}", width, 4)
    for run in home.runs or ():
        what = f"{run.kind} {run.state}, {plural(run.rows, 'row')}, {plural(run.keys, 'key')}"
        yield Text(f"    {run.run}  {run.started_at}  {printable(what)}")


def _severities(home: HomeFacts) -> str:
    counts = home.summary.counts if home.summary else {}
    return f" · {plural(counts['error'], 'error')}, {plural(counts['warning'], 'warning')}"


def _result(home: HomeFacts) -> str:
    """Return what a request did to *home*, or the answer of its audit."""
    if (plan := home.plan) is not None:
        if plan.file is None:
            return " · nothing to repair"
        parts = f"{plural(plan.rows, 'row')}, {plural(plan.keys, 'key')} of manifests"
        return f" · {plan.file}: {parts}"
    if (run := home.run) is not None:
        if run.resumed:
            return f" · run {run.run} had written it before"
        if run.run is None:
            return f" · nothing written{''.join(f'; {note}' for note in run.notes)}"
        return f" · run {run.run}: {plural(run.applied, 'change')}, {run.skipped} skipped"
    if home.runs is not None:
        return f" · {plural(len(home.runs), 'run')}"
    return "" if home.headline is None else f" · {home.headline.sentence}"


def _tables(fleet: FleetFacts) -> Iterator[Text]:
    if fleet.request in ("check", "report") and fleet.causes:
        yield Text("\nRows left wrong, by the path that last wrote them:")
        for does, homes, rows in fleet.causes:
            yield Text(f"{rows:>6}  {printable(does)}  ({plural(homes, 'home')})")
    if fleet.request in ("check", "report") and len(fleet.releases) > 1:
        yield Text("\nHomes by release of SkillMeat:")
        for name, homes, bad in fleet.releases:
            yield Text(f"{homes:>6}  {name}  ({bad} with errors or warnings)")
