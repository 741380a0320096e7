"""Renders groups of findings, and the table of their rules, for a terminal."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.finding_groups import FindingGroup, Row
from skillmeat_audit.reports.facts.names import HOME_LABEL, Names
from skillmeat_audit.reports.facts.rule_tally import RuleTally, repair_legend
from skillmeat_audit.reports.facts.values import fit_cells, plural
from skillmeat_audit.reports.terminal.finding import SEVERITY_STYLES, finding_lines
from skillmeat_audit.reports.terminal.wrapping import wrapped

NAME_CHARS = 200
_NARROW = 80  # below it the number of rows is left out
_NARROWEST_TITLE = 20


def group_lines(
    group: FindingGroup, names: Names, width: int, most_members: int = 0, *, whole: bool = False
) -> Iterator[Text]:
    """Yield one group: its title, its findings, and who has them: at most *most_members* (0: all).

    Values are cut to a line, unless they are to be *whole*. An empty line comes last.
    """
    yield from _title(group, names, width)
    for finding in group.findings:
        yield from finding_lines(finding, names, width, whole=whole)
    if len(group.rows) > 1:
        yield from _members(group, names, width, most_members)
    yield Text()


def _title(group: FindingGroup, names: Names, width: int) -> Iterator[Text]:
    first = group.first
    if len(group.rows) > 1:
        codes = " ".join(dict.fromkeys(str(each["rule"]) for each in group.rows[0]))
        title = Text(f"{plural(len(group.rows), group.noun)}: {codes}", "bold")
    else:
        name = shortened(printable(first["artifact_id"] or HOME_LABEL), NAME_CHARS)
        title = Text(name, "bold")
        if first["collection_id"] is not None:
            title.append(f" · {printable(names.collection(first['collection_id']))}", "not bold")
    writer = ""
    if first["writer"] is not None:
        writer = f"last written by {names.writer(first['writer'], group.confidence)}"
    gap = width - cell_len(title.plain) - len(writer)
    if writer and gap >= 3:
        yield title.append(" " * gap + writer, "not bold dim")
        return
    yield from wrapped(title.plain, width, 2, "bold") if cell_len(title.plain) > width else [title]
    if writer:
        yield from wrapped(f"  {writer}", width, 4, "dim")


def _members(group: FindingGroup, names: Names, width: int, most: int) -> Iterator[Text]:
    """Yield the names of the members; with the details that differ, one below the other."""
    visible = group.rows[:most] if most else group.rows
    hidden = len(group.rows) - len(visible)
    more = f"and {hidden:,} more" if hidden else ""
    collections = {row[0]["collection_id"] for row in group.rows}
    shared = len(collections) == 1
    if group.has_details:
        for row in visible:
            details = "; ".join(printable(each["detail"]) for each in row if each["detail"])
            yield from wrapped(f"    {_label(row, names)}: {details}", width, 6)
        yield from wrapped(f"    … {more}" if more else "", width, 6, "dim")
        return
    listed = [_label(row, names, with_collection=not shared) for row in visible]
    text = "    " + ", ".join(filter(None, (*listed, more)))
    if shared and (collection := collections.pop()) is not None:
        text += f" · {printable(names.collection(collection))}"
    yield from wrapped(text, width, 4, "dim")


def _label(row: Row, names: Names, *, with_collection: bool = True) -> str:
    first = row[0]
    name = shortened(printable(first["artifact_id"] or HOME_LABEL), NAME_CHARS)
    if first["collection_id"] is None or not with_collection:
        return name
    return f"{name} · {printable(names.collection(first['collection_id']))}"


def rule_table(tallies: Sequence[RuleTally], width: int, most: int = 0) -> Iterator[Text]:
    """Yield the rules with their counts; the first *most* of them in a line each (0: all)."""
    if not tallies:
        return
    with_rows = width >= _NARROW
    repair = max(6, *(len(each.repair) for each in tallies))
    head = f"rule  severity  {'count':>7}  {'  rows  ' if with_rows else ''}{'repair':<{repair}}"
    yield Text(f"{head}  what", "bold")
    room = max(width - len(head) - 2, _NARROWEST_TITLE)
    for each in tallies[:most] if most else tallies:
        rows = f"{f'{each.rows:,}' if each.rows else '–':>6}  "
        title, *others = textwrap.wrap(each.title, room, break_on_hyphens=False)
        if most and others:
            title, others = fit_cells(each.title, room).rstrip(), []
        line = Text(f"{each.code}  ").append(f"{each.severity:<8}", SEVERITY_STYLES[each.severity])
        line.append(f"  {each.count:>7,}  {rows if with_rows else ''}{each.repair:<{repair}}")
        yield line.append(f"  {title}")
        yield from (Text(" " * (len(head) + 2) + other) for other in others)
    if not most or most >= len(tallies):  # a table that is cut is there to be read on
        words = {word for each in tallies for word in each.repair.split(", ")}
        yield from wrapped(repair_legend(words), width, 2, "dim")
    yield Text()
