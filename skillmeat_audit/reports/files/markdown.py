"""Renders a report as Markdown, bounded in size; names are code spans, so that they stay names."""

import re
from collections.abc import Iterator, Sequence

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.first_steps import FirstStep
from skillmeat_audit.reports.facts.live import LIVE_TITLE, describe_live
from skillmeat_audit.reports.facts.report import TITLE, Failure, Report
from skillmeat_audit.reports.facts.report_page import (
    FindingRow,
    Listing,
    Page,
    Section,
    format_utc,
    page_of,
)
from skillmeat_audit.reports.facts.values import plural

# *, [, <, `; ":" of "https://", which links by itself; "." of "www.x"; "@", which notifies people
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&@$#]|:(?=\S)|(?<=www)\.)")


def markdown(report: Report) -> str:
    """Return *report* as Markdown (with tables); about 100 kB at most."""
    page = page_of(report)
    parts = [
        _opening(page),
        _difference(page),
        *map(_section, page.sections),
        *_live(report),
        _runs(page),
    ]
    notes = [f"- {escaped(note)}\n" for note in page.notes]
    if notes:
        parts.insert(1, f"## Notes\n\n{''.join(notes)}")
    return "\n".join(parts)


def failure_markdown(failure: Failure) -> str:
    """Return *failure* as Markdown."""
    return (
        f"# {failure.sentence}\n\n{code(failure.home)} · {format_utc(failure.made_at)}\n\n"
        f"{escaped(failure.reason)}\n"
    )


def escaped(text: object) -> str:
    """Return *text* escaped for a Markdown line: no markup, no link, no mention."""
    return _MARKUP.sub(r"\\\1", printable(text).strip())


def code(text: object, width: int = 200) -> str:
    """Return *text* as a code span that is safe in a table cell."""
    content = shortened(printable(text), width)
    if not content:
        return ""
    runs = re.findall(r"`+", content)
    # A code span ends at a run of as many backticks as it began with (CommonMark 6.1).
    fence = "`" * (max(map(len, runs), default=0) + 1)
    # One blank is stripped on each side: it keeps a backtick at the edge apart from the fence.
    pad = " " if content[0] in "` " or content[-1] in "` " else ""
    # Tables are split at | before code spans are read (GFM 4.10), hence the escape even inside of
    # one.
    return f"{fence}{pad}{content}{pad}{fence}".replace("|", "\\|")


def fenced(lines: Sequence[str]) -> str:
    """Return *lines* as a block of shell commands."""
    body = "\n".join(printable(line) for line in lines)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", body)), 3)
    return f"{fence}sh\n{body}\n{fence}\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table of cells that are escaped already."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _opening(page: Page) -> str:
    cards = [(str(card.number), escaped(card.label), escaped(card.note)) for card in page.cards]
    answer = "".join(f"{escaped(sentence)}\n\n" for sentence in page.answer)
    return (
        f"# {escaped(page.headline)}\n\n{answer}{''.join(map(_step, page.steps))}"
        f"{TITLE} of {code(page.home)} · {page.made_at}\n\n"
        f"{escaped(' · '.join(page.facts))}\n\n{table(('', 'what', ''), cards)}\n{_blanks(page)}"
    )


def _step(step: FirstStep) -> str:
    return f"**{step.label}:** {code(step.line)} ({escaped(step.why)})\n\n"


def _blanks(page: Page) -> str:
    """Return the artifacts that pages show blank or without a link: why, and what to do."""
    if not page.blanks:
        return ""
    rows = [
        [
            _artifact_code(blank.artifact_id, ", ".join(blank.collections)),
            escaped(blank.shows),
            escaped(blank.why),
            code(blank.action) if blank.is_command else escaped(blank.action),
        ]
        for blank in page.blanks
    ]
    caption = f"{len(rows)} of {plural(page.blanks_total, 'artifact')}:"
    header = ("artifact", "its page shows", "why", "what to do")
    return f"## Blank pages\n\n{caption}\n\n{table(header, rows)}"


def _difference(page: Page) -> str:
    if page.difference is None:
        return "## Since the last run\n\nNo earlier run to compare with.\n"
    parts = [
        "## Since the last run\n",
        f"{page.difference.sentence} since {page.difference.compared_at}.\n",
    ]
    new, fixed = page.difference.new, page.difference.fixed
    if new.rows:
        parts += [f"{len(new.rows)} of {new.total} new:\n", _findings(new)]
    if fixed.rows:
        rows = [
            (_artifact_code(row.artifact, row.collection), " ".join(row.rules))
            for row in fixed.rows
        ]
        caption = f"Fixed in {len(rows)} of {plural(fixed.artifacts, 'place')}:\n"
        parts += [caption, table(("artifact", "rules"), rows)]
    return "\n".join(parts)


def _section(section: Section) -> str:
    rules = ", ".join(f"{rule.code} {rule.severity} ×{rule.count}" for rule in section.rules)
    does = escaped(" · ".join(filter(None, (section.does, section.span))))
    commands = fenced([f"{each.line}  # {each.why}" for each in section.commands])
    parts = [f"## {escaped(section.title)}\n", f"{does}\n", f"{rules}\n", commands]
    if section.listing.rows:
        caption = f"{len(section.listing.rows)} of {section.listing.total} findings:\n"
        parts += [caption, _findings(section.listing)]
    return "\n".join(parts)


def _live(report: Report) -> Iterator[str]:
    """Yield the section about a running SkillMeat, where one was asked."""
    if report.live is not None:
        described = describe_live(report.live, report.rule_book.names)
        sentences = "\n\n".join(map(escaped, filter(None, (described.sentence, described.advice))))
        lines = (*described.differences, *described.failures)
        items = "".join(f"- {escaped(line)}\n" for line in lines)
        yield f"## {LIVE_TITLE}\n\n{sentences}\n" + (f"\n{items}" if items else "")


def _findings(listing: Listing) -> str:
    return table(
        ("artifact", "rule", "the row holds → it should hold"),
        [
            (_artifact(row), f"{row.rule} {row.severity}", _difference_cell(row))
            for row in listing.rows
        ],
    )


def _artifact(row: FindingRow) -> str:
    return _artifact_code(row.artifact, row.collection) + (" **new**" if row.is_new else "")


def _artifact_code(artifact: str, collection: str) -> str:
    return " · ".join(filter(None, (code(artifact), code(collection))))


def _difference_cell(row: FindingRow) -> str:
    if row.expected is None:
        return escaped(row.text)
    return f"{code(row.column)} {code(row.actual)} → {code(row.expected)}"


def _runs(page: Page) -> str:
    rows = list(_run_rows(page))
    header = ("run", "errors", "warnings", "new", "fixed", "blank descriptions", "broken links")
    return "## Earlier runs\n\n" + (table(header, rows) if len(rows) > 1 else "None.\n")


def _run_rows(page: Page) -> Iterator[Sequence[str]]:
    names = ("error", "warning", "new", "fixed", "blank_descriptions", "broken_sources")
    for run in reversed(page.runs):
        failed = run["outcome"] == "failed"
        numbers = ["could not be checked" if failed else ""] * failed + [
            "" if failed or run[name] is None else str(run[name]) for name in names
        ][failed:]
        yield (format_utc(str(run["at"])), *numbers)
