"""What pages show, the headline, and what repairs it, as records of several JSON documents."""

from collections.abc import Sequence
from typing import Literal

import msgspec
import pandas as pd

from skillmeat_audit.model.contracts import records
from skillmeat_audit.reports.facts.headline import Headline
from skillmeat_audit.reports.facts.next_commands import Command


class CommandRecord(msgspec.Struct, frozen=True):
    """A command to run next, and what it writes."""

    command: str
    writes: str


class PageRecord(msgspec.Struct, frozen=True):
    """What the pages of one collection show; ``obstacle`` is why the source is not clickable."""

    collection_id: str | None
    artifact_id: str | None
    tier: Literal["row", "manifest", "reconstructed"]
    description: str | None
    source: str | None
    origin: str | None
    origin_source: str | None
    clickable: bool
    obstacle: str | None


class HeadlineRecord(msgspec.Struct, frozen=True):
    """The answer: its sentence, and its numbers.

    They count artifacts, but for ``values_blanked_next``, ``findings_matching`` and
    ``findings_hidden``; those of pages are null without a cache, ``findings_accepted`` without a
    baseline. An artifact counts in the first of these that it belongs to: ``not_right`` (its page
    is blank or without a link), ``shown_wrong`` (a page shows a wrong description, source or
    origin), ``wrong_but_shown_right`` (a row is wrong behind a right page), ``lacking_details``
    (tags, author, license, tools or version of a row are missing or wrong).
    """

    sentence: str
    without_description: int | None
    described_elsewhere: int | None
    best_layer: str | None
    described_by_best: int | None
    not_clickable: int | None
    not_right: int | None
    shown_wrong: int | None
    wrong_but_shown_right: int | None
    lacking_details: int | None
    values_blanked_next: int | None
    findings_matching: int
    findings_hidden: int
    findings_accepted: int | None
    manifests_unreadable: int


def page_records(pages: pd.DataFrame) -> list[PageRecord]:
    """Return *pages* (``PAGES``) as records, in their order."""
    return [PageRecord(**page) for page in records(pages)]


def headline_record(headline: Headline) -> HeadlineRecord:
    """Return *headline* as a record."""
    # The ten numbers of pages, which have the names of `PageCounts`.
    names = HeadlineRecord.__struct_fields__[1:11]
    return HeadlineRecord(
        sentence=headline.sentence,
        **{name: getattr(headline.pages, name, None) for name in names},
        findings_matching=headline.matching,
        findings_hidden=headline.selection.hidden,
        findings_accepted=headline.accepted,
        manifests_unreadable=headline.unreadable.manifests if headline.unreadable else 0,
    )


def command_records(commands: Sequence[Command]) -> list[CommandRecord]:
    """Return *commands* as records."""
    return [CommandRecord(each.line, each.why) for each in commands]
